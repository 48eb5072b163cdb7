"""The landing place: what arrives for a batch lies here under the batch's name, as it came, until it is removed."""

from collections.abc import Iterable
from dataclasses import dataclass

from headrace.files import FileRef
from headrace.lake.recorded import RecordedFiles

ROOT = "batches"


def folder(batch: str) -> str:
    """The folder of everything that landed for a batch."""
    return f"batches/{batch}"


@dataclass(frozen=True, slots=True)
class InputPages:
    """Pages of a source's answers, from ``page`` on, as one attempt at a part of a run copied them."""

    batch: str
    part: int
    attempt: int
    page: int

    @property
    def name(self) -> str:
        """``batches/{batch}/input_files/{part}-{attempt}-{page}.json.zst``"""
        return f"{folder(self.batch)}/input_files/{self.part:05}-{self.attempt:02}-{self.page:05}.json.zst"


@dataclass(frozen=True, slots=True)
class Upload:
    """A client's file, or a part of one, by the number that its batch gave it."""

    batch: str
    number: int

    @property
    def name(self) -> str:
        """``batches/{batch}/uploads/{number}``"""
        return f"{folder(self.batch)}/uploads/{self.number:06}"


@dataclass(frozen=True, slots=True)
class RowErrors:
    """The records of one family that an attempt at a part turned away."""

    batch: str
    family: str
    part: int
    attempt: int

    @property
    def name(self) -> str:
        """``batches/{batch}/row_errors/{family}-{part}-{attempt}.json``"""
        return f"{folder(self.batch)}/row_errors/{self.family}-{self.part:05}-{self.attempt:02}.json"


LandedFile = InputPages | Upload | RowErrors


@dataclass(frozen=True, slots=True)
class Landing(RecordedFiles):
    """The landed files of one store: put once, read as recorded, listed and removed by batch."""

    def put(self, file: LandedFile, chunks: Iterable[bytes]) -> FileRef:
        """Lands a file, durably; FileTaken when it has landed before."""
        return self.store.put(file.name, chunks)

    def batches(self) -> list[str]:
        """The ids of the batches that files have landed for, in order."""
        return sorted({name.split("/")[1] for name in self.store.names(ROOT)})

    def listed(self, batch: str) -> list[str]:
        """The names of the files that have landed for a batch, in order."""
        return sorted(self.store.names(folder(batch)))

    def remove(self, refs: Iterable[FileRef]) -> None:
        """Removes files that nothing refers to; absent ones are no error."""
        self.store.remove(ref.name for ref in refs)

    def remove_batch(self, batch: str) -> None:
        """Removes everything that has landed for a batch, finished or not."""
        self.store.remove_folder(folder(batch))
