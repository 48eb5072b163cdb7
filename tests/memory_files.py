"""A store of files without any file system: what lands in it proves that nobody above a store knows of paths."""

import hashlib
import threading
from collections.abc import Iterable, Iterator

from headrace.errors import FileDamaged, FileTaken
from headrace.files import FileRef

CHUNK = 1 << 20


class MemoryFiles:
    """A FileStore for one process."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def put(self, name: str, chunks: Iterable[bytes]) -> FileRef:
        content = b"".join(chunks)
        with self._lock:
            if name in self._contents:
                raise FileTaken(f"The file '{name}' exists already; write it under a new attempt.")
            self._contents[name] = content
        return FileRef(name, len(content), hashlib.sha256(content).hexdigest())

    def stream(self, name: str, offset: int, length: int) -> Iterator[bytes]:
        with self._lock:
            content = self._contents.get(name)
        if content is None:
            raise FileDamaged(f"The file '{name}' is recorded but missing from the store.")
        end = min(offset + length, len(content))
        yield from (content[start : min(start + CHUNK, end)] for start in range(offset, end, CHUNK))

    def names(self, folder: str) -> Iterator[str]:
        with self._lock:
            return iter([name for name in self._contents if name.startswith(f"{folder}/")])

    def remove(self, names: Iterable[str]) -> None:
        with self._lock:
            for name in names:
                self._contents.pop(name, None)

    def remove_folder(self, folder: str) -> None:
        self.remove(list(self.names(folder)))
