"""Whole Arrow columns turned into a destination's type at the speed of Arrow.

Sound, not complete: a cast gives exactly what ``conversion`` would, or it declines the row. Declined rows go
through ``conversion`` one by one, so a kernel here may be as narrow as it likes, but never wrong.
"""

from collections.abc import Callable
from functools import reduce

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from headrace.json_columns import WRITTEN, elements_of, field_of, of_elements, rows_of_elements
from headrace.mapping.conversion import FALSE, TRUE

# The cast column, and which of its rows were declined (None: not one).
Cast = tuple[pa.Array, pa.Array | None]

_INT64_DIGITS = 19
_DOUBLES_IN_INT64 = (-(2.0**63), 2.0**63)
_TIMESTAMP = pa.timestamp("us", tz="UTC")
# Years from 1000 on; what Python's dates do not reach, or reach differently, is left to the reference.
_DAY = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$"
_MOMENT = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,6})?Z$"


def cast(column: pa.Array, to: pa.DataType) -> Cast:
    """``column`` as ``to``; rows that it declines are null in the result."""
    if column.type == to and not _holds_objects(to):
        return column, None
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), to), None
    if column.type == WRITTEN:
        return _from_written(column, to)
    if pa.types.is_nested(to) or pa.types.is_nested(column.type):
        return _nested(column, to)
    if column.type == pa.large_string() or pa.types.is_string_view(column.type):
        return cast(column.cast(pa.string()), to)
    if pa.types.is_decimal128(column.type):
        return _from_decimal(column, to)
    kernel = _KERNELS.get((column.type, _kind(to)), _decline)
    return kernel(column, to)


def _kind(type: pa.DataType) -> object:
    return "decimal" if pa.types.is_decimal128(type) else type


def _decline(column: pa.Array, to: pa.DataType) -> Cast:
    return pa.nulls(len(column), to), column.is_valid()


def _holds_objects(type: pa.DataType) -> bool:
    """Whether objects are in it: of those, one without any value is null."""
    return _holds_objects(type.value_type) if pa.types.is_list(type) else bool(pa.types.is_struct(type))


def _nested(column: pa.Array, to: pa.DataType) -> Cast:
    if pa.types.is_list(to) and pa.types.is_list(column.type):
        return _list(column, to)
    if pa.types.is_struct(to) and pa.types.is_struct(column.type):
        return _struct(column, to)
    return _decline(column, to)


def _list(column: pa.ListArray, to: pa.ListType) -> Cast:
    """Arrays whose elements are cast; one that has a declined element is declined."""
    elements, declined = cast(elements_of(column), to.value_type)
    arrays = of_elements(column, elements, to)
    if declined is None or not pc.any(declined).as_py():
        return arrays, None
    rows = rows_of_elements(column).filter(declined)
    refused = pc.is_in(pa.array(range(len(column)), pa.int64()), rows)
    return pc.if_else(refused, pa.scalar(None, to), arrays), refused


def _struct(column: pa.StructArray, to: pa.StructType) -> Cast:
    """Objects whose fields are cast; null where all of them are, declined where one of them is."""
    children, declined = [], None
    for field in to:
        child, refused = cast(field_of(column, field.name), field.type)
        children.append(child)
        if refused is not None:
            declined = refused if declined is None else pc.or_(declined, refused)
    empty = reduce(pc.and_, [child.is_null() for child in children])
    return pa.StructArray.from_arrays(children, fields=list(to), mask=empty), declined


def _from_written(column: pa.Array, to: pa.DataType) -> Cast:
    """Numbers, flags and plain texts, by their characters; what has escapes, or holds others, is declined."""
    if pa.types.is_nested(to):
        return _decline(column, to)
    texts = column.cast(pa.string())
    quoted = pc.match_substring_regex(texts, r'^"[^"\\]*"$')
    bare = pc.match_substring_regex(texts, r"^[-0-9tf]")
    spelled = pc.if_else(quoted, pc.utf8_slice_codeunits(texts, 1, -1), texts)
    known = pc.or_(quoted, bare)
    cast_column, declined = cast(pc.if_else(known, spelled, pa.scalar(None, pa.string())), to)
    strange = pc.and_(column.is_valid(), pc.invert(known))
    return cast_column, strange if declined is None else pc.or_(declined, pc.fill_null(strange, False))


def _plain(column: pa.Array, to: pa.DataType) -> Cast:
    return pc.cast(column, to, safe=False), None


