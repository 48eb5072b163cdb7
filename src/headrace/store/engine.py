"""Opening the database: engines tuned for SQLite and PostgreSQL, read and write transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.errors import Invalid
from headrace.store.outages import database_outage

BUSY_TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Store:
    """An open database. ``write`` takes the write lock at once, so a CAS read inside it cannot be overtaken.

    SQLite's writers look for its lock again and again, in pauses that grow, and the unlucky one waits for seconds. So
    those of one process take turns before they ask for it.
    """

    engine: sa.Engine
    turn: "threading.Lock | None" = None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with _answering(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed at the end of the block, rolled back on an error."""
        with (
            _answering(),
            self._turn(),
            self.engine.connect().execution_options(headrace_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self.turn is None:
            yield
            return
        if not self.turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise sa.exc.TimeoutError("database is locked")
        try:
            yield
        finally:
            self.turn.release()

    def close(self) -> None:
        """Closes every pooled connection."""
        self.engine.dispose()


@contextmanager
def _answering() -> Iterator[None]:
    """Unavailable when the database is busy for too long, full or gone: nothing is wrong with the request."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
        raise database_outage(error) from error


def open_store(database_url: str) -> Store:
    """Opens ``sqlite:///path`` or ``postgresql://…``; the schema is brought up by ``migrations.upgrade``."""
    engines = {"sqlite": sqlite_engine, "postgresql": postgresql_engine}
    try:
        url = sa.make_url(database_url)
        name = url.get_backend_name()
        return Store(engines[name](url), threading.Lock() if name == "sqlite" else None)
    except (sa.exc.ArgumentError, KeyError) as error:
        raise Invalid("--database-url must be sqlite:///PATH or postgresql://USER@HOST/NAME.", field="url") from error


def postgresql_engine(url: sa.URL) -> sa.Engine:
    """An engine on psycopg 3, whatever driver the URL names. What documents hold is kept out of errors and logs."""
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"), pool_size=16, pool_pre_ping=True, hide_parameters=True
    )


def sqlite_engine(url: sa.URL) -> sa.Engine:
    """An engine in WAL mode whose writers begin immediately: no deferred lock upgrade can fail half-way."""
    engine = sa.create_engine(
        url,
        pool_size=16,
        max_overflow=32,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": 30},
    )
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a 201 is a promise, also through a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("headrace_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
