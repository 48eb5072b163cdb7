"""Where tables were made: Iceberg names every file by its absolute path, so a lake is whole at that one place only."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from headrace.errors import LakeMoved

_TABLES = sa.table("iceberg_tables", sa.column("metadata_location"))


def home_of(metadata_location: str) -> Path:
    """The warehouse, as a table's metadata file spells it: ``WAREHOUSE/tables/{namespace}/{table}/metadata/…``."""
    return Path(metadata_location.removeprefix("file://")).parents[4]


def require_home(metadata_location: str, warehouse: Path) -> None:
    """LakeMoved unless the table was made in this warehouse; another name of the same directory will do."""
    home = home_of(metadata_location)
    if home != warehouse and not _same_directory(home, warehouse):
        raise LakeMoved(
            f"The data directory {warehouse.parent} was made at {home.parent}, and its tables name their files by that "
            f"path. Move or restore it to {home.parent}, or make {home.parent} a symbolic link or bind mount of it."
        )


def require_homes(database_url: str, warehouse: Path) -> None:
    """LakeMoved unless every table of the catalog was made in this warehouse. Creates nothing."""
    url = catalog_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        return
    with _reading(url) as conn:
        if sa.inspect(conn).has_table(_TABLES.name):
            for location in conn.execute(sa.select(_TABLES.c.metadata_location)).scalars():
                require_home(str(location), warehouse)


def catalog_url(database_url: str) -> sa.URL:
    """Where the catalog is: in a SQLite file of its own beside the database, or in the PostgreSQL database."""
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return url.set(database=str(Path(url.database or "headrace.db").absolute().with_name("catalog.db")))
    return url.set(drivername="postgresql+psycopg")


def _same_directory(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False


@contextmanager
def _reading(url: sa.URL) -> Iterator[sa.Connection]:
    # An engine of its own: this comes before everything that a process keeps open.
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as conn:
        yield conn
