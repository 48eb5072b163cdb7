"""Files of a local directory: created once under their name, never overwritten, durable when created."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from headrace.errors import FileDamaged, FileTaken
from headrace.files import FileRef

CHUNK = 1 << 20
TEMPORARY = ".part-"  # what an unfinished file's name begins with; a sweep may remove old ones


class Draft:
    """A file under a temporary name that counts and hashes what is written; it gets its name when published."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.size = 0
        self._final = path
        make_directory(self._final.parent)
        self._temporary = self._final.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
        self._sha = hashlib.sha256()
        self._file = self._temporary.open("xb", buffering=0)

    def write(self, data: bytes) -> int:
        """Appends ``data``."""
        view = memoryview(data)
        self._sha.update(view)
        while view:
            view = view[self._file.write(view) or 0 :]
        self.size += len(data)
        return len(data)

    def publish(self, rows: int = 0, partition: str | None = None) -> FileRef:
        """Makes the file durable under its name; FileTaken when the name exists."""
        try:
            os.fsync(self._file.fileno())
            os.link(self._temporary, self._final)
        except FileExistsError:
            raise FileTaken(f"The file '{self.name}' exists already; write it under a new attempt.") from None
        finally:
            self.discard()
        sync_directory(self._final.parent)
        return FileRef(self.name, self.size, self._sha.hexdigest(), rows, partition)

    def discard(self) -> None:
        """Forgets what was written."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    # what pyarrow asks of a sink
    def tell(self) -> int:
        """How many bytes are written."""
        return self.size

    def flush(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        """The file stays open until it is published or discarded."""

    @property
    def closed(self) -> bool:
        """Whether the file takes no more bytes."""
        return self._file.closed


@dataclass(frozen=True, slots=True)
class LocalDirectory:
    """A FileStore whose names are paths below a directory of this machine."""

    root: Path

    def put(self, name: str, chunks: Iterable[bytes]) -> FileRef:
        """Creates a file; FileTaken when the name exists."""
        draft = self.draft(name)
        try:
            for chunk in chunks:
                draft.write(chunk)
        except BaseException:
            draft.discard()
            raise
        return draft.publish()

    def draft(self, name: str) -> Draft:
        """A new file in the making."""
        return Draft(name, self.path(name))

    def stream(self, name: str, offset: int, length: int) -> Iterator[bytes]:
        """Up to ``length`` bytes from ``offset`` on, in chunks; FileDamaged when there is no file."""
        try:
            with self.path(name).open("rb") as file:
                file.seek(offset)
                while length > 0 and (chunk := file.read(min(CHUNK, length))):
                    length -= len(chunk)
                    yield chunk
        except FileNotFoundError:
            raise FileDamaged(f"The file '{name}' is recorded but missing from the warehouse.") from None

    def names(self, folder: str) -> Iterator[str]:
        """The whole names of the files in a folder and those below it, without unfinished files."""
        for path in self.path(folder).rglob("*"):
            if path.is_file() and not path.name.startswith(TEMPORARY):
                yield path.relative_to(self.root).as_posix()

    def remove(self, names: Iterable[str]) -> None:
        """Removes files; absent ones are no error."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        """Removes all that is in a folder and below it, unfinished files too; an absent folder is no error."""
        shutil.rmtree(self.path(folder), ignore_errors=True)

    def path(self, name: str) -> Path:
        """Where a file lies; names that lead out of the directory are refused."""
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "/" or ".." in parts:
            raise ValueError(f"'{name}' is no name of a file below the warehouse")
        return self.root.joinpath(*parts)


def make_directory(path: Path) -> None:
    """Creates a directory and its parents, durably."""
    if path.is_dir():
        return
    make_directory(path.parent)
    with suppress(FileExistsError):
        path.mkdir()
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Makes the directory's entries durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
