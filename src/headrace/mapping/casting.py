"""Whole Arrow columns turned into a destination's type at the speed of Arrow.

Sound, not complete: a cast gives exactly what ``conversion`` would, or it declines the row. Declined rows go
through ``conversion`` one by one, so a kernel here may be as narrow as it likes, but never wrong.
"""

from collections.abc import Callable

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

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
    if column.type == to:
        return column, None
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), to), None
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