def _only(column: pa.Array, good: pa.Array, to: pa.DataType) -> Cast:
    """Casts the rows where ``good``, declines the other values."""
    if column.null_count == 0 and pc.all(good).as_py():
        return pc.cast(column, to, safe=False), None
    kept = pc.if_else(good, column, pa.scalar(None, column.type))
    return pc.cast(kept, to, safe=False), pc.and_(column.is_valid(), pc.invert(pc.fill_null(good, False)))


def _int32(column: pa.Array, to: pa.DataType) -> Cast:
    good = pc.and_(pc.greater_equal(column, -(2**31)), pc.less(column, 2**31))
    return _only(column, good, to)


def _whole_double(column: pa.Array, to: pa.DataType) -> Cast:
    low, high = _DOUBLES_IN_INT64 if to == pa.int64() else (-(2.0**31), 2.0**31)
    inside = pc.and_(pc.greater_equal(column, low), pc.less(column, high))
    return _only(column, pc.and_(inside, pc.equal(pc.floor(column), column)), to)


def _int_to_decimal(column: pa.Array, to: pa.DataType) -> Cast:
    if to.precision - to.scale < _INT64_DIGITS:
        return _decline(column, to)
    return pc.cast(column, to), None


def _from_decimal(column: pa.Array, to: pa.DataType) -> Cast:
    if not (pa.types.is_decimal128(to) or pa.types.is_integer(to)):
        return _decline(column, to)
    try:
        return pc.cast(column, to), None
    except pa.ArrowInvalid:
        # Arrow names no row, only that one of them does not fit.
        return _decline(column, to)


def _matching(pattern: str) -> Callable[[pa.Array, pa.DataType], Cast]:
    def kernel(column: pa.Array, to: pa.DataType) -> Cast:
        return _only(column, pc.match_substring_regex(column, pattern), to)

    return kernel


def _text_to_int32(column: pa.Array, to: pa.DataType) -> Cast:
    return _only(column, pc.match_substring_regex(column, r"^-?[0-9]{1,9}$"), to)


def _text_to_decimal(column: pa.Array, to: pa.DataType) -> Cast:
    whole = to.precision - to.scale
    if not whole:
        return _decline(column, to)
    fraction = rf"(\.[0-9]{{1,{to.scale}}})?" if to.scale else ""
    return _only(column, pc.match_substring_regex(column, rf"^-?[0-9]{{1,{whole}}}{fraction}$"), to)


def _text_to_boolean(column: pa.Array, to: pa.DataType) -> Cast:
    yes = pc.is_in(column, pa.array(TRUE))
    known = pc.or_(yes, pc.is_in(column, pa.array(FALSE)))
    return pc.if_else(known, yes, pa.scalar(None, to)), pc.and_(column.is_valid(), pc.invert(known))


def _text_to_day(column: pa.Array, to: pa.DataType) -> Cast:
    return _parsed(column, _DAY, lambda texts: texts.str.to_date("%Y-%m-%d", strict=False), to)


def _text_to_moment(column: pa.Array, to: pa.DataType) -> Cast:
    def read(texts: pl.Series) -> pl.Series:
        return texts.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", strict=False)

    return _parsed(column, _MOMENT, read, to)


def _parsed(column: pa.Array, pattern: str, read: Callable[[pl.Series], pl.Series], to: pa.DataType) -> Cast:
    kept = pc.if_else(pc.match_substring_regex(column, pattern), column, pa.scalar(None, column.type))
    texts = pl.from_arrow(kept)
    assert isinstance(texts, pl.Series)
    made = read(texts).to_arrow().cast(to)
    return made, pc.and_(column.is_valid(), made.is_null())


_KERNELS: dict[tuple[pa.DataType, object], Callable[[pa.Array, pa.DataType], Cast]] = {
    (pa.int64(), pa.int32()): _int32,
    (pa.int64(), pa.float64()): _plain,
    (pa.int64(), pa.string()): _plain,
    (pa.int64(), "decimal"): _int_to_decimal,
    (pa.int32(), pa.int64()): _plain,
    (pa.int32(), pa.float64()): _plain,
    (pa.int32(), pa.string()): _plain,
    (pa.float64(), pa.int64()): _whole_double,
    (pa.float64(), pa.int32()): _whole_double,
    (pa.bool_(), pa.string()): _plain,
    (pa.string(), pa.int64()): _matching(r"^-?[0-9]{1,18}$"),
    (pa.string(), pa.int32()): _text_to_int32,
    (pa.string(), pa.float64()): _matching(r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"),
    (pa.string(), "decimal"): _text_to_decimal,
    (pa.string(), pa.bool_()): _text_to_boolean,
    (pa.string(), pa.date32()): _text_to_day,
    (pa.string(), _TIMESTAMP): _text_to_moment,
    (_TIMESTAMP, pa.date32()): _plain,
}
