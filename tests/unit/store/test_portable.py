"""Membership in more texts than any statement has parameters, and order by code points in whatever language."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from headrace.clock import Window
from headrace.store import batches, parts, replays, runs, schedules
from headrace.store.engine import Store
from headrace.store.portable import among, by_code_point
from headrace.store.scope import Caller

CALLER = Caller("org@AdobeOrg", "prod", "sandbox-id", "client", "user")
MANY = 66_001  # PostgreSQL takes 65,535 parameters
FEW = 999  # as SQLite may be built
WORDS = ["a", "B", "ä", "🙂", "\uffee", "", "'", '"', "%", "\\", "a,b", "[]"]


@pytest.fixture
def narrow(store: Store) -> Iterator[sa.Connection]:
    """A transaction on a connection that takes few parameters, where the database lets one say so."""
    with store.write() as conn:
        driver: Any = conn.connection.driver_connection
        if conn.dialect.name == "sqlite":
            driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, FEW)
        yield conn


def a_run(conn: sa.Connection, id: str) -> None:
    run = runs.new_run(
        CALLER,
        id=id,
        flow_id=f"flow of {id}",
        cause="ondemand:0",
        window=Window(0, 1),
        backfill=False,
        batch_id=id,
        at=1,
    )
    assert runs.insert(conn, run)
    again = replace(run, id=f"replay of {id}", cause=f"{runs.REPLAY}{id}:0:0", state=runs.SUCCESS, created_at=0)
    assert runs.insert(conn, again)
    parts.plan(conn, [parts.PartRecord(id, 0, parts.PLANNED, "{}")])
    parts.start_activity(conn, id, parts.COPY, 1)
    batches.insert(conn, CALLER, id=id, dataset_id=f"dataset of {id}", at=1)


def replayed(conn: sa.Connection, ids: list[str]) -> list[str]:
    flows = [f"flow of {id}" for id in ids]
    return [id for id, by in replays.by_run(conn, flows).items() if by == [f"replay of {id}"]]


READERS: dict[str, Callable[[sa.Connection, list[str]], list[str]]] = {
    "parts": lambda conn, ids: [id for id, listed in parts.of_owners(conn, ids).items() if listed],
    "activities": lambda conn, ids: [id for id, by_name in parts.activities_of(conn, ids).items() if by_name],
    "runs": lambda conn, ids: [run.id for run in runs.by_ids(conn, ids)],
    "last runs": lambda conn, ids: [
        last.id for last in runs.last_of(conn, CALLER, [f"flow of {id}" for id in ids]).values()
    ],
    "replays": replayed,
    "batches": lambda conn, ids: [batch.id for batch in batches.select(conn, CALLER, ids=ids)],
    "batches of datasets": lambda conn, ids: [
        batch.id for batch in batches.select(conn, CALLER, dataset_ids=[f"dataset of {id}" for id in ids])
    ],
}


def test_any_number_of_flows_can_be_busy(narrow: sa.Connection) -> None:
    flows = [f"{n:08}" for n in range(MANY)]
    for flow in (flows[0], flows[-1], "free"):
        schedules.put(narrow, CALLER, flow, frequency="hour", interval=1, start=0, backfill=True, enabled=True, at=1)
    for due in (schedules.due, schedules.take_due):
        assert [schedule.flow_id for schedule in due(narrow, 2, flows, 9)] == ["free"]
        assert len(due(narrow, 2, [], 9)) == 3


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_any_number_of_ids_can_be_read_at_once(
    narrow: sa.Connection, reader: Callable[[sa.Connection, list[str]], list[str]]
) -> None:
    ids = [f"{n:08}" for n in range(MANY)]
    stored = [ids[0], ids[MANY // 2], ids[-1]]
    for id in (*stored, "other"):
        a_run(narrow, id)
    assert sorted(reader(narrow, ids)) == stored


def test_any_text_is_a_member_of_itself(store: Store) -> None:
    with store.read() as conn:
        for text in WORDS:
            row = sa.select(sa.literal(text, sa.Text).label("word")).subquery()
            for texts, member in ((WORDS, True), ([text], True), ([], False), ([f"{text} "], False)):
                count = sa.select(sa.func.count()).select_from(row).where(among(row.c.word, texts))
                assert conn.execute(count).scalar_one() == member


def test_texts_are_ordered_by_their_code_points(store: Store) -> None:
    rows = sa.union_all(*(sa.select(sa.literal(text, sa.Text).label("word")) for text in WORDS)).subquery()
    with store.read() as conn:
        assert list(conn.execute(sa.select(rows.c.word).order_by(by_code_point(rows.c.word))).scalars()) == sorted(
            WORDS
        )


def test_postgresql_is_told_which_order() -> None:
    """Its own order is that of the language a database was made for, which a server of the tests may not have."""
    statement = sa.select(sa.column("word", sa.Text)).order_by(by_code_point(sa.column("word", sa.Text)))
    assert 'ORDER BY word COLLATE "C"' in str(statement.compile(dialect=postgresql.dialect()))
