"""A batch's data files as clients download them: ids that always mean the same file, ranges of bytes."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from headrace.errors import NotFound, RangeUnsatisfiable
from headrace.files import FileRef
from headrace.lake import Lake, TableRef
from headrace.store import batches
from headrace.store.batches import DATA, Batch
from headrace.store.scope import Caller

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One current file of a batch's dataset. ``sha256`` is known while the file is as the batch wrote it."""

    id: str
    name: str
    ref: FileRef


@dataclass(frozen=True, slots=True)
class Extent:
    """The bytes that a request asks for: the whole file, or [first, first + length)."""

    first: int
    length: int
    partial: bool


def of_batch(conn: sa.Connection, caller: Caller, batch_id: str) -> tuple[Batch, dict[str, FileRef]]:
    """The batch and its files as it wrote them, by stored name; NotFound."""
    found = batches.get(conn, caller, batch_id)
    return found, {file.ref.name: file.ref for file in batches.files(conn, batch_id, DATA)}


def listed(lake: Lake, batch: Batch, written: dict[str, FileRef]) -> list[DataFile]:
    """The current files that hold the batch's rows, in a fixed order."""
    if batch.status != "success":
        return []
    table = TableRef(batch.org, batch.sandbox, batch.dataset_id)
    refs = (
        written.get(facts.name, FileRef(facts.name, facts.bytes, "", facts.rows, facts.partition))
        for facts in lake.batch_files(table, batch.id)
    )
    return [DataFile(_id(batch.id, ref.name), ref.file_name, ref) for ref in refs]


def batch_of(file_id: str) -> str:
    """The batch that a file id belongs to; NotFound when it belongs to none."""
    batch = file_id.rpartition("-")[0]
    if not batch:
        raise NotFound(f"There is no file {file_id}.", kind="files", id=file_id)
    return batch


def one(lake: Lake, batch: Batch, written: dict[str, FileRef], file_id: str) -> DataFile:
    """The file of that id; NotFound when the batch has none, or none any more."""
    for found in listed(lake, batch, written):
        if found.id == file_id:
            return found
    raise NotFound(f"Batch {batch.id} has no file {file_id}.", kind="files", id=file_id)


def extent(header: str | None, size: int) -> Extent:
    """What a Range header asks of a file; headers of another form mean the whole, as HTTP has it."""
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or match.groups() == ("", ""):
        return Extent(0, size, False)
    first, last = match.groups()
    if first == "":
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start > end:
        raise RangeUnsatisfiable(f"Range {header} lies outside the file's {size} bytes.", field="Range", size=size)
    return Extent(start, end - start + 1, True)


def content(lake: Lake, file: DataFile, part: Extent) -> Iterator[bytes]:
    """The bytes of a part; a whole file is held against its recorded hash."""
    if file.ref.sha256 and not part.partial:
        return lake.data_files.checked(file.ref)
    return lake.data_files.stream(file.ref, part.first, part.length)


def _id(batch_id: str, name: str) -> str:
    # Derived from the name, which is never used twice: the id outlives other files' coming and going.
    return f"{batch_id}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
