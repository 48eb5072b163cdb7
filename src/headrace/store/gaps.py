"""Gaps: windows whose newest run failed. Those that are tried again have the time for it with that run."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.store.metadata import Millis
from headrace.store.runs import (
    FAILED,
    REPLAY,
    RETRY,
    SUCCESS,
    UNFINISHED,
    Run,
    by_ids,
    from_row,
    in_scope,
    is_unfinished,
    runs,
)
from headrace.store.schedules import schedules
from headrace.store.scope import Caller

_other = runs.alias()
_same_window = (
    (_other.c.flow_id == runs.c.flow_id)
    & (_other.c.window_start == runs.c.window_start)
    & (_other.c.window_end == runs.c.window_end)
    & _other.c.state.in_(UNFINISHED)
)
# Asked many times a second, so put together once. What a replay or a re-trigger works on is left to it.
_DUE = (
    sa.select(runs)
    .join(schedules, schedules.c.flow_id == runs.c.flow_id)
    .where(
        (runs.c.retry_at <= sa.bindparam("now", type_=Millis)) & schedules.c.enabled & ~sa.exists().where(_same_window)
    )
    .order_by(runs.c.retry_at, runs.c.id)
    .limit(sa.bindparam("limit"))
)
_FREE_AND_DUE = _DUE.with_for_update(of=(runs, schedules), skip_locked=True)


@dataclass(frozen=True, slots=True)
class Gap:
    """A window that is not filled. ``run``: the newest that failed; ``open_run``: the one that tries now, if any."""

    run: Run
    open_run: Run | None = None


def of_flow(conn: sa.Connection, caller: Caller, flow_id: str) -> list[Gap]:
    """The flow's gaps, oldest window first. A later run of the window that succeeds fills one, whatever its cause.

    A replay that fails leaves the window as it was.
    """
    replayed_in_vain = runs.c.cause.startswith(REPLAY) & (runs.c.state == FAILED)
    where = in_scope(caller) & (runs.c.flow_id == flow_id) & ~replayed_in_vain
    columns = (runs.c.id, runs.c.window_start, runs.c.window_end, runs.c.state)
    newest: dict[tuple[int, int], Any] = {}
    at_work: dict[tuple[int, int], Any] = {}
    for row in conn.execute(sa.select(*columns).where(where).order_by(runs.c.created_at)):
        finished = row.state in (SUCCESS, FAILED)
        (newest if finished else at_work)[(row.window_start, row.window_end)] = row
    windows = sorted(window for window, row in newest.items() if row.state == FAILED)
    found = by_ids(conn, [row.id for window in windows for row in (newest[window], at_work.get(window)) if row])
    known = {run.id: run for run in found}
    return [
        Gap(known[newest[window].id], known[at_work[window].id] if window in at_work else None) for window in windows
    ]


def due(conn: sa.Connection, now: int, limit: int) -> list[Run]:
    """At most ``limit`` failed runs whose windows are to be tried again by ``now``, of flows that are enabled."""
    return [from_row(row) for row in conn.execute(_DUE, {"now": now, "limit": limit})]


def take_due(conn: sa.Connection, now: int, limit: int) -> list[Run]:
    """As ``due``, kept from other processes until the transaction ends, without what another one keeps."""
    return [from_row(row) for row in conn.execute(_FREE_AND_DUE, {"now": now, "limit": limit})]


def try_again_at(conn: sa.Connection, run_id: str, at: int) -> None:
    """Says when the window of a failed run is tried again (epoch ms)."""
    conn.execute(runs.update().where(runs.c.id == run_id).values(retry_at=at))


def leave(conn: sa.Connection, run: Run) -> None:
    """The run's window is not to be tried again by itself any more: it is filled, or somebody else does it."""
    conn.execute(runs.update().where(_window_of(run) & runs.c.retry_at.is_not(None)).values(retry_at=None))


def open_retries(conn: sa.Connection, run: Run) -> list[Run]:
    """The retries of the run's window that are not over; for a run without a flow none."""
    where = _window_of(run) & is_unfinished & runs.c.cause.startswith(RETRY)
    return [from_row(row) for row in conn.execute(sa.select(runs).where(where))]


def _window_of(run: Run) -> sa.ColumnElement[bool]:
    return (
        (runs.c.flow_id == run.flow_id)
        & (runs.c.window_start == run.window_start)
        & (runs.c.window_end == run.window_end)
    )
