"""Quarantine files: every record that was turned away, whole, with the reasons and the place it came from."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any

import msgspec
import pyarrow as pa

from headrace.lake import Stamp
from headrace.lake.landing import Landing, RowErrors
from headrace.rows import PARSING
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
            self._file(family).write(_line(slice.original(row), reasons[row], page, row))
            self._records[family] += 1
        return len(reasons)

    def land(self) -> list[dict[str, Any]]:
        """Lands the files: [{name, ref, facts}] in the shape that a part records."""
        return [self._land(family) for family in sorted(self._files)]

    def close(self) -> None:
        """Forgets what was not landed."""
        for file in self._files.values():
            file.close()

    def _file(self, family: str) -> IO[bytes]:
        if family not in self._files:
            self._files[family] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by ``close``
        return self._files[family]

    def _land(self, family: str) -> dict[str, Any]:
        part = self._stamp.part
        landed = RowErrors(self._stamp.batch, family, part, self._stamp.attempt)
        ref = self._landing.put(landed, _chunks(self._files[family]))
        facts = {"format": "json", "size": ref.bytes, "recordCount": self._records[family]}
        return {"name": f"{family}_errors_{part}.json", "ref": ref.to_json(), "facts": facts}


def reasons_of(page: str, warned: pa.Table) -> list[dict[str, Any]]:
    """Warnings as diagnostics show them: the reason, and the place of a record that is in the table all the same."""
    return [
        {
            **_reason(one | {"value": one["value"] and one["value"][:LONGEST_VALUE]}),
            "_filename": page,
            "_row": one["_row"],
        }
        for one in warned.to_pylist()
    ]


def _reason(error: dict[str, Any]) -> dict[str, Any]:
    return {name: error[name] for name in REASON if error[name] is not None}


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def _line(original: bytes, errors: list[dict[str, Any]], page: str, row: int) -> bytes:
    tail = msgspec.json.encode({"_errors": [_reason(error) for error in errors], "_filename": page, "_row": row})
    if errors[0]["family"] == PARSING or not _is_object(original):
        corrupt = msgspec.json.encode({"_corrupt_record": _text(original)})
        return corrupt[:-1] + b"," + tail[1:] + b"\n"
    # The record's own bytes go through as they came: no number of it is read and written again.
    body = original.strip()[1:-1].strip().replace(b"\n", b" ")
    return b"{" + body + (b"," if body else b"") + tail[1:] + b"\n"


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
