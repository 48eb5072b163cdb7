"""The nine calls that Headrace needs of a durable-execution engine."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

Argument = str | int


@dataclass(frozen=True, slots=True)
class Job:
    """An unfinished job. ``executor`` is the process that claimed it, None while it waits in the queue."""

    id: str
    executor: str | None


class Jobs(Protocol):
    """A queue of named calls that survive the process which runs them.

    A job runs at least once: when its process dies, ``resume`` puts it back and another process calls the function
    again from the top. The functions therefore skip what the database says is done. A job that wants to run again
    later enqueues its successor in the same transaction that records why.
    """

    @property
    def executor(self) -> str:
        """The name under which this process claims jobs; unique per process start."""
        ...

    def register(self, name: str, function: Callable[..., None]) -> None:
        """Names a function that jobs can call; before ``start``."""
        ...

    def start(self) -> None:
        """Begins to claim and run jobs."""
        ...

    def enqueue(self, conn: sa.Connection, name: str, id: str, *args: Argument, share: str = "") -> None:
        """Adds a job within the caller's transaction; nothing happens when ``id`` was ever used before.

        However many jobs of one ``share`` wait or run, those of others find room beside them in every process.
        """
        ...

    def unfinished(self, id: str | None = None) -> list[Job]:
        """Every job that waits or runs, in any process; with ``id``, that one alone."""
        ...

    def resume(self, executors: Collection[str]) -> int:
        """Puts the running jobs of dead executors back into the queue and says how many; safe to repeat."""
        ...

    def reclaim(self) -> int:
        """Puts back what this process has claimed and does not run, since it could not record that it had ended.

        Call it now and then: a job is put back when two calls in a row found it so. Says how many.
        """
        ...

    def running(self) -> int:
        """How many jobs this process runs at the moment."""
        ...

    def stop(self, grace: float) -> bool:
        """Stops claiming at once, waits up to ``grace`` seconds for running jobs; whether all of them ended."""
        ...
