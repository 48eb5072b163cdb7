"""Replays among the runs: which there are of a run, which is under way, and what a replay has to look out for."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import sqlalchemy as sa

from headrace.store.parts import PartRecord, parts
from headrace.store.portable import among
from headrace.store.runs import FAILED, NEWEST_FIRST, REPLAY, SUCCESS, Run, by_id, is_unfinished, runs


def of_run(conn: sa.Connection, flow_id: str, run_id: str) -> list[Run]:
    """The replays of a run that succeeded, oldest first."""
    where = (runs.c.flow_id == flow_id) & runs.c.cause.startswith(f"{REPLAY}{run_id}:") & (runs.c.state == SUCCESS)
    found = conn.execute(sa.select(runs.c.id).where(where).order_by(runs.c.completed_at)).scalars().all()
    return [by_id(conn, id) for id in found]


def by_run(conn: sa.Connection, flow_ids: Collection[str]) -> Mapping[str, list[str]]:
    """For every run of these flows the ids of its replays that succeeded, oldest first; empty for most."""
    where = among(runs.c.flow_id, flow_ids) & runs.c.cause.startswith(REPLAY) & (runs.c.state == SUCCESS)
    rows = conn.execute(sa.select(runs.c.id, runs.c.cause).where(where).order_by(*NEWEST_FIRST)).all()
    replays: dict[str, list[str]] = defaultdict(list)
    for row in reversed(rows):
        replays[row.cause.removeprefix(REPLAY).partition(":")[0]].append(row.id)
    return replays


def unfinished(conn: sa.Connection, flow_id: str) -> str | None:
    """The id of a replay of the flow that is not over, or in doubt."""
    in_doubt = (runs.c.state == FAILED) & runs.c.not_before.is_not(None)
    where = (runs.c.flow_id == flow_id) & runs.c.cause.startswith(REPLAY) & (is_unfinished | in_doubt)
    id: str | None = conn.execute(sa.select(runs.c.id).where(where)).scalar()
    return id


def successor_of_window(conn: sa.Connection, run: Run) -> str | None:
    """The id of a run of the same flow and window that succeeded."""
    window = (runs.c.window_start == run.window_start) & (runs.c.window_end == run.window_end)
    where = (runs.c.flow_id == run.flow_id) & window & (runs.c.state == SUCCESS) & (runs.c.id != run.id)
    id: str | None = conn.execute(sa.select(runs.c.id).where(where).limit(1)).scalar()
    return id


def succeeded_parts(conn: sa.Connection, flow_id: str) -> Iterator[PartRecord]:
    """Every part of the flow's runs that succeeded, as it was planned: without its files and counts."""
    where = (runs.c.flow_id == flow_id) & (runs.c.state == SUCCESS)
    columns = (parts.c.owner, parts.c.n, parts.c.state, parts.c.spec)
    for row in conn.execute(sa.select(*columns).join(runs, parts.c.owner == runs.c.id).where(where)):
        yield PartRecord(*row)
