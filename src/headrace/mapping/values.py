"""The values that mapping works on: JSON's, date-times beside them, and their text."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact

import msgspec

from headrace.exact_json import Written, spelled
from headrace.mapping.failure import Failed

_ENCODER = msgspec.json.Encoder(decimal_format="number")
# Wide enough for any number in a page; a number that does not even fit this is left as it was written.
_WIDE = Context(prec=10_000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
_MOST_PLAIN_DIGITS = 400
# No function makes a longer text, however it is nested.
LONGEST_TEXT = 1_000_000
# Nor an array with more elements, wherever they stand in it.
LONGEST_ARRAY = 1_000_000
_MOST_SHOWN = 50


def as_double(value: object) -> object:
    """``value`` with every number that is not whole by its spelling as a double: how expressions read numbers.

    Failed for a number beyond everything that can be computed with.
    """
    if isinstance(value, Decimal):
        double = float(_within_bounds(value))
        return value if double in (float("inf"), float("-inf")) else double
    return _inside(value, as_double)


def as_exact(value: object) -> object:
    """``value`` with every number as a decimal without trailing zeros: how expressions for a decimal read numbers.

    Failed for a number beyond everything that can be computed with.
    """
    if isinstance(value, Decimal):
        return shortest(_within_bounds(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return shortest(Decimal(repr(value))) if isinstance(value, float) else _inside(value, as_exact)


def with_short_decimals(value: object) -> object:
    """``value`` with every decimal in all its digits, but for zeros behind its last one: as a person reads it."""
    return shortest(value) if isinstance(value, Decimal) else _inside(value, with_short_decimals)


def shortest(value: Decimal) -> Decimal:
    """The same number without trailing zeros after the point."""
    try:
        short = value.normalize(_WIDE)
    except (Inexact, ArithmeticError):
        return value
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1), context=_WIDE) if isinstance(exponent, int) and 0 < exponent < 40 else short


def text_of(value: object) -> str | None:
    """The text that a scalar becomes in a string field or in concat; None for what has no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 4 * _MOST_PLAIN_DIGITS else None
    if isinstance(value, float):
        return _double_text(value)
    if isinstance(value, Decimal):
        return f"{value:f}" if abs(value.adjusted()) < _MOST_PLAIN_DIGITS else str(value)
    return iso_text(value) if isinstance(value, date) else None


def iso_text(value: date) -> str:
    """ISO 8601; a date-time in UTC with Z, its fraction only as long as it must be."""
    if not isinstance(value, datetime):
        return value.isoformat()
    moment = value.astimezone(UTC)
    whole = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if not moment.microsecond:
        return f"{whole}Z"
    fraction = f"{moment.microsecond:06d}"
    return f"{whole}.{fraction[:3] if fraction.endswith('000') else fraction}Z"


def json_text(value: object) -> str:
    """``value`` as JSON text; numbers as they were written, or with all their digits."""
    try:
        return _ENCODER.encode(spelled(json_ready(value))).decode()
    except RecursionError:
        return '"(nested too deeply to be shown)"'
    except ValueError:
        # A whole number with more digits than are ever written.
        return '"(cannot be shown)"'


def shown(value: object) -> str:
    """A value as messages name it: by itself, as far as it is short; an array or an object by what it is."""
    return type_name(value) if isinstance(value, list | dict) else json_text(value)[:_MOST_SHOWN]


def json_ready(value: object) -> object:
    """``value`` with dates as ISO texts: what a JSON encoder takes (decimals among it)."""
    return iso_text(value) if isinstance(value, date) else _inside(value, json_ready)


def type_name(value: object) -> str:
    """What a value is, in JSON's words."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float | Decimal):
        return "number"
    if isinstance(value, datetime):
        return "date-time"
    names: dict[type, str] = {str: "string", dict: "object", list: "array", date: "date"}
    return names.get(type(value), "null")


def _double_text(value: float) -> str:
    text = repr(value)
    if "e" not in text:
        return text
    plain = f"{Decimal(text):f}"
    return plain if "." in plain else f"{plain}.0"


def _inside(value: object, change: Callable[[object], object]) -> object:
    if isinstance(value, dict):
        return {name: change(one) for name, one in value.items()}
    return [change(one) for one in value] if isinstance(value, list) else value


def _within_bounds(value: Decimal) -> Decimal:
    if value.is_infinite():
        token = value.token if isinstance(value, Written) else str(value)
        raise Failed(f"the number {token[:_MOST_SHOWN]} is out of all bounds")
    return value
