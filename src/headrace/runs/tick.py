"""The tick: due windows become runs, gaps are tried again, parked runs go on; each with its job in one transaction."""

import sqlalchemy as sa

from headrace import ids
from headrace.runs import retrying
from headrace.runs.dispatch import Dispatch
from headrace.runs.windows import next_window
from headrace.store import gaps, run_queue, runs, schedules
from headrace.store.engine import Store
from headrace.store.runs import SCHEDULE, Run
from headrace.store.schedules import Schedule
from headrace.store.scope import Caller

AT_ONCE, ROUNDS = 20, 5
SCHEDULER = "scheduler@headrace"


def tick(dispatch: Dispatch, now: int) -> int:
    """Makes at most 100 due runs, tries at most 100 gaps again, takes up at most 100 parked runs; how many jobs.

    In a few short transactions, as nobody else writes meanwhile.
    """
    jobs = 0
    for _ in range(ROUNDS):
        if not _anything(dispatch.store, now):
            break
        jobs += _round(dispatch, now)
    return jobs


def _round(dispatch: Dispatch, now: int) -> int:
    with dispatch.store.write() as conn:
        due = schedules.take_due(conn, now, run_queue.busy_flows(conn), AT_ONCE)
        offered = sum(offer(conn, dispatch, schedule, now) for schedule in due)
        parked: dict[str, Run] = {}
        for run in run_queue.take_parked(conn, now, AT_ONCE):
            parked.setdefault(_taker(run), run)
        taken_up = [_take_up(conn, dispatch, run, now) for run in parked.values()]
        retried = [retrying.try_again(conn, dispatch, run, now) for run in gaps.take_due(conn, now, AT_ONCE)]
    return offered + sum(taken_up) + sum(retried)


def _taker(run: Run) -> str:
    """What takes one run at a time: its flow. An upload, and a batch in doubt, stand in nobody's way."""
    return run.id if run.flow_id is None or run.in_doubt else run.flow_id


def offer(conn: sa.Connection, dispatch: Dispatch, schedule: Schedule, now: int) -> bool:
    """Makes the schedule's next window a run if it is due; otherwise notes when to look again.

    While a scheduled run of the flow is unfinished nothing moves: its record offers what follows.
    """
    if run_queue.is_busy(conn, schedule.flow_id):
        return False
    following = next_window(schedule, now)
    if following is None or following.due_at > now:
        due_at = following.due_at if following else None
        schedules.advance(conn, schedule.flow_id, watermark=schedule.watermark, due_at=due_at)
        return False
    window = following.window
    id = ids.run_id(schedule.flow_id, window.start, window.end, SCHEDULE)
    caller = Caller(schedule.org, schedule.sandbox, "", SCHEDULER, SCHEDULER)
    run = runs.new_run(
        caller, id=id, flow_id=schedule.flow_id, cause=SCHEDULE, window=window, backfill=following.backfill,
        batch_id=ids.batch_id(id, now), at=now,
    )  # fmt: skip
    inserted = runs.insert(conn, run)
    if inserted:
        dispatch.enqueue(conn, run)
    schedules.advance(conn, schedule.flow_id, watermark=window.end, due_at=now)
    return inserted


def offer_following(conn: sa.Connection, dispatch: Dispatch, flow_id: str, now: int) -> None:
    """What recording a run does: the flow's next window, if it is due already, need not wait for a tick."""
    schedule = schedules.find(conn, flow_id)
    if schedule is not None and schedule.enabled and schedule.due_at is not None and schedule.due_at <= now:
        offer(conn, dispatch, schedule, now)


def _anything(store: Store, now: int) -> bool:
    # Read first: a tick that finds nothing must not take the write lock.
    with store.read() as conn:
        if schedules.due(conn, now, run_queue.busy_flows(conn), 1) or run_queue.parked_until(conn, now, 1):
            return True
        return bool(gaps.due(conn, now, 1))


# -- runs without a job -----------------------------------------------------------------------------------------


def adopt_lost(dispatch: Dispatch, now: int) -> int:
    """Gives a new job to unfinished runs that have none left (their job ended in an error of the database, say)."""
    with dispatch.store.read() as conn:
        waiting = [run for run in run_queue.unfinished(conn) if run.not_before is None]
    if not waiting:
        return 0
    # Read in this order: a run's job exists from the moment the run does, so a missing one has really ended.
    known = {job.id for job in dispatch.jobs.unfinished()}
    lost = [run for run in waiting if run.job_id not in known]
    adopted = 0
    for n in range(0, len(lost), AT_ONCE):
        with dispatch.store.write() as conn:
            adopted += sum(_take_up(conn, dispatch, run, now) for run in lost[n : n + AT_ONCE])
    return adopted


def pick_up(dispatch: Dispatch, run_id: str, now: int) -> None:
    """What asking again for a run does: one that is parked, in doubt or lost goes on; one at work is left alone."""
    with dispatch.store.read() as conn:
        run = runs.by_id(conn, run_id)
    if (run.finished and not run.in_doubt) or dispatch.jobs.unfinished(run.job_id):
        return
    with dispatch.store.write() as conn:
        _take_up(conn, dispatch, run, now)


def _take_up(conn: sa.Connection, dispatch: Dispatch, seen: Run, now: int) -> bool:
    """Gives the run another job, unless somebody else did since it was seen."""
    run = runs.unpark(conn, seen, now)
    if run is not None:
        dispatch.enqueue(conn, run)
    return run is not None
