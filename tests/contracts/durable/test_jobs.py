"""What every durable engine must do for Headrace, on each database that it runs on."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from headrace.durable import Jobs, dbos_jobs
from headrace.durable.dbos_jobs import DbosJobs
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade
from postgres import fresh_database

SECONDS = 20.0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'headrace.db'}" if request.param == "sqlite" else fresh_database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def jobs(url: str, store: Store) -> Iterator[DbosJobs]:
    made = DbosJobs(url, workers=2)
    yield made
    made.stop(SECONDS)


class Seen:
    """The calls that a job made."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self._condition = threading.Condition()

    def __call__(self, *args: object) -> None:
        with self._condition:
            self.calls.append(args)
            self._condition.notify_all()

    def wait(self, count: int) -> None:
        with self._condition:
            assert self._condition.wait_for(lambda: len(self.calls) >= count, SECONDS), self.calls


def enqueue(store: Store, jobs: Jobs, *ids: str) -> None:
    with store.write() as conn:
        for id in ids:
            jobs.enqueue(conn, "carry", id, id, 7)


def test_a_job_runs_with_its_arguments_once_per_id(store: Store, jobs: DbosJobs) -> None:
    seen = Seen()
    jobs.register("carry", seen)
    enqueue(store, jobs, "a", "b")
    enqueue(store, jobs, "a")
    jobs.start()
    seen.wait(2)
    enqueue(store, jobs, "a", "c")
    seen.wait(3)
    assert sorted(seen.calls) == [("a", 7), ("b", 7), ("c", 7)]


def test_a_job_enqueued_here_and_one_behind_a_full_process_wait_for_no_poll(store: Store, url: str) -> None:
    jobs, seen = DbosJobs(url, workers=1, polling_seconds=600), Seen()
    jobs.register("carry", seen)
    jobs.start()
    enqueue(store, jobs, "a")
    seen.wait(1)
    enqueue(store, jobs, "b", "c", "d")
    seen.wait(4)
    assert jobs.stop(SECONDS)


def test_who_has_many_jobs_leaves_room_for_others(store: Store, jobs: DbosJobs) -> None:
    began, go = Seen(), threading.Event()

    def carry(*args: object) -> None:
        began(*args)
        assert go.wait(SECONDS)

    jobs.register("carry", carry)
    with store.write() as conn:
        for n in range(10):
            jobs.enqueue(conn, "carry", f"a{n}", f"a{n}", 7, share="a")
    jobs.start()
    began.wait(2)
    with store.write() as conn:
        jobs.enqueue(conn, "carry", "b", "b", 7, share="b")
    began.wait(3)
    assert sorted(str(id)[0] for id, _ in began.calls) == ["a", "a", "b"]
    go.set()
    began.wait(11)


def test_a_job_of_an_earlier_release_has_a_share_like_another(store: Store, jobs: DbosJobs) -> None:
    seen, former = Seen(), {"workflow_name": "carry", "queue_name": dbos_jobs.QUEUE, "app_version": dbos_jobs.VERSION}
    jobs.register("carry", seen)
    with store.write() as conn:
        jobs._client.enqueue_in_transaction(conn, {**former, "workflow_id": "a"}, "a", 7)
    jobs.start()
    seen.wait(1)
    assert seen.calls == [("a", 7)]


def test_a_rolled_back_enqueue_never_happened(store: Store, jobs: DbosJobs) -> None:
    with pytest.raises(RuntimeError), store.write() as conn:
        jobs.enqueue(conn, "carry", "a", "a", 7)
        raise RuntimeError
    assert jobs.unfinished() == []


def test_stop_waits_for_what_runs_and_leaves_the_rest_in_the_queue(store: Store, jobs: DbosJobs, url: str) -> None:
    began, go, ended = threading.Event(), threading.Event(), Seen()

    def carry(id: str, n: int) -> None:
        began.set()
        assert go.wait(SECONDS)
        ended(id, n)

    jobs.register("carry", carry)
    jobs.start()
    enqueue(store, jobs, "a")
    assert began.wait(SECONDS) and jobs.running() == 1
    threading.Timer(0.05, go.set).start()
    assert jobs.stop(SECONDS) and ended.calls == [("a", 7)]
    other = DbosJobs(url)
    enqueue(store, other, "b")
    assert [(job.id, job.executor) for job in other.unfinished()] == [("b", None)]
    other.stop(0)


def test_a_dead_process_job_is_taken_over_once(store: Store, jobs: DbosJobs, url: str) -> None:
    stuck, began = threading.Event(), threading.Event()

    def never(*_: object) -> None:
        began.set()
        stuck.wait(SECONDS)

    jobs.register("carry", never)
    jobs.start()
    enqueue(store, jobs, "a")
    assert began.wait(SECONDS)
    other = DbosJobs(url)
    assert not jobs.stop(0)  # what is left of a process that died: its claim, and nobody who claims again
    assert [job.executor for job in other.unfinished()] == [jobs.executor]
    assert [other.resume([jobs.executor]) for _ in range(2)] == [1, 0]
    assert [job.executor for job in other.unfinished()] == [None]
    # The first process finds out that the job is no longer its own, and would wait for the new owner's result.
    other._client.cancel_workflow("a")
    other.stop(0)
    stuck.set()


def test_a_job_whose_end_could_not_be_recorded_runs_again(
    store: Store, jobs: DbosJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, failed = Seen(), threading.Event()
    jobs.register("carry", seen)
    jobs.start()

    def full(*_: object, **__: object) -> None:
        failed.set()
        raise sa.exc.OperationalError("UPDATE", {}, OSError("disk full"))

    with monkeypatch.context() as disk:
        disk.setattr(jobs._dbos._sys_db, "update_workflow_outcome", full)
        enqueue(store, jobs, "a")
        assert failed.wait(SECONDS)
        idle(jobs)
    assert [job.executor for job in jobs.unfinished()] == [jobs.executor]
    assert [jobs.reclaim() for _ in range(2)] == [0, 1]
    seen.wait(2)
    idle(jobs)
    assert jobs.unfinished() == [] and [jobs.reclaim() for _ in range(2)] == [0, 0]


def test_what_runs_is_not_reclaimed(store: Store, jobs: DbosJobs) -> None:
    began, end = threading.Event(), threading.Event()

    def carry(*_: object) -> None:
        began.set()
        end.wait(SECONDS)

    jobs.register("carry", carry)
    jobs.start()
    enqueue(store, jobs, "a")
    assert began.wait(SECONDS)
    assert [jobs.reclaim() for _ in range(3)] == [0, 0, 0]
    end.set()


def idle(jobs: DbosJobs) -> None:
    """Waits until this process runs nothing."""
    deadline, pause = time.monotonic() + SECONDS, threading.Event()
    while jobs.running():
        assert time.monotonic() < deadline
        pause.wait(0.01)
