"""A fresh store on each database, and jobs that only remember what was enqueued."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from databases import BOTH, database_url
from headrace.durable import Job
from headrace.runs.dispatch import Dispatch
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade


class RememberedJobs:
    """The enqueueing half of the durable port; the table of jobs is a dict."""

    executor = "here"

    def __init__(self) -> None:
        self.enqueued: dict[str, tuple[object, ...]] = {}
        self.done: set[str] = set()

    def enqueue(self, conn: sa.Connection, name: str, id: str, *args: object, share: str = "") -> None:
        self.enqueued.setdefault(id, (name, *args))

    def unfinished(self, id: str | None = None) -> list[Job]:
        return [Job(known, None) for known in self.enqueued if known not in self.done and id in (None, known)]

    def resume(self, executors: Collection[str]) -> int:
        return 0


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(database_url(request.param, tmp_path))
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def jobs() -> RememberedJobs:
    return RememberedJobs()


class Standing:
    """A clock that stands at the epoch."""

    def now(self) -> int:
        return 0


@pytest.fixture
def dispatch(store: Store, jobs: RememberedJobs) -> Dispatch:
    return Dispatch(store, Standing(), jobs)
