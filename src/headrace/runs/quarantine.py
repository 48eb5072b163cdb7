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
from headrace.rows import PARSING
from headrace.runs.origins import Origin, members
from headrace.sources.reading import Slice

IN_MEMORY = 1024 * 1024
CHUNK = 1024 * 1024
REASON = ("code", "message", "column", "source", "value", "expected", "actual")
LONGEST_VALUE = 500  # characters of a value that a warning keeps


class Quarantine:
    """Collects a part's rejected records by family on disk, then lands one JSON Lines file per family."""

    def __init__(self, landing: Landing, stamp: Stamp) -> None:
        self._landing = landing
        self._stamp = stamp
        self._files: dict[str, IO[bytes]] = {}
        self._records: dict[str, int] = defaultdict(int)

    def add(self, page: str, slice: Slice, errors: pa.Table) -> int:
        """Writes each rejected record of a slice once, with all its reasons; how many records there were."""
        reasons: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for error in errors.to_pylist():
            reasons[error["_row"]].append(error)
        for row in sorted(reasons):
            family = reasons[row][0]["family"]
            self._file(family).write(_line(slice.original(row), reasons[row], Origin(page, row)))
            self._records[family] += 1
        return len(reasons)

    def land(self) -> list[NamedFile]:
        """Lands the files under their public names."""
        return [self._land(family) for family in sorted(self._files)]

    def close(self) -> None:
        """Forgets what was not landed."""
        for file in self._files.values():
            file.close()

    def _file(self, family: str) -> IO[bytes]:
        if family not in self._files:
            self._files[family] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by ``close``
        return self._files[family]

    def _land(self, family: str) -> NamedFile:
        stamp = self._stamp
        ref = self._landing.put(RowErrors(stamp.batch, family, stamp.part, stamp.attempt), _chunks(self._files[family]))
        facts = FileFacts(format="json", size=ref.bytes, record_count=self._records[family])
        return NamedFile(f"{family}_errors_{stamp.part}.json", ref, facts)


def warnings_of(page: str, warned: pa.Table) -> tuple[Warned, ...]:
    """Warnings as diagnostics show them: the reason, and the place of a record that is in the table all the same."""
    return tuple(
        Warned(**_reason(error | {"value": error["value"] and error["value"][:LONGEST_VALUE]}), filename=page, row=row)
        for error, row in zip(warned.to_pylist(), warned["_row"].to_pylist(), strict=True)
    )


def _reason(error: dict[str, Any]) -> dict[str, Any]:
    return {name: error[name] for name in REASON if error[name] is not None}


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def _line(original: bytes, errors: list[dict[str, Any]], origin: Origin) -> bytes:
    reasons = msgspec.json.encode({"_errors": [_reason(error) for error in errors]})
    tail = reasons[1:-1] + b"," + members(origin)
    if errors[0]["family"] == PARSING or not _is_object(original):
        corrupt = msgspec.json.encode({"_corrupt_record": _text(original)})
        return corrupt[:-1] + b"," + tail + b"\n"
    # The record's own bytes go through as they came: no number of it is read and written again.
    body = original.strip()[1:-1].strip().replace(b"\n", b" ")
    return b"{" + body + (b"," if body else b"") + tail + b"\n"


def _text(original: bytes) -> str:
    """The record as it came: an upload's line that is no JSON reaches us as a JSON string of it."""
    try:
        return msgspec.json.decode(original, type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return original.decode("utf-8", "replace")


def _is_object(original: bytes) -> bool:
    try:
        msgspec.json.decode(original, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return False
    return True
