"""Texts as numbers over whole columns; one that is not surely a number is declined."""

from collections.abc import Sequence

import polars as pl

from headrace.mapping.vectors import DOUBLE, LONG, NUMERAL, TEXT, Frame, NotVectorised, Vector, any_of

_WHOLE = r"^-?[0-9]{1,18}$"
_DOUBLE = r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"
_DECIMAL = r"^-?[0-9]{1,38}(\.[0-9]{1,38})?$"


def to_whole(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """``to_integer`` and ``to_bigint``."""
    return whole_number(arguments[0], "a whole number", frame)


def whole_number(text: Vector, name: str, frame: Frame) -> Vector:
    """A text as the whole number that it surely is."""
    if text.kind == LONG:
        return text
    if text.kind != TEXT:
        raise NotVectorised(f"{name} of {text.kind}")
    plain = frame.keep(text.value.str.contains(_WHOLE))
    number = pl.when(plain).then(text.value).cast(pl.Int64, strict=False)
    return Vector(number, LONG, any_of(text.declined, ~plain & text.value.is_not_null()))


def to_decimal(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """``to_decimal``: where decimals are meant, a text stays the text, and the assignment makes the number of it."""
    text = arguments[0]
    if text.kind != TEXT:
        raise NotVectorised(f"to_decimal of {text.kind}")
    if not frame.exact:
        plain = frame.keep(text.value.str.contains(_DOUBLE))
        number = pl.when(plain).then(text.value).cast(pl.Float64, strict=False)
        return Vector(number, DOUBLE, any_of(text.declined, ~plain & text.value.is_not_null()))
    plain = text.value.str.contains(_DECIMAL)
    return Vector(text.value, NUMERAL, any_of(text.declined, ~plain & text.value.is_not_null()))
