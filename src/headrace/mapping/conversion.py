"""What a value becomes when it is assigned to a destination's type; the only place that knows the rules.

An exact conversion or a Failure: integers never pass through float, decimals are never rounded, nothing is guessed.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from headrace.exact_json import MOST_DIGITS, Written, has_whole_characters
from headrace.mapping.dates import finer_than_microseconds, read_day, read_moment
from headrace.mapping.failure import Failure
from headrace.mapping.values import as_exact, text_of, type_name

Converter = Callable[[object], object]

TRUE = ("y", "Y", "yes", "YES", "on", "ON", "true", "TRUE")
FALSE = ("n", "N", "no", "NO", "off", "OFF", "false", "FALSE")
_BOOLEANS = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}
_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,4})?")
_MOST_WHOLE_DIGITS = 40
_HALF = "it has half a character, which no text can hold"
_MOST_BITS = int(MOST_DIGITS * 3.32)  # of an integer with at most so many digits


def converter(type: pa.DataType) -> Converter:
    """The function that turns a value that is not null into ``type``'s, or into a Failure.

    A single value fills an array as its only element.
    """
    change = member_converter(type)
    if not pa.types.is_list(type):
        return change
    takes_object = pa.types.is_struct(type.value_type)

    def convert(value: object) -> object:
        whole = isinstance(value, list) or (isinstance(value, dict) and not takes_object)
        return change(value if whole else [value])

    return convert


def member_converter(type: pa.DataType) -> Converter:
    """The same for what lies in a copied object or array: there, an array takes nothing but an array."""
    if pa.types.is_struct(type):
        return _struct(type)
    if pa.types.is_list(type):
        return _list(type)
    if pa.types.is_map(type):
        return _map(type)
    if pa.types.is_decimal(type):
        return _decimal(type)
    return _SCALARS[type]


def supports(type: pa.DataType) -> bool:
    """Whether values can be converted to ``type`` at all."""
    if pa.types.is_struct(type):
        return all(supports(type.field(n).type) for n in range(type.num_fields))
    if pa.types.is_list(type):
        return supports(type.value_type)
    if pa.types.is_map(type):
        return bool(type.key_type == pa.string()) and supports(type.item_type)
    return pa.types.is_decimal128(type) or type in _SCALARS


def name_of(type: pa.DataType) -> str:
    """A type's name as XDM's users know it."""
    if pa.types.is_struct(type) or pa.types.is_map(type):
        return "object" if pa.types.is_struct(type) else "map"
    if pa.types.is_list(type):
        return f"array of {name_of(type.value_type)}"
    if pa.types.is_decimal(type):
        return f"decimal({type.precision},{type.scale})"
    return _NAMES.get(type, str(type))


def number_in(text: str) -> Decimal | None:
    """The number that ``text`` is, exactly, or None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def whole(value: object) -> int | None:
    """The whole number that a number, or a text that is one, is exactly; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    number = number_in(value) if isinstance(value, str) else value
    if not isinstance(number, Decimal) or not number.is_finite():
        return None
    if number and number.adjusted() > _MOST_WHOLE_DIGITS:
        return None
    return int(number) if number == number.to_integral_value() else None


def _misfit(value: object, expected: str, reason: str = "") -> Failure:
    return Failure(reason, expected, type_name(value), value)


def _integer(name: str, bits: int) -> Converter:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def convert(value: object) -> object:
        number = whole(value)
        if number is None:
            return _misfit(value, name)
        return number if low <= number <= high else _misfit(value, name, f"it lies outside {low} to {high}")

    return convert


def _double(value: object) -> object:
    number = number_in(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        return _misfit(value, "double")
    try:
        double = float(number)
    except OverflowError:
        double = float("inf")
    return double if abs(double) != float("inf") else _misfit(value, "double", "it is too large")


def _decimal(type: pa.DataType) -> Converter:
    name, scale, whole_digits = name_of(type), type.scale, type.precision - type.scale

    def convert(value: object) -> object:
        found = number_in(value) if isinstance(value, str) else value
        if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
            return _misfit(value, name)
        if isinstance(found, Decimal) and not found.is_finite():
            return _misfit(value, name, "it is out of all bounds")
        number = as_exact(found)
        assert isinstance(number, Decimal)
        _, digits, exponent = number.as_tuple()
        if not isinstance(exponent, int):
            return _misfit(value, name)
        if number and (len(digits) + exponent > whole_digits or -exponent > scale):
            return _misfit(value, name, "it has more digits, and a decimal is never rounded")
        return number

    return convert


def _boolean(value: object) -> object:
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(value) if isinstance(value, str) else None
    return _misfit(value, "boolean") if found is None else found


def _string(value: object) -> object:
    if isinstance(value, str):
        return value if has_whole_characters(value) else _misfit(value, "string", _HALF)
    text = _number_text(value) or text_of(value)
    return _misfit(value, "string") if text is None else text


def _number_text(value: object) -> str | None:
    """A source's number as it was written; None for anything else."""
    if isinstance(value, Written):
        return value.token
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < _MOST_BITS:
        return str(value)
    return None


def _timestamp(value: object) -> object:
    moment = read_moment(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        return _misfit(value, "date-time")
    if isinstance(value, str) and finer_than_microseconds(value):
        return _misfit(value, "date-time", "it is finer than a microsecond, and a moment is never cut")
    return moment.astimezone(UTC)


def _date(value: object) -> object:
    if isinstance(value, date):
        return value.astimezone(UTC).date() if isinstance(value, datetime) else value
    day = read_day(value) if isinstance(value, str) else None
    return _misfit(value, "date") if day is None else day


def _struct(type: pa.DataType) -> Converter:
    fields = [(type.field(n).name, member_converter(type.field(n).type)) for n in range(type.num_fields)]

    def convert(value: object) -> object:
        if not isinstance(value, dict):
            return _misfit(value, "object")
        made: dict[str, object] = {}
        for name, change in fields:
            inner = value.get(name)
            made[name] = None if inner is None else change(inner)
            if isinstance(made[name], Failure):
                return made[name]
        return made if any(one is not None for one in made.values()) else None

    return convert


def _list(type: pa.DataType) -> Converter:
    change = member_converter(type.value_type)
    name = name_of(type)

    def convert(value: object) -> object:
        if not isinstance(value, list):
            return _misfit(value, name)
        made = [None if element is None else change(element) for element in value]
        return next((one for one in made if isinstance(one, Failure)), made)

    return convert


def _map(type: pa.DataType) -> Converter:
    change = member_converter(type.item_type)

    def convert(value: object) -> object:
        if not isinstance(value, dict):
            return _misfit(value, "map")
        if not all(map(has_whole_characters, value)):
            return _misfit(value, "map", f"a key of it: {_HALF}")
        made = [(key, None if inner is None else change(inner)) for key, inner in value.items()]
        return next((one for _, one in made if isinstance(one, Failure)), made)

    return convert


_SCALARS: dict[pa.DataType, Converter] = {
    pa.int64(): _integer("long", 64),
    pa.int32(): _integer("int", 32),
    pa.float64(): _double,
    pa.bool_(): _boolean,
    pa.string(): _string,
    pa.date32(): _date,
    pa.timestamp("us", tz="UTC"): _timestamp,
}
_NAMES: dict[pa.DataType, str] = {
    pa.int64(): "long",
    pa.int32(): "int",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.string(): "string",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "date-time",
}
