"""Quarantine files: every record that was turned away, whole, with the reasons and the place it came from."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any

import msgspec
import pyarrow as pa

from headrace.counts import Warned
from headrace.files import FileFacts, NamedFile
from headrace.lake import Stamp
from headrace.lake.landing import Landing, RowErrors
from headrace.quarantined import Origin, line
from headrace.rows import Reason
from headrace.sources.reading import Slice

IN_MEMORY = 1024 * 1024
CHUNK = 1024 * 1024
LONGEST_VALUE = 500  # characters of a value that a warning keeps
MOST_BESIDE = 1024  # bytes of what stands beside a page's array that each of its lines repeats


class Quarantine:
    """Collects a part's rejected records by family on disk, then lands one JSON Lines file per family."""

    def __init__(self, landing: Landing, stamp: Stamp) -> None:
        self._landing = landing
        self._stamp = stamp
        self._files: dict[str, IO[bytes]] = {}
        self._records: dict[str, int] = defaultdict(int)
        self._whole: dict[str, Origin] = {}  # by family, the last line that holds all of its record

    def add(self, slice: Slice, errors: pa.Table) -> int:
        """Writes each rejected record of a slice once, with all its reasons; how many records there were."""
        reasons: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for error in errors.to_pylist():
            reasons[error["_row"]].append(error)
        for row in sorted(reasons):
            family = reasons[row][0]["family"]
            why = [_reason(error) for error in reasons[row]]
            self._file(family).write(self._line(family, slice, row, why))
            self._records[family] += 1
        return len(reasons)

    def land(self) -> list[NamedFile]:
        """Lands the files under their public names."""
        return [self._land(family) for family in sorted(self._files)]

    def close(self) -> None:
        """Forgets what was not landed."""
        for file in self._files.values():
            file.close()

    def _line(self, family: str, slice: Slice, row: int, why: list[Reason]) -> bytes:
        """A record's line; what is large and stands beside the array is in the first line of the page alone."""
        origin, whole = Origin(*slice.place(row)), self._whole.get(family)
        if whole is not None and whole.page == origin.page and slice.beside_size(row) > MOST_BESIDE:
            return line(slice.sent(row, beside=False), why, origin, whole.row)
        self._whole[family] = origin
        return line(slice.sent(row), why, origin)

    def _file(self, family: str) -> IO[bytes]:
        if family not in self._files:
            self._files[family] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by ``close``
        return self._files[family]

    def _land(self, family: str) -> NamedFile:
        stamp = self._stamp
        ref = self._landing.put(RowErrors(stamp.batch, family, stamp.part, stamp.attempt), _chunks(self._files[family]))
        facts = FileFacts(format="json", size=ref.bytes, record_count=self._records[family])
        return NamedFile(f"{family}_errors_{stamp.part}.json", ref, facts)


def warnings_of(slice: Slice, warned: pa.Table) -> tuple[Warned, ...]:
    """Warnings as diagnostics show them: the reason, and the place of a record that is in the table all the same."""
    return tuple(_warned(error, *slice.place(error["_row"])) for error in warned.to_pylist())


def _warned(error: dict[str, Any], page: str, row: int) -> Warned:
    reason = _reason(error | {"value": _cut(error["value"])})
    return Warned(**msgspec.structs.asdict(reason), filename=page, row=row)


def _reason(error: dict[str, Any]) -> Reason:
    return Reason(**{name: error[name] for name in Reason.__struct_fields__})


def _cut(value: str | None) -> str | None:
    return value and value[:LONGEST_VALUE]


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk
