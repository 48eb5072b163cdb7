"""Recorded files: read as they were recorded, or FileDamaged, whichever store holds them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from headrace.errors import FileDamaged
from headrace.files import FileRef


class FileStore(Protocol):
    """Files by name, with ``/`` between folders: created once, never overwritten, durable when ``put`` returns.

    Safe to use from several threads and processes at once. ``tests/contracts/landing`` holds every store to this.
    """

    def put(self, name: str, chunks: Iterable[bytes]) -> FileRef:
        """Creates a file; FileTaken, which says to write under a new attempt, when the name exists.

        When ``chunks`` raise, nothing has happened.
        """

    def stream(self, name: str, offset: int, length: int) -> Iterator[bytes]:
        """Up to ``length`` bytes from ``offset`` on, in chunks of at most 1 MiB, fewer where the file ends.

        FileDamaged when there is no file.
        """

    def names(self, folder: str) -> Iterator[str]:
        """The whole names of the files in a folder and those below it, in any order, without unfinished files."""

    def remove(self, names: Iterable[str]) -> None:
        """Removes files; absent ones are no error."""

    def remove_folder(self, folder: str) -> None:
        """Removes all that is in a folder and below it, unfinished files too; an absent folder is no error."""


@dataclass(frozen=True, slots=True)
class RecordedFiles:
    """The files of a store, read by what was recorded of them."""

    store: FileStore

    def read(self, ref: FileRef) -> bytes:
        """The whole file; FileDamaged unless it holds the recorded bytes."""
        return b"".join(self.checked(ref))

    def stream(self, ref: FileRef, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from ``offset`` on, in chunks; a missing or short file is FileDamaged, the hash is not checked."""
        rest = max(ref.bytes - offset, 0)
        left = rest if length is None else min(length, rest)
        for chunk in self.store.stream(ref.name, offset, left):
            left -= len(chunk)
            yield chunk
        if left > 0:
            raise FileDamaged(f"The file '{ref.name}' is {left} bytes shorter than recorded.")

    def checked(self, ref: FileRef) -> Iterator[bytes]:
        """The whole file in chunks; when it isn't what was recorded, its end is withheld and FileDamaged raised."""
        digest, held = hashlib.sha256(), b""
        for chunk in self.stream(ref):
            digest.update(chunk)
            if held:
                yield held
            held = chunk
        if digest.hexdigest() != ref.sha256:
            raise FileDamaged(f"The file '{ref.name}' does not hold the bytes that were recorded for it.")
        if held:
            yield held

    def damaged(self, refs: Iterable[FileRef]) -> list[str]:
        """The names of those files that are missing or don't hold their recorded bytes."""
        return [ref.name for ref in refs if not self._intact(ref)]

    def _intact(self, ref: FileRef) -> bool:
        try:
            for _ in self.checked(ref):
                pass
        except FileDamaged:
            return False
        return True
