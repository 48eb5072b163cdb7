"""The trial: workers are killed at random moments while there is always work, until all of it is over."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bench.kills.work import REPLAY, RUN, UPLOAD, Work
from bench.kills.workers import Workers
from headrace.durable import Job
from headrace.runs.verification import BATCH_ID_LENGTH
from headrace.store import batches, runs
from headrace.store.engine import Store

PROCESSES = 2  # one goes on while the other is killed
AT_ONCE = 10  # units that are unfinished at any time
JOB_SECONDS = 0.6  # a job seldom takes longer
MOST_SECONDS = 3600.0  # of killing
SETTLE_SECONDS = 120.0
LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Trial:
    """One deployment, of whose workers so many are killed as are ``planned``.

    idle  how many of the killed had no job in hand
    hits  the jobs that the others had in hand: by kind, and by the state of the batch that they wrote
    """

    work: Work
    workers: Workers
    store: Store
    random: Random
    planned: int
    kills: int = 0
    idle: int = 0
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)

    def run(self, watch: Callable[[str], None]) -> None:
        """Kills the workers, unless that takes too long, then waits for the end of all work."""
        for _ in range(PROCESSES):
            self.workers.start()
        deadline = time.monotonic() + MOST_SECONDS
        while self.kills < self.planned and time.monotonic() < deadline:
            watch(f"{self.kills} of {self.planned} workers killed, {len(self.work.units)} units of work ...")
            self._kill()
        watch("Waiting for the end of all work ...")
        self._settle()
        self.workers.stop()
        self.work.look_again()

    def _kill(self) -> None:
        """Kills a worker at some moment of the time that a job takes, and starts another one at once."""
        self.work.top_up(AT_ONCE)
        threading.Event().wait(self.random.uniform(0, JOB_SECONDS))
        jobs = self.workers.kill(self.random.choice(self.workers.living))
        self.kills += 1
        self.idle += not jobs
        self.hits.update(self._state(job) for job in jobs)
        self.workers.start()

    def _state(self, job: Job) -> tuple[str, str]:
        """The kind of a job, and the state of the batch that it writes."""
        id = job.id.partition(":")[0]
        with self.store.read() as conn:
            if len(id) == BATCH_ID_LENGTH:
                return UPLOAD, batches.by_id(conn, id).status
            run = runs.by_id(conn, id)
            batch = batches.find(conn, run.caller, run.batch_id)
        return REPLAY if run.replays else RUN, batch.status if batch else "no batch yet"

    def _settle(self) -> None:
        deadline, pause = time.monotonic() + SETTLE_SECONDS, threading.Event()
        while time.monotonic() < deadline:
            self.work.look()
            if all(unit.over for unit in self.work.units):
                return
            pause.wait(LOOK_SECONDS)
