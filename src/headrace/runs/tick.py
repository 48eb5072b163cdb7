"""The tick: due windows become runs, parked runs go on. Row, enqueue and next due time are one transaction."""

import sqlalchemy as sa

from headrace import ids
from headrace.durable import Jobs
from headrace.runs.windows import next_window
from headrace.store import runs, schedules
from headrace.store.engine import Store
from headrace.store.runs import SCHEDULE, Run
from headrace.store.schedules import Schedule
from headrace.store.scope import Caller

FLOW_RUN = "flow_run"
AT_ONCE = 100
SCHEDULER = "scheduler@headrace"


def tick(store: Store, jobs: Jobs, now: int) -> int:
    """Makes at most 100 due runs and takes up at most 100 parked ones; how many jobs were enqueued."""
    if not _anything(store, now):
        return 0
    with store.write() as conn:
        due = schedules.take_due(conn, now, runs.busy_flows(conn), AT_ONCE)
        made = sum(offer(conn, jobs, schedule, now) for schedule in due)
        parked = runs.take_parked(conn, now, AT_ONCE)
        flows = set()
        for run in parked:
            if run.flow_id not in flows:
                flows.add(run.flow_id)
                enqueue(conn, jobs, runs.unpark(conn, run.id, now))
    return made + len(flows)


def offer(conn: sa.Connection, jobs: Jobs, schedule: Schedule, now: int) -> bool:
    """Makes the schedule's next window a run if it is due; otherwise notes when to look again.

    While a scheduled run of the flow is unfinished nothing moves: its record offers what follows.
    """
    if runs.is_busy(conn, schedule.flow_id):
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
        caller, id=id, flow_id=schedule.flow_id, cause=SCHEDULE, window=(window.start, window.end),
        backfill=following.backfill, batch_id=ids.batch_id(id, now), at=now,
    )  # fmt: skip
    made = runs.insert(conn, run)
    if made:
        enqueue(conn, jobs, run)
    schedules.advance(conn, schedule.flow_id, watermark=window.end, due_at=now)
    return made


def offer_following(conn: sa.Connection, jobs: Jobs, flow_id: str, now: int) -> None:
    """What recording a run does: the flow's next window, if it is due already, need not wait for a tick."""
    schedule = schedules.find(conn, flow_id)
    if schedule is not None and schedule.enabled and schedule.due_at is not None and schedule.due_at <= now:
        offer(conn, jobs, schedule, now)


def enqueue(conn: sa.Connection, jobs: Jobs, run: Run) -> None:
    """Enqueues the run's current job in the caller's transaction."""
    jobs.enqueue(conn, FLOW_RUN, run.job_id, run.id)


def _anything(store: Store, now: int) -> bool:
    # Read first: a tick that finds nothing must not take the write lock.
    with store.read() as conn:
        return bool(schedules.due(conn, now, runs.busy_flows(conn), 1) or runs.parked_until(conn, now, 1))


def adopt_lost(store: Store, jobs: Jobs, now: int) -> int:
    """Gives a new job to unfinished runs that have none left (their job ended in an error of the database, say)."""
    with store.read() as conn:
        waiting = [run for run in runs.unfinished(conn) if run.not_before is None]
    if not waiting:
        return 0
    # Read in this order: a run's job exists from the moment the run does, so a missing one has really ended.
    known = {job.id for job in jobs.unfinished()}
    lost = [run for run in waiting if run.job_id not in known]
    with store.write() as conn:
        return sum(_adopted(conn, jobs, run, now) for run in lost)


def _adopted(conn: sa.Connection, jobs: Jobs, seen: Run, now: int) -> bool:
    run = runs.by_id(conn, seen.id)
    if run.finished or run.jobs != seen.jobs or run.not_before is not None:
        return False
    enqueue(conn, jobs, runs.unpark(conn, run.id, now))
    return True
