"""Gaps are tried again: the window of a run that failed for a reason that may pass, each time after a longer wait."""

import sqlalchemy as sa

from headrace import flows, ids
from headrace.errors import (
    NotFound,
    SourceBrokeOff,
    SourceThrottled,
    SourceTimeout,
    SourceTroubled,
    SourceUnreachable,
)
from headrace.runs.dispatch import Dispatch
from headrace.runs.windows import MINUTE_MS
from headrace.store import gaps, replays, runs
from headrace.store.runs import FAILED, RETRY, Run
from headrace.store.scope import Caller

HOUR_MS = 60 * MINUTE_MS
DEFAULT_HOURS = 24.0
FIRST_WAIT_MS = 5 * MINUTE_MS
LONGEST_WAIT_MS = 4 * HOUR_MS
MAY_PASS = (SourceUnreachable, SourceTimeout, SourceBrokeOff, SourceThrottled, SourceTroubled)
RETRIER = "scheduler@headrace"

_PASSING = {kind.__name__ for known in MAY_PASS for kind in (known, *known.__subclasses__())}


def may_pass(run: Run) -> bool:
    """Whether a run failed for a reason that may be gone when it is tried again."""
    return run.state == FAILED and run.outcome is not None and run.outcome.kind in _PASSING


def note_end(conn: sa.Connection, ended: Run, default_hours: float, now: int) -> None:
    """Says, in the transaction that records a flow run's end, when its window is tried again, or that it is not.

    A replay asks no source: one that succeeds fills the window, one that fails leaves it as it was.
    """
    run = runs.by_id(conn, ended.id)
    if run.replays is not None and run.state == FAILED:
        return
    gaps.leave(conn, run)
    if not may_pass(run) or run.replays is not None:
        return
    hours = flows.retry_hours(conn, run.caller, run.flow_id or "")
    at = next_try(now, *_tried(conn, run), int((default_hours if hours is None else hours) * HOUR_MS))
    if at is not None:
        gaps.try_again_at(conn, run.id, at)


def next_try(now: int, first_failed: int, tries: int, patience: int) -> int | None:
    """When a window is tried again that failed first at ``first_failed`` and has been tried again so often since.

    The waits double from five minutes up to four hours; the last try is ``patience`` (ms) after the first failure. None
    when that is over.
    """
    last = first_failed + patience
    if now >= last:
        return None
    wait: int = FIRST_WAIT_MS << min(tries, 20)
    return min(now + min(wait, LONGEST_WAIT_MS), last)


def tries_of(conn: sa.Connection, run: Run) -> int:
    """How often the run's window was tried again without a person up to this run."""
    return _tried(conn, run)[1]


def _tried(conn: sa.Connection, run: Run) -> tuple[int, int]:
    """When the first of a chain of retries failed, and how many there were since."""
    first, tries = run.completed_at or run.updated_at, 0
    while run.retries is not None:
        try:
            run = runs.by_id(conn, run.retries)
        except NotFound:
            break
        first, tries = run.completed_at or run.updated_at, tries + 1
    return first, tries


def try_again(conn: sa.Connection, dispatch: Dispatch, failed: Run, now: int) -> bool:
    """Makes a new run of a failed one's window; False when another run has filled it or was made for it already."""
    gaps.leave(conn, failed)
    if replays.successor_of_window(conn, failed) is not None:
        return False
    window, cause = failed.window, f"{RETRY}{failed.id}"
    id = ids.run_id(failed.flow_id or "", window.start, window.end, cause)
    caller = Caller(failed.org, failed.sandbox, "", RETRIER, RETRIER)
    run = runs.new_run(
        caller, id=id, flow_id=failed.flow_id or "", cause=cause, window=window, backfill=failed.backfill,
        batch_id=ids.batch_id(id, now), at=now,
    )  # fmt: skip
    inserted = runs.insert(conn, run)
    if inserted:
        dispatch.enqueue(conn, run)
    return inserted
