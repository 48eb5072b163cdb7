"""The archives: a data directory, its database's dump beside it when that is PostgreSQL, and what its units are named.

Iceberg names every file by its absolute path, so a directory can be opened only at the path where it was made.
"""

import fcntl
import json
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from headrace.store.engine import open_store
from postgres import fresh_database

HERE = Path(__file__).parent
HOME = Path("/tmp/headrace-old-directory")  # the same everywhere, whatever the system's temporary directory is
DATABASES = ("sqlite", "postgresql")
DATA, DUMP, UNITS = "data", "database.sql", "units.json"
EPOCH = 1_660_107_600  # of every file in an archive: 2022-08-10T05:00:00Z


@dataclass(frozen=True)
class OldDirectory:
    """A restored data directory: its path, its database (empty: SQLite in the directory), what is in it by name."""

    path: Path
    database_url: str
    units: dict[str, Any]


@contextmanager
def alone(database: str, directory: Path) -> Iterator[Path]:
    """The path at which ``directory`` stands for this database's old one; one process at a time has it."""
    HOME.mkdir(exist_ok=True)
    path = HOME / database
    with (HOME / f"{database}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # goes with the process, however it ends
        path.unlink(missing_ok=True)
        path.symlink_to(directory, target_is_directory=True)
        try:
            yield path
        finally:
            path.unlink()


@contextmanager
def restored(database: str, directory: Path) -> Iterator[OldDirectory]:
    """Unpacks the archive into ``directory``; a PostgreSQL database of its own, the clock where it stood."""
    with tarfile.open(HERE / f"{database}.tar.xz") as archive:
        archive.extractall(directory, filter="data")
    units = json.loads((directory / UNITS).read_bytes())
    with alone(database, directory / DATA) as path:
        url = fresh_database() if database == "postgresql" else ""
        if url:
            load(url, (directory / DUMP).read_text())
        _set_clock(url or f"sqlite:///{path / 'headrace.db'}", units["now"])
        yield OldDirectory(path, url, units)


def load(url: str, dump: str) -> None:
    """Runs a dump; what begins with a backslash is for psql only."""
    script = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
    with closing(open_store(url)) as store, store.write() as conn:
        conn.execution_options(no_parameters=True).exec_driver_sql(script)


def _set_clock(url: str, now: int) -> None:
    # The business clock is an offset from the machine's: years later it would stand years later, every window due.
    offset = now - time.time_ns() // 1_000_000
    with closing(open_store(url)) as store, store.write() as conn:
        conn.execute(sa.text("UPDATE clock_offset SET offset_ms = :offset"), {"offset": offset})


def pack(database: str, directory: Path) -> Path:
    """Writes the archive of ``directory``; the same content gives the same bytes."""
    archive = HERE / f"{database}.tar.xz"
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for file in sorted(directory.rglob("*")):
            name = file.relative_to(directory).as_posix()
            if file.name != "serve.lock":
                tar.add(file, name, recursive=False, filter=_anonymous)
    return archive


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = EPOCH
    return member
