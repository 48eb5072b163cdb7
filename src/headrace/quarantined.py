"""One line of a quarantine file, written and read: a rejected record whole, its reasons, and where it came from.

A record comes from an answer and a place in it. Rows that several answers give together, joined by key, will be known
by that key here; what goes by origins, quarantine and replay, will follow.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from headrace.exact_json import NotJson, read
from headrace.raw_json import Raw, assembled, members
from headrace.rows import Reason

Origins = Mapping[str, pa.Array]  # by the public name of a landed page, the rows of it
# What a line has besides the record's members, last of their names.
OWN = ("_errors", "_filename", "_row", "_besideRow")
BESIDE = OWN[-1]
CORRUPT = "_corrupt_record"


class Origin(msgspec.Struct, frozen=True):
    """The public name of the landed page, and the record's index in it."""

    page: str = msgspec.field(name="_filename")
    row: int = msgspec.field(name="_row")


# Made here, while one thread imports: two threads that use a Struct for the first time at once crash the process.
_encode = msgspec.json.Encoder().encode
_page, _row = msgspec.json.Decoder(str).decode, msgspec.json.Decoder(int).decode
_reasons = msgspec.json.Decoder(list[dict[str, Any]]).decode


def line(original: bytes, reasons: Sequence[Reason], origin: Origin, beside: int | None = None) -> bytes:
    """The line of a record as it came. What is no object, or cannot be read as one, is kept as the text that it is.

    ``beside``: the row of the same page whose line holds what stands beside the array, which ``original`` leaves out.
    """
    tail = b'"_errors":' + _encode(reasons) + b"," + _encode(origin)[1:]
    if beside is not None or BESIDE.encode() in original:
        tail = tail[:-1] + b"," + _encode({BESIDE: beside})[1:]
    if not _is_record(original):
        return _encode({CORRUPT: original.decode("utf-8", "replace")})[:-1] + b"," + tail + b"\n"
    # The record's own bytes go through as they came: no number of it is read and written again.
    body = original.strip()[1:-1].strip().replace(b"\n", b" ")
    return b"{" + body + (b"," if body else b"") + tail + b"\n"


def _is_record(original: bytes) -> bool:
    try:
        return isinstance(read(original), dict)
    except NotJson:
        return False


def origin_of(line: bytes) -> Origin:
    """Where the record of a line came from."""
    fields = _members(line)
    return Origin(_page(fields["_filename"]), _row(fields["_row"]))


def samples_of(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Each reason of a file's lines with its record and its page, as diagnostics show them, values as they came.

    The values of a record are raw JSON: none of its numbers need fit into anything. What stands beside the array comes
    from the line that holds it; where that cannot be read, ``_besideRow`` names its row.
    """
    whole: dict[str, Raw] = {}
    place: tuple[bytes, bytes] | None = None
    for line in lines:
        fields = _members(line)
        record = {name: value for name, value in fields.items() if name not in OWN}
        page, beside = bytes(fields["_filename"]), bytes(fields.get(BESIDE, b"null"))
        note: dict[str, Any] = {}
        if beside == b"null":
            whole, place = record, (page, bytes(fields.get("_row", b"")))
        elif CORRUPT not in record and CORRUPT not in whole and place == (page, beside):
            record = {**whole, **record}
        else:
            note = {BESIDE: fields[BESIDE]}
        shown = record[CORRUPT] if list(record) == [CORRUPT] else assembled(record)
        for reason in _reasons(fields["_errors"]):
            yield {**reason, "record": shown, "_filename": fields["_filename"], **note}


def gathered(origins: Iterable[Origin]) -> Origins:
    """The origins by their page."""
    rows: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for origin in origins:
        rows[origin.page].append(origin.row)
    return {page: pa.array(numbers, pa.int64()) for page, numbers in rows.items()}


def _members(line: bytes) -> dict[str, Raw]:
    fields = members(line)
    assert fields is not None  # ``line`` has written it
    return fields
