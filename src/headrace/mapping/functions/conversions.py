"""Texts to numbers: exactly, or not at all."""

import struct
from decimal import Decimal

from headrace.mapping import vector_numbers
from headrace.mapping.conversion import number_in, whole
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import Context, function
from headrace.mapping.values import as_double, as_exact, shown

CONVERSIONS = "Type conversions"
_INT64 = range(-(2**63), 2**63)
# Half a step above the largest number of 32 bits: what is below is rounded to it.
_BEYOND_SINGLE = 2.0**128 - 2.0**103


@function(
    CONVERSIONS,
    "to_integer(STRING)",
    {'to_integer("12")': 12, "to_integer(null)": None},
    columns=vector_numbers.to_whole,
)
def to_integer(string: object) -> int | None:
    """A text as a whole number of at most 64 bits; a fraction is an error, never cut off."""
    if string is None:
        return None
    number = _whole(string)
    if number not in _INT64:
        raise Failed(f"{shown(string)} has more than 64 bits")
    return number


@function(
    CONVERSIONS,
    "to_bigint(STRING)",
    {'to_bigint("1000000000000000000000")': 1000000000000000000000},
    columns=vector_numbers.to_whole,
)
def to_bigint(string: object) -> int | None:
    """A text as a whole number of any size."""
    return None if string is None else _whole(string)


@function(
    CONVERSIONS, "to_decimal(STRING)", {'to_decimal("20.5")': 20.5}, contextual=True, columns=vector_numbers.to_decimal
)
def to_decimal(context: Context, string: object) -> Decimal | float | None:
    """A text as a number with a fraction: exact where the destination is a decimal, a double otherwise."""
    number = None if string is None else _number(string)
    made = as_exact(number) if context.exact else as_double(number)
    # A number that is no double is left as it is.
    if isinstance(made, Decimal) and not context.exact:
        raise Failed(f"{shown(string)} is too large")
    assert isinstance(made, Decimal | float | None)
    return made


@function(CONVERSIONS, "to_float(STRING)", {'to_float("12.3456")': 12.3456})
def to_float(string: object) -> float | None:
    """A text as a number of 32 bits."""
    if string is None:
        return None
    double = float(_number(string))
    if abs(double) >= _BEYOND_SINGLE:
        raise Failed(f"{shown(string)} is too large for a number of 32 bits")
    single = struct.pack("f", double)
    texts = (f"{struct.unpack('f', single)[0]:.{digits}g}" for digits in range(6, 10))
    return next(float(text) for text in texts if struct.pack("f", float(text)) == single)


def _whole(value: object) -> int:
    number = whole(value)
    if number is None:
        raise Failed(f"{shown(value)} is no whole number")
    return number


def _number(value: object) -> Decimal:
    number = number_in(value) if isinstance(value, str) else as_exact(value)
    if not isinstance(number, Decimal) or not number.is_finite():
        raise Failed(f"{shown(value)} is no number")
    return number
