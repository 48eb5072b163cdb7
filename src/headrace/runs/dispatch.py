"""What it takes to have work done: where it is written down, the clock that it goes by, the queue of jobs."""

from dataclasses import dataclass

import sqlalchemy as sa

from headrace.clock import Clock
from headrace.durable import Jobs
from headrace.store.engine import Store
from headrace.store.runs import Run

RUN = "run"  # the one kind of job: carry a run
FORMER_JOBS = ("flow_run", "batch_run")  # what earlier releases called it; such jobs may wait in the queue still


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The store, the business clock and the jobs of one process."""

    store: Store
    clock: Clock
    jobs: Jobs

    def enqueue(self, conn: sa.Connection, run: Run) -> None:
        """Enqueues the run's current job in the caller's transaction; orgs share the workers."""
        self.jobs.enqueue(conn, RUN, run.job_id, run.id, share=run.caller.org)
