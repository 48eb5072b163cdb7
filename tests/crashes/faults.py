"""Faults of the machine and the database that begin while a worker works, and end again."""

import resource
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from children import Child
from crashes.world import World
from headrace.store import emulator_clock

DAY_MS = 86_400_000
BUSY_MS = 100
SESSIONS = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class Fault:
    """One fault.

    during     what there is while it lasts, in a world, for a process
    says       what the process prints of it, as a regular expression; empty where nothing hinders it
    constants  the process's, see ``children.Child``
    tells      whether the database tells meanwhile that the work is over: it may be past what the fault hinders
    """

    name: str
    during: Callable[[World, Child], AbstractContextManager[None]]
    says: str
    constants: Mapping[str, object] = field(default_factory=dict)
    tells: bool = True

    def __str__(self) -> str:
        return self.name


@contextmanager
def full_disk(_world: World, process: Child) -> Iterator[None]:
    """No file grows any more, those of SQLite neither."""
    limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def read_only_lake(world: World, _process: Child) -> Iterator[None]:
    """No file of the lake can be made or removed."""
    root = world.deployment.settings.warehouse
    directories = [root, *(path for path in root.rglob("*") if path.is_dir())]
    modes = {directory: directory.stat().st_mode for directory in directories}
    try:
        for directory in reversed(directories):
            directory.chmod(0o500)
        yield
    finally:
        for directory, mode in modes.items():
            directory.chmod(mode)


@contextmanager
def database_away(world: World, _process: Child) -> Iterator[None]:
    """PostgreSQL lets nobody in, and SQLite's file belongs to somebody else."""
    url = world.deployment.store.engine.url
    if url.get_backend_name() == "sqlite":
        holder = sqlite3.connect(str(url.database), isolation_level=None)
        try:
            holder.execute("BEGIN IMMEDIATE")
            yield
        finally:
            holder.close()
        return
    administration = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with administration.connect() as conn:
        try:
            conn.execute(sa.text(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS false'))
            conn.execute(SESSIONS, {"name": url.database})
            yield
        finally:
            conn.execute(sa.text(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS true'))
    administration.dispose()


@contextmanager
def clock_a_day_back(world: World, _process: Child) -> Iterator[None]:
    """The machine's time is set back for good."""
    with world.deployment.store.write() as conn:
        emulator_clock.move_to(conn, world.deployment.clock.now() - DAY_MS)
    yield


FAULTS = (
    Fault("full disk", full_disk, r"may not grow|disk I/O error|database or disk is full"),
    Fault("read-only lake", read_only_lake, r"waits: .* has no right to it"),
    Fault(
        "database away", database_away,
        r"database is locked|not currently accepting connections|terminating connection",
        {"headrace.store.engine:BUSY_TIMEOUT_MS": BUSY_MS}, tells=False,
    ),
    Fault("clock a day back", clock_a_day_back, ""),
)  # fmt: skip
