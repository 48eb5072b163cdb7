"""The rows of a decoded table: a field's column, and the rows as records again."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from headrace.json_columns import WRITTEN, field_of, values_of, written_at

Names = tuple[str, ...]


def column_at(table: pa.Table, names: Names) -> pa.Array:
    """The values below ``names`` in a table of nested structs; nulls where there is no such column."""
    if names[0] not in table.column_names:
        return pa.nulls(table.num_rows)
    column = one_array(table[names[0]])
    for position, name in enumerate(names[1:], 1):
        if column.type == WRITTEN:
            return written_at(column, names[position:])
        column = field_of(column, name)
    return column


def reached(table: pa.Table, names: Names) -> tuple[pa.Array, int]:
    """The column in which the way along ``names`` ends, and how many of them lead to it: objects are columns."""
    if names[0] not in table.column_names:
        return pa.nulls(table.num_rows), len(names)
    column = one_array(table[names[0]])
    for position, name in enumerate(names[1:], 1):
        if not pa.types.is_struct(column.type):
            return column, position
        column = field_of(column, name)
    return column, len(names)


def has_value(column: pa.Array) -> bool:
    """Whether some row has a value; an object in columns is there where one of its fields is."""
    if pa.types.is_struct(column.type):
        return any(has_value(column.field(n)) for n in range(column.type.num_fields))
    return bool(column.null_count < len(column))


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, without a copy when it is one already."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def records_of(table: pa.Table, wanted: Sequence[Names]) -> list[object]:
    """The rows of ``table`` as records that hold the wanted fields; an absent field is null."""
    return records_from({names: column_at(table, names) for names in wanted}, table.num_rows)


def records_from(columns: Mapping[Names, pa.Array], rows: int) -> list[object]:
    records: list[dict[str, object]] = [{} for _ in range(rows)]
    for names, column in columns.items():
        for record, value in zip(records, values_of(column), strict=True):
            if value is not None:
                _hold(record, names, value)
    return list(records)


def _hold(record: dict[str, object], names: Names, value: object) -> None:
    for name in names[:-1]:
        inner = record.setdefault(name, {})
        assert isinstance(inner, dict)
        record = inner
    record[names[-1]] = value
