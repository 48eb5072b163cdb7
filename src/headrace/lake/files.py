"""Files below the warehouse: created once under their name, never overwritten, durable when created."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from headrace.errors import FileDamaged, FileTaken
from headrace.lake.changes import FileRef

CHUNK = 1 << 20
TEMPORARY = ".part-"  # what an unfinished file's name begins with; a sweep may remove old ones


class Draft:
    """A file under a temporary name that counts and hashes what is written; it gets its name when published."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.size = 0
        self._final = path_of(root, name)
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
class Files:
    """The files of one warehouse directory."""

    root: Path

    def put(self, name: str, chunks: Iterable[bytes]) -> FileRef:
        """Writes a new file; FileTaken when the name exists."""
        draft = Draft(self.root, name)
        try:
            for chunk in chunks:
                draft.write(chunk)
        except BaseException:
            draft.discard()
            raise
        return draft.publish()

    def read(self, ref: FileRef) -> bytes:
        """The whole file; FileDamaged unless it holds the recorded bytes."""
        content = b"".join(self.stream(ref))
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise FileDamaged(f"The file '{ref.name}' does not hold the bytes that were recorded for it.")
        return content

    def stream(self, ref: FileRef, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from ``offset`` on, in chunks; unchecked unless the caller hashes them."""
        left = ref.bytes - offset if length is None else min(length, ref.bytes - offset)
        try:
            with path_of(self.root, ref.name).open("rb") as file:
                file.seek(offset)
                while left > 0 and (chunk := file.read(min(CHUNK, left))):
                    left -= len(chunk)
                    yield chunk
        except FileNotFoundError:
            raise FileDamaged(f"The file '{ref.name}' is recorded but missing from the warehouse.") from None
        if left > 0:
            raise FileDamaged(f"The file '{ref.name}' is {left} bytes shorter than recorded.")

    def sha256(self, ref: FileRef) -> str:
        """The hash of the recorded length of the file, read in chunks."""
        digest = hashlib.sha256()
        for chunk in self.stream(ref):
            digest.update(chunk)
        return digest.hexdigest()

    def remove(self, names: Iterable[str]) -> None:
        """Removes files that nothing refers to; absent ones are no error."""
        for name in names:
            path_of(self.root, name).unlink(missing_ok=True)

    def remove_folders(self, names: Iterable[str]) -> None:
        """Removes folders with all that is in them; absent ones are no error."""
        for name in names:
            shutil.rmtree(path_of(self.root, name), ignore_errors=True)


def path_of(root: Path, name: str) -> Path:
    """The path of a name below the warehouse; names that lead out of it are refused."""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError(f"'{name}' is no name of a file below the warehouse")
    return root.joinpath(*parts)


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
