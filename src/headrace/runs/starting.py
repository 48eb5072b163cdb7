"""Runs that somebody asks for: on demand, again after a failure, and the wish that one should stop."""

from typing import Any

import sqlalchemy as sa

from headrace import ids
from headrace.clock import Window
from headrace.errors import Conflict, Invalid, NotFound
from headrace.flows.members import epoch_seconds
from headrace.runs.dispatch import Dispatch
from headrace.runs.windows import ONCE
from headrace.store import gaps, parts, replays, runs, schedules
from headrace.store.runs import FAILED, IN_PROGRESS, SUCCESS, Run
from headrace.store.schedules import Schedule
from headrace.store.scope import Caller

SECOND_MS = 1000


def on_demand(dispatch: Dispatch, caller: Caller, flow_id: str, params: dict[str, Any]) -> tuple[str, str]:
    """Starts a run of a one-time flow over the window in ``params`` (epoch seconds, text or numbers): (id, etag).

    Without a window: from the schedule's start until now. Raises Invalid with Platform's codes 1386, 1381, 1384.
    """
    now = dispatch.clock.now()
    with dispatch.store.write() as conn:
        schedule = _schedule(conn, caller, flow_id)
        if schedule.frequency != ONCE:
            raise Invalid(
                f"Flow {flow_id} runs every {schedule.interval} {schedule.frequency}; only a flow with frequency once "
                "can be run on demand.",
                code="1386",
            )
        window = _window(params, schedule, now)
        n = runs.count_of_cause(conn, flow_id, "ondemand:")
        return _start(dispatch, conn, caller, flow_id, f"ondemand:{n}", window, now)


def retrigger(dispatch: Dispatch, caller: Caller, run_id: str) -> tuple[str, str]:
    """Runs the window of a failed (or empty) run again: (id, etag) of the new run. Invalid with codes 1387, 1388.

    It takes the place of a retry that waits; while one is at work there is nothing to trigger.
    """
    now = dispatch.clock.now()
    with dispatch.store.write() as conn:
        run = runs.get(conn, caller, run_id)
        flow_id = run.flow_id or ""
        # Runs before the schedule, as whoever records a run: PostgreSQL would end one of the two for a deadlock.
        open_retries = [runs.hold(conn, retry.id) for retry in gaps.open_retries(conn, run)]
        schedule = _schedule(conn, caller, flow_id)
        if not schedule.enabled:
            raise Invalid(f"Flow {flow_id} is disabled; enable it before a re-trigger.", code="1388")
        if run.replays:
            raise Invalid(f"Run {run_id} is a replay; ask for a replay of run {run.replays} again.", code="1387")
        if done := replays.of_run(conn, flow_id, run_id):
            raise Invalid(f"Run {run_id} was replayed by run {done[-1].id}; its window is filled.", code="1387")
        if not _retriggerable(conn, run):
            raise Invalid(
                f"Run {run_id} is {run.state}; only a failed run, or a successful one without records, can be "
                "triggered again.",
                code="1387",
            )
        if run.state == FAILED and (other := replays.successor_of_window(conn, run)):
            raise Invalid(f"Run {other} has filled the window of run {run_id} since.", code="1387")
        for retry in open_retries:
            _replace(dispatch, conn, caller, retry, now)
        gaps.leave(conn, run)
        return _start(dispatch, conn, caller, flow_id, f"retrigger:{run_id}", run.window, now, run.backfill)


def _replace(dispatch: Dispatch, conn: sa.Connection, caller: Caller, retry: Run, now: int) -> None:
    """Ends a retry that has not begun, for somebody triggers its window now; Invalid while it is at work."""
    if retry.state == IN_PROGRESS:
        raise Invalid(
            f"Run {retry.id} tries this window again at this moment; wait for its end, or abort it.", code="1387"
        )
    if not retry.finished:
        _stop(dispatch, conn, retry, f"{caller.user} triggered its window again.", now)


def abort(dispatch: Dispatch, caller: Caller, run_id: str) -> tuple[str, str]:
    """Asks an unfinished run to end without its rows: (id, etag). Conflict when it is over already.

    The run obeys before its next part and before it commits; a new job makes sure that some live worker sees it.
    """
    now = dispatch.clock.now()
    with dispatch.store.write() as conn:
        run = runs.get(conn, caller, run_id)
        if run.finished:
            raise Conflict(f"Run {run_id} is {run.state} already.", kind=runs.KIND, id=run_id, code="1422")
        _stop(dispatch, conn, run, f"The run was aborted by {caller.user}.", now)
        return run_id, runs.by_id(conn, run_id).etag


def _stop(dispatch: Dispatch, conn: sa.Connection, run: Run, reason: str, now: int) -> None:
    runs.request_stop_of(conn, run.id, reason, now)
    dispatch.enqueue(conn, runs.unpark(conn, runs.hold(conn, run.id), now) or run)


def _start(
    dispatch: Dispatch, conn: sa.Connection, caller: Caller, flow_id: str, cause: str, window: Window,
    now: int, backfill: bool = True,
) -> tuple[str, str]:  # fmt: skip
    id = ids.run_id(flow_id, window.start, window.end, cause)
    batch = ids.batch_id(id, now)
    run = runs.new_run(
        caller, id=id, flow_id=flow_id, cause=cause, window=window, backfill=backfill, batch_id=batch, at=now
    )
    if not runs.insert(conn, run):
        raise Invalid(f"Run {id} was started for this already; look at its state.", code="1387", id=id)
    dispatch.enqueue(conn, run)
    return run.id, run.etag


def _schedule(conn: sa.Connection, caller: Caller, flow_id: str) -> Schedule:
    schedule = schedules.find(conn, flow_id)
    if schedule is None or (schedule.org, schedule.sandbox) != (caller.org, caller.sandbox):
        raise NotFound(f"flows not found with id = [{flow_id}].", kind="flows", id=flow_id)
    return schedule


def _window(params: dict[str, Any], schedule: Schedule, now: int) -> Window:
    start = _seconds(params, "windowStartTime", min(schedule.start, now))
    end = _seconds(params, "windowEndTime", now)
    if end < start:
        raise Invalid(f"windowEndTime ({end}) is before windowStartTime ({start}).", code="1381")
    return Window(start, end)


def _seconds(params: dict[str, Any], name: str, default: int) -> int:
    """An instant given in epoch seconds, as epoch ms."""
    value = params.get(name)
    return default if value is None or value == "" else epoch_seconds(value, f"params.{name}", "1384") * SECOND_MS


def _retriggerable(conn: sa.Connection, run: Run) -> bool:
    if run.state == SUCCESS:
        return not any(part.counts.read for part in parts.listed(conn, run.id))
    return run.state == FAILED
