"""Workers that are killed: forked from a process that has imported everything, so that a new one is there at once."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from headrace.durable import Job, Jobs
from headrace.errors import HeadraceError
from headrace.store import heartbeats
from headrace.store.engine import Store

START_SECONDS = 60.0
STOP_SECONDS = 60.0
LOOK_SECONDS = 0.01

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    [
        "bench.kills.work",  # with whatever else the main module imports: every fork imports that one again
        "headrace.api.services",
        "headrace.durable.dbos_jobs",
        "headrace.lake.commits",
        "headrace.lake.contents",
        "headrace.lake.tables",
        "headrace.lake.writer",
        "headrace.main",
        "headrace.runs.worker",
    ]
)


@dataclass(frozen=True, slots=True)
class Worker:
    """A ``headrace worker`` and the name under which it claims jobs."""

    process: ForkServerProcess
    executor: str


@dataclass(slots=True)
class Workers:
    """The living workers of one deployment. ``arguments`` are those of ``headrace worker``."""

    arguments: Sequence[str]
    log: Path
    store: Store
    jobs: Jobs
    living: list[Worker] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Starts one more, and returns when it has begun to beat: just before it claims its first job."""
        process = _forks.Process(target=_work, args=(["headrace", "worker", *self.arguments], self.log))
        process.start()
        executor = self._new_executor()
        self._known.add(executor)
        self.living.append(Worker(process, executor))

    def _new_executor(self) -> str:
        deadline, pause = time.monotonic() + START_SECONDS, threading.Event()
        while time.monotonic() < deadline:
            with self.store.read() as conn:
                if new := heartbeats.beats(conn).keys() - self._known:
                    (executor,) = new
                    return executor
            pause.wait(LOOK_SECONDS)
        raise HeadraceError(f"No worker started within {START_SECONDS:g} s; see {self.log}.")

    def kill(self, worker: Worker) -> list[Job]:
        """Kills one with SIGKILL; the jobs that it had in hand."""
        os.kill(worker.process.pid or 0, signal.SIGKILL)
        jobs = [job for job in self.jobs.unfinished() if job.executor == worker.executor]
        worker.process.join()
        self.living.remove(worker)
        return jobs

    def stop(self) -> None:
        """Ends all in order; one that does not end is killed."""
        for worker in self.living:
            worker.process.terminate()
        for worker in self.living:
            worker.process.join(STOP_SECONDS)
            worker.process.kill()
        self.living.clear()


def _work(arguments: list[str], log: Path) -> None:
    from headrace.main import run

    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = arguments
    run()
