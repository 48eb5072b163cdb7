"""Columns of JSON values: typed where a column holds them exactly, else as the JSON text that the source wrote.

A ``WRITTEN`` column holds each value's own text (``1.10``, ``"a"``, ``{"x":1}``); null stands for null and for absent.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace import exact_json

WRITTEN = pa.binary()
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
Steps = tuple[str | int | None, ...]


def values_of(column: pa.Array) -> list[object]:
    """The values of a column, numbers exactly as written."""
    if column.type != WRITTEN:
        values: list[object] = column.to_pylist()
        return values
    return [None if text is None else exact_json.read(text) for text in column.to_pylist()]


def type_at(steps: Steps, end: pa.DataType) -> pa.DataType:
    """The type of a column whose values have an ``end`` at ``steps``."""
    for step in reversed(steps):
        end = pa.struct([pa.field(step, end)]) if isinstance(step, str) else pa.list_(end)
    return end


def at(column: pa.Array, steps: Steps) -> pa.Array:
    """The values at ``steps`` in a typed column: a name enters an object, a number picks an element, None walks all."""
    for position, step in enumerate(steps):
        if pa.types.is_null(column.type):
            return column
        if isinstance(step, str):
            column = field_of(column, step)
        elif step is None:
            return of_elements(column, at(elements_of(column), steps[position + 1 :]))
        else:
            column = _element(column, step)
    return column


def leads_into(type: pa.DataType, steps: Steps) -> bool:
    """Whether each of the steps has something to step into in values of ``type``: null takes any step."""
    for step in steps:
        if pa.types.is_null(type):
            return True
        if isinstance(step, str):
            if not pa.types.is_struct(type):
                return False
            index = type.get_field_index(step)
            type = pa.null() if index < 0 else type.field(index).type
        else:
            if not pa.types.is_list(type):
                return False
            type = type.value_type
    return True


def written_at(column: pa.Array, names: Sequence[str]) -> pa.Array:
    """The values at ``names`` in a WRITTEN column, as they are written there; null where the way ends."""
    return pa.array([text and _text_at(text, names) for text in column.to_pylist()], WRITTEN)


def _text_at(text: bytes, names: Sequence[str]) -> bytes | None:
    raw = msgspec.Raw(text)
    for name in names:
        if not bytes(raw).startswith(b"{"):
            return None
        inner = _MEMBERS.decode(raw).get(name)
        if inner is None:
            return None
        raw = inner
    return None if bytes(raw) == b"null" else bytes(raw)


def field_of(column: pa.Array, name: str) -> pa.Array:
    """A field of a column of objects; null where the object or the field is not there."""
    index = column.type.get_field_index(name) if pa.types.is_struct(column.type) else -1
    if index < 0:
        return pa.nulls(len(column))
    return pc.struct_field(column, index) if column.null_count else column.field(index)


def elements_of(column: pa.ListArray) -> pa.Array:
    """The elements of all arrays of a column, one after the other."""
    first, last = column.offsets[0].as_py(), column.offsets[-1].as_py()
    return column.values.slice(first, last - first)


def of_elements(column: pa.ListArray, elements: pa.Array, type: pa.ListType | None = None) -> pa.ListArray:
    """Arrays as long as those of ``column`` that hold ``elements`` in place of its own."""
    starts = pc.subtract(column.offsets, column.offsets[0])
    mask = column.is_null() if column.null_count else None
    return pa.ListArray.from_arrays(starts, elements, type=type or pa.list_(elements.type), mask=mask)


def rows_of_elements(column: pa.ListArray) -> pa.Array:
    """For each element of ``elements_of``, the row that it stands in."""
    lengths = pc.subtract(column.offsets.slice(1), column.offsets.slice(0, len(column)))
    return pa.array(np.repeat(np.arange(len(column)), lengths.to_numpy()), pa.int64())


def _element(column: pa.ListArray, n: int) -> pa.Array:
    present = pc.fill_null(pc.greater(pc.list_value_length(column), n), False)
    starts = column.offsets.slice(0, len(column))
    return column.values.take(pc.if_else(present, pc.add(starts, n), None))


def repeated(text: bytes | None, rows: int) -> pa.Array:
    """A WRITTEN column with the same value in each row."""
    return pa.nulls(rows, WRITTEN) if text is None else pa.repeat(pa.scalar(text, WRITTEN), rows)


def typed_or_written(column: pa.Array) -> pa.Array:
    """A WRITTEN column as a typed one, where all its values are whole numbers, texts or flags that one type holds."""
    values = {text: exact_json.read(text) for text in column.unique().to_pylist() if text is not None}
    types = {_type_of(value) for value in values.values()}
    if len(types) != 1 or None in types:
        return column
    [type] = types
    return pa.array([None if text is None else values[text] for text in column.to_pylist()], type)


def _type_of(value: object) -> pa.DataType | None:
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int):
        return pa.int64() if -(2**63) <= value < 2**63 else None
    return pa.string() if isinstance(value, str) and exact_json.has_whole_characters(value) else None


def nested_table(rows: pa.Array, columns: Mapping[tuple[str, ...], pa.Array]) -> pa.Table:
    """``_row`` and the columns put into structs by their paths."""
    return pa.table({"_row": rows, **_structs(columns)})


def _structs(columns: Mapping[tuple[str, ...], pa.Array]) -> dict[str, pa.Array]:
    groups: dict[str, dict[tuple[str, ...], pa.Array]] = {}
    for path, column in columns.items():
        groups.setdefault(path[0], {})[path[1:]] = column
    return {name: _struct(group) for name, group in groups.items()}


def _struct(group: Mapping[tuple[str, ...], pa.Array]) -> pa.Array:
    if () in group:
        return group[()]
    fields = _structs(group)
    return pa.StructArray.from_arrays(list(fields.values()), list(fields))


def is_exact(type: pa.DataType) -> bool:
    """Whether typed values of that kind lose nothing: neither a number's spelling nor a field."""
    if pa.types.is_list(type):
        return is_exact(type.value_type)
    return type in (pa.string(), pa.int64(), pa.bool_(), pa.null())


def concatenated(columns: Sequence[pa.Array]) -> pa.Array:
    """One column of several of one type."""
    return columns[0] if len(columns) == 1 else pa.concat_arrays(columns)
