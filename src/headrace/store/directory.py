"""The data directory's lock: one server at a time; readers and further workers need none."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.errors import Conflict

LOCK = "serve.lock"


@contextmanager
def served_alone(data_dir: Path) -> Iterator[None]:
    """Holds the directory for this server; Conflict (naming the other process) when one serves it already.

    The lock goes with the process, however it ends.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / LOCK).open("a+") as file:
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
