"""What a bad row looks like: the one Arrow schema in which every engine reports rows it turns away."""

from collections.abc import Iterable, Mapping

import msgspec
import pyarrow as pa

# family    which diagnostics file it goes to: parsing, conversion or validation
# code      Platform's code: INGEST-1401-400, MAPPER-3700-400, INGEST-1555-400, ...
# column    destination path, e.g. _extconndev.clicks (null when the whole element is unreadable)
# source    source path or expression it was read from
# value     the offending value as JSON text
ROW_ERRORS = pa.schema(
    [
        pa.field("_row", pa.int64(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("code", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
        pa.field("column", pa.string()),
        pa.field("source", pa.string()),
        pa.field("value", pa.string()),
        pa.field("expected", pa.string()),
        pa.field("actual", pa.string()),
    ]
)


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a record was turned away: the columns of ROW_ERRORS that are shown beside it.

    column  destination path
    source  source path or expression it was read from
    value   the offending value as JSON text
    """

    code: str
    message: str
    column: str | None = None
    source: str | None = None
    value: str | None = None
    expected: str | None = None
    actual: str | None = None


PARSING = "parsing"
CONVERSION = "conversion"
VALIDATION = "validation"


def row_errors(errors: Iterable[Mapping[str, object]] = ()) -> pa.Table:
    """A ROW_ERRORS table of the given dicts (absent keys become null). Half a character is shown as its escape."""
    return pa.Table.from_pylist(
        [{name: _shown(value) for name, value in error.items()} for error in errors], schema=ROW_ERRORS
    )


def _shown(value: object) -> object:
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode()
