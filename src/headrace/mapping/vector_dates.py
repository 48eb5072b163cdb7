"""Functions of moments over whole columns; a vectorised moment is always in UTC."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from headrace.mapping.dates import Token, pieces
from headrace.mapping.failure import Failed
from headrace.mapping.functions.date_parts import part_named
from headrace.mapping.vectors import LONG, MOMENT, TEXT, Frame, NotVectorised, Vector, any_of

Form = Callable[[Sequence[Vector], Frame], Vector]

# Years of four digits, as milliseconds.
_WRITABLE = (-30_610_224_000_000, 253_402_300_799_999)
# Java's token -> strftime's, where both surely write the same.
_STRFTIME = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "DDD": "%j",
    "D": "%-j", "EEEE": "%A", "EEE": "%a", "E": "%a", "u": "%u", "YYYY": "%G", "ww": "%V", "HH": "%H", "H": "%-H",
    "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%3f", "a": "%p", "z": "UTC",
    "Z": "+0000", "X": "Z", "XX": "Z", "XXX": "Z", "VV": "Z",
}  # fmt: skip
_PARTS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "year": lambda moment: moment.dt.year(),
    "quarter": lambda moment: moment.dt.quarter(),
    "month": lambda moment: moment.dt.month(),
    "dayofyear": lambda moment: moment.dt.ordinal_day(),
    "day": lambda moment: moment.dt.day(),
    "week": lambda moment: moment.dt.week(),
    "weekday": lambda moment: moment.dt.weekday(),
    "hour": lambda moment: moment.dt.hour(),
    "hour12": lambda moment: (moment.dt.hour().cast(pl.Int64) + 11) % 12 + 1,
    "minute": lambda moment: moment.dt.minute(),
    "second": lambda moment: moment.dt.second(),
    "millisecond": lambda moment: moment.dt.millisecond(),
}


def _format(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    moment, pattern = _moment(arguments[0]), _strftime(arguments[1])
    return Vector(moment.value.dt.strftime(pattern), TEXT, moment.declined)


def _dformat(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    number, pattern = arguments[0], _strftime(arguments[1])
    if number.kind != LONG:
        raise NotVectorised(f"dformat of {number.kind}")
    writable = number.value.is_between(*_WRITABLE)
    moment = pl.from_epoch(pl.when(writable).then(number.value), "ms")
    return Vector(moment.dt.strftime(pattern), TEXT, any_of(number.declined, ~writable & number.value.is_not_null()))


def _date_part(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    component, moment = arguments[0].constant, _moment(arguments[1])
    part = part_named.means(component) if isinstance(component, str) else None
    if part is None:
        raise NotVectorised("a part that stands in a field")
    return Vector(_PARTS[part](moment.value).cast(pl.Int64), LONG, moment.declined)


def _moment(one: Vector) -> Vector:
    if one.kind != MOMENT:
        raise NotVectorised(f"{one.kind} as a date-time")
    return one


def _strftime(pattern: Vector) -> str:
    """The constant pattern as strftime knows it."""
    if not isinstance(pattern.constant, str):
        raise NotVectorised("a date pattern that stands in a field")
    try:
        return "".join(map(_part, pieces(pattern.constant)))
    except Failed as error:
        raise NotVectorised(str(error)) from error


def _part(token: Token) -> str:
    if token.letter is None:
        return token.text.replace("%", "%%")
    if token.text not in _STRFTIME:
        raise NotVectorised(f"writing the date pattern {token.text}")
    return _STRFTIME[token.text]


DATES: Mapping[str, Form] = {
    "format": _format,
    "dformat": _dformat,
    "date_part": _date_part,
    "zone_date_to_utc": lambda arguments, _frame: _moment(arguments[0]),
}
