"""Where a row of a part came from: the one place that writes it beside a record and reads it back.

Today that is an answer and a place in it. Rows that several answers give together, joined by key, will be known by that
key here; quarantine and replay, which go by origins, will follow.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec
import pyarrow as pa

Origins = Mapping[str, pa.Array]  # by the public name of a landed page, the rows of it
NOWHERE = pa.array([], pa.int64())


class Origin(msgspec.Struct, frozen=True):
    """The public name of the landed page, and the record's index in it."""

    page: str = msgspec.field(name="_filename")
    row: int = msgspec.field(name="_row")


# Made here, while one thread imports: two threads that use a Struct for the first time at once crash the process.
_encode = msgspec.json.Encoder().encode
_page, _row = msgspec.json.Decoder(str).decode, msgspec.json.Decoder(int).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def members(origin: Origin) -> bytes:
    """The members that tell an origin, as they end a JSON object: ``"_filename":…,"_row":…}``."""
    return _encode(origin)[1:]


def origin_of(line: bytes) -> Origin:
    """The origin that a line of a quarantine file tells: ours are the last members of their names."""
    record = _members(line)
    return Origin(_page(record["_filename"]), _row(record["_row"]))


def gathered(origins: Iterable[Origin]) -> Origins:
    """The origins by their page."""
    rows: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for origin in origins:
        rows[origin.page].append(origin.row)
    return {page: pa.array(numbers, pa.int64()) for page, numbers in rows.items()}
