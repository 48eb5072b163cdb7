"""What a slice holds, read back: the record of each row, whichever of its tables it is in."""

from typing import Any

import pyarrow as pa

from headrace import exact_json
from headrace.json_columns import values_of
from headrace.mapping.tables import column_at
from headrace.sources.reading import Slice

Names = tuple[str, ...]


def values_at(slice: Slice, *path: str) -> dict[int, Any]:
    """By row, the value at a path that was wanted; None where there is none."""
    values: dict[int, Any] = {}
    for table in slice.typed:
        values |= dict(zip(table["_row"].to_pylist(), values_of(column_at(table, path)), strict=True))
    for row, record in loose_of(slice).items():
        values[row] = _at(record, path)
    return dict(sorted(values.items()))


def loose_of(slice: Slice) -> dict[int, Any]:
    """By row, the records that have no shape in common."""
    rows, texts = slice.loose["_row"].to_pylist(), slice.loose["record"].to_pylist()
    return {row: exact_json.read(text) for row, text in zip(rows, texts, strict=True)}


def types_at(slice: Slice, *path: str) -> list[pa.DataType]:
    """The type of that column in each table."""
    return [column_at(table, path).type for table in slice.typed]


def typed_rows(slice: Slice) -> list[int]:
    """The rows that are in tables."""
    return sorted(row for table in slice.typed for row in table["_row"].to_pylist())


def _at(value: Any, path: Names) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
