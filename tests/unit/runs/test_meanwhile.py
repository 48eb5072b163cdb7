"""What another worker, or a person, did while one was at work: a run that is over stays over, on each database."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from headrace.clock import MonotonicTimer, Window
from headrace.errors import NotFound, SourceFailure
from headrace.lake import TableRef
from headrace.mapping.derivations import NO_DERIVATIONS
from headrace.runs.dispatch import Dispatch
from headrace.runs.flow_run import open_batch
from headrace.runs.life import Life
from headrace.runs.plan import APPEND, FlowPlan, Target, flow_plan_of
from headrace.runs.story import Obey, Prepared
from headrace.runs.tick import adopt_lost, tick
from headrace.sources.reading import Reading
from headrace.store import batches, run_queue, runs
from headrace.store.engine import Store
from headrace.store.runs import FAILED, QUEUED, SUCCESS, Outcome, Run
from headrace.store.scope import Caller

HERE = Caller("org@AdobeOrg", "prod", "", "client", "user")
WINDOW = Window(0, 1)
TARGET = Target(TableRef(HERE.org, HERE.sandbox, "d"), "s", "1.0", {}, "m", 0, (), 0)
ABSENT: Any = None


class Planning:
    """A story that is told as far as its plan; ``meanwhile`` happens while it plans."""

    def __init__(self, meanwhile: Callable[[], None], connection: str = "c") -> None:
        self._meanwhile = meanwhile
        self._connection = connection
        self.begun = 0

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        self._meanwhile()
        reading = Reading({}, "", {}, WINDOW, now)
        return Prepared(
            FlowPlan("f", run.batch_id, self._connection, "s", "t", reading, WINDOW, (), TARGET, APPEND, None), ()
        )

    def begin(self, conn: Any, run: Run, plan: FlowPlan, now: int) -> None:
        self.begun += 1
        open_batch(conn, run, plan, now)

    def ended(self, conn: Any, run: Run, now: int) -> None:
        pass

    def errors(self, batch: Any, reason: Any, records: Any) -> tuple[batches.BatchError, ...]:
        return (batches.BatchError("C", reason.message),)


def life(dispatch: Dispatch, story: Planning) -> Life:
    return Life(dispatch, ABSENT, NO_DERIVATIONS, MonotonicTimer(), threading.Event(), story, story)


def flow_run(store: Store, id: str = "r", flow: str = "f") -> Run:
    run = runs.new_run(
        HERE, id=id, flow_id=flow, cause="ondemand:0", window=WINDOW, backfill=False, batch_id=f"b-{id}", at=1
    )
    return stored(store, run)


def stored(store: Store, run: Run) -> Run:
    with store.write() as conn:
        assert runs.insert(conn, run)
    return run


def test_a_run_that_was_ended_while_it_was_planned_opens_no_batch(store: Store, dispatch: Dispatch) -> None:
    run = flow_run(store)

    def refused() -> None:
        raise SourceFailure("The source says no.")

    planned_slowly = Planning(lambda: life(dispatch, Planning(refused)).carry(run.id))
    life(dispatch, planned_slowly).carry(run.id)
    with store.read() as conn:
        ended = runs.by_id(conn, run.id)
        assert (ended.state, ended.plan) == (FAILED, None)
        assert ended.outcome is not None and ended.outcome.message == "The source says no."
        with pytest.raises(NotFound):
            batches.by_id(conn, run.batch_id)


def test_of_two_plans_the_first_counts_and_opens_the_batch(store: Store, dispatch: Dispatch) -> None:
    run = flow_run(store)
    faster = Planning(lambda: None, connection="faster")
    slower = Planning(lambda: life(dispatch, faster).carry(run.id), connection="slower")
    life(dispatch, slower).carry(run.id)
    with store.read() as conn:
        plan = flow_plan_of(runs.by_id(conn, run.id))
        assert plan is not None and plan.connection_id == "faster"
        assert batches.by_id(conn, run.batch_id).version == 0
    assert (faster.begun, slower.begun) == (1, 0)


def test_of_two_that_miss_a_job_one_enqueues_another(
    store: Store, dispatch: Dispatch, jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stored(store, runs.new_upload(HERE, "upload", 1))
    both, unpark = threading.Barrier(2), runs.unpark

    def together(*args: Any) -> Run | None:
        with suppress(threading.BrokenBarrierError):  # on SQLite the other one waits for the write lock
            both.wait(0.5)
        return unpark(*args)

    monkeypatch.setattr(runs, "unpark", together)
    adopted: list[int] = []
    threads = [threading.Thread(target=lambda: adopted.append(adopt_lost(dispatch, 5))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(adopted) == [0, 1] and list(jobs.enqueued) == [f"{run.id}:2"]


@pytest.mark.parametrize("state", [SUCCESS, FAILED])
def test_what_is_over_is_not_taken_up(store: Store, state: str) -> None:
    seen = stored(store, runs.new_upload(HERE, "upload", 1))
    with store.write() as conn:
        assert runs.finish(conn, seen.id, state, Outcome(), 2)
        assert runs.unpark(conn, seen, 3) is None
        assert runs.by_id(conn, seen.id).jobs == 1


def test_an_upload_is_live_until_it_is_over_a_flows_run_only_when_its_time_has_come(store: Store) -> None:
    upload, run = stored(store, runs.new_upload(HERE, "upload", 1)), flow_run(store)
    with store.write() as conn:
        for parked in (upload, run):
            runs.park(conn, parked.id, 1000, "an attempt failed", 1, trouble=True)
        assert run_queue.any_live(conn, 2)
        runs.finish(conn, upload.id, SUCCESS, Outcome(), 3)
        assert not run_queue.any_live(conn, 4) and run_queue.any_live(conn, 1000)


def test_a_batch_in_doubt_is_nobodys_turn_and_nothing_to_wait_for(store: Store, dispatch: Dispatch, jobs: Any) -> None:
    for n in range(150):
        doubtful = flow_run(store, f"doubt-{n:03}")
        with store.write() as conn:
            assert runs.finish_in_doubt(conn, doubtful.id, Outcome("C", "not told"), 10, 5)
    with store.read() as conn:
        assert not run_queue.any_live(conn, 30)
    waiting = stored(store, runs.new_upload(HERE, "upload", 1))
    with store.write() as conn:
        runs.park(conn, waiting.id, 20, "an attempt failed", 5)
    assert [tick(dispatch, 30) for _ in range(3)] == [100, 51, 0]
    assert f"{waiting.id}:2" in jobs.enqueued


def test_the_clock_stands_still_for_an_upload_that_is_not_over(store: Store) -> None:
    upload = stored(store, runs.new_upload(HERE, "upload", 1))
    with store.write() as conn:
        assert runs.any_exists(conn)
        runs.finish(conn, upload.id, SUCCESS, Outcome(), 3)
        assert not runs.any_exists(conn)


def test_a_stop_of_the_process_is_no_attempt(store: Store, dispatch: Dispatch) -> None:
    run = flow_run(store)
    stopping = threading.Event()
    stopping.set()
    stopped = Life(dispatch, ABSENT, NO_DERIVATIONS, MonotonicTimer(), stopping, Planning(lambda: None), ABSENT)
    for _ in range(10):
        stopped.carry(run.id)
    with store.read() as conn:
        parked = runs.by_id(conn, run.id)
    assert (parked.state, parked.attempt, parked.handed_back) == (QUEUED, 10, 10)
    planned: list[str] = []
    life(dispatch, Planning(lambda: planned.append(run.id))).carry(run.id)
    assert planned == [run.id]  # the eleventh attempt goes on, although eight are the most that may fail to end


def test_a_run_that_was_erased_while_it_was_carried_leaves_nothing(store: Store, dispatch: Dispatch) -> None:
    run = flow_run(store)

    def erased() -> None:
        with store.write() as conn:
            conn.execute(runs.runs.delete())

    life(dispatch, Planning(erased)).carry(run.id)
    with store.read() as conn:
        assert run_queue.unfinished(conn) == [] and batches.find(conn, HERE, run.batch_id) is None
