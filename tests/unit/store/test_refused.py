"""Sign-ins that failed are recorded, in words that a terminal takes, and no more of them than fit."""

import pytest
import sqlalchemy as sa

from headrace.store import accounts, events
from headrace.store.engine import Store
from headrace.store.scope import Caller


def test_the_newest_failures_stay_and_everything_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_REFUSED", 3)
    with store.write() as conn:
        for n in range(5):
            events.append(conn, Caller("o", "prod", "", "", "u"), "flows", f"f{n}", "created", None, n)
            accounts.note_refused(conn, f"c{n}", "192.0.2.1", n)
    with store.read() as conn:
        by_age = sorted(events.newest(conn, {}, 100), key=lambda each: each.at)
    assert [each.id for each in by_age if each.action == "created"] == [f"f{n}" for n in range(5)]
    assert [each.id for each in by_age if each.action == "refused"] == ["c2", "c3", "c4"]


def test_looking_for_the_oldest_costs_no_look_at_other_events(store: Store) -> None:
    explain = "EXPLAIN QUERY PLAN" if store.engine.dialect.name == "sqlite" else "EXPLAIN"
    which = sa.select(events.events.c.seq).where(events.is_refused).order_by(events.events.c.seq.desc()).limit(1)
    statement = which.compile(store.engine, compile_kwargs={"literal_binds": True})
    with store.read() as conn:
        if store.engine.dialect.name == "postgresql":
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = " ".join(str(row) for row in conn.exec_driver_sql(f"{explain} {statement}"))
    assert "ix_events_refused" in plan


def test_a_strangers_client_id_is_plain_text(store: Store) -> None:
    with store.write() as conn:
        accounts.note_refused(conn, "\x1b[2J\n" + "x" * 300, "192.0.2.1", 1)
    with store.read() as conn:
        [event] = events.newest(conn, {"action": "refused"}, 1)
    assert event.id == "\\x1b[2J\\n" + "x" * 91 and (event.actor, event.address) == ("192.0.2.1", "192.0.2.1")
