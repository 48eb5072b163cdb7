"""The database connections that DBOS works on: the same database as ours, opened the way DBOS expects."""

from typing import Any

import sqlalchemy as sa

BUSY_TIMEOUT_MS = 30_000


def dbos_engine(database_url: str) -> sa.Engine:
    """An engine for DBOS's own statements on the database at ``database_url``."""
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_size=8, max_overflow=8, pool_pre_ping=True)


def _sqlite(url: sa.URL) -> sa.Engine:
    # DBOS reads inside the same ``begin()`` as it writes, so an engine that begins immediately would take the write
    # lock at every poll. pysqlite's own IMMEDIATE mode takes it at the first write only; every claim is a compare-
    # and-set, so what was read before it cannot mislead.
    engine = sa.create_engine(url, pool_size=8, max_overflow=16, connect_args={"check_same_thread": False})
    sa.event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA journal_mode=WAL")
    # What must survive a power cut (the enqueue) is written on our own engine with FULL; a lost claim or outcome
    # only makes a re-entrant job run once more.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
