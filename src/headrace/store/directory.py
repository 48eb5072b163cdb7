"""The data directory's lock: one server at a time; readers and further workers need none."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from headrace.errors import Conflict, Invalid, NotFound

LOCK = "serve.lock"
OWNER_ONLY = 0o700


def make_directory(data_dir: Path) -> None:
    """Makes the data directory, for its user alone; one that is there stays as it is.

    The databases and the lake's files are made by libraries, which leave them to the umask.
    """
    data_dir.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)


def require_directory(data_dir: Path) -> None:
    """NotFound for a directory that is not there: only a server makes one."""
    if not data_dir.is_dir():
        raise NotFound(
            f"There is no data directory {data_dir.absolute()}. Give the --data-dir of the server: `headrace serve` "
            "makes it at its first start."
        )


@contextmanager
def served_alone(data_dir: Path) -> Iterator[None]:
    """Holds the directory for this server; Conflict (naming the other process) when one serves it already.

    The lock goes with the process, however it ends.
    """
    with _lock_file(data_dir) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Conflict(
                f"A server (process {holder}) uses {data_dir} already. Stop it, choose another --data-dir, or start "
                "`headrace worker` beside it."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock_file(data_dir: Path) -> TextIO:
    try:
        make_directory(data_dir)
        return (data_dir / LOCK).open("a+")
    except OSError as error:
        raise Invalid(f"--data-dir {data_dir} cannot be used: {error.strerror} ({error.filename}).") from error
