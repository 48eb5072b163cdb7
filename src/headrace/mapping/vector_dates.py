"""Functions of moments over whole columns; a vectorised moment is always in UTC."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from headrace.mapping.dates import Token, pieces, strptime_pattern
from headrace.mapping.failure import Failed
from headrace.mapping.vectors import LONG, MOMENT, TEXT, Form, Frame, NotVectorised, Vector, any_of

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


def date(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """``date`` of a text, by a constant format or by that of a day."""
    text = arguments[0]
    pattern = arguments[1].constant if len(arguments) == 2 else None
    if text.kind != TEXT or (len(arguments) > 1 and not isinstance(pattern, str)):
        raise NotVectorised("date with these arguments")
    translated = strptime_pattern(str(pattern) if pattern is not None else "yyyy-MM-dd")
    if translated is None:
        raise NotVectorised(f"the date pattern {pattern}")
    moment = frame.keep(_read(text.value, *translated))
    return Vector(moment, MOMENT, any_of(text.declined, moment.is_null() & text.value.is_not_null()))


def _read(text: pl.Expr, shape: str, format: str) -> pl.Expr:
    shaped = pl.when(text.str.contains(shape)).then(text).str
    hours = "%H" in format
    read = shaped.to_datetime(format, time_unit="us", strict=False) if hours else shaped.to_date(format, strict=False)
    return read.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def format(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``format`` by a constant pattern."""
    moment, pattern = _moment(arguments[0]), _strftime(arguments[1])
    return Vector(moment.value.dt.strftime(pattern), TEXT, moment.declined)


def dformat(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``dformat`` by a constant pattern."""
    number, pattern = arguments[0], _strftime(arguments[1])
    if number.kind != LONG:
        raise NotVectorised(f"dformat of {number.kind}")
    writable = number.value.is_between(*_WRITABLE)
    moment = pl.from_epoch(pl.when(writable).then(number.value), "ms")
    return Vector(moment.dt.strftime(pattern), TEXT, any_of(number.declined, ~writable & number.value.is_not_null()))


def date_part(part_named: Callable[[str], str | None]) -> Form:
    """``date_part`` of a constant component, which ``part_named`` reads."""

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        component, moment = arguments[0].constant, _moment(arguments[1])
        part = part_named(component) if isinstance(component, str) else None
        if part is None:
            raise NotVectorised("a part that stands in a field")
        return Vector(_PARTS[part](moment.value).cast(pl.Int64), LONG, moment.declined)

    return form


def in_utc(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """A moment as it is."""
    return _moment(arguments[0])


def _moment(value: Vector) -> Vector:
    if value.kind != MOMENT:
        raise NotVectorised(f"{value.kind} as a date-time")
    return value


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
