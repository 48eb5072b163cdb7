"""Moments written by Java date patterns; weeks are ISO's, from Monday on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from headrace.mapping.dates import LONG_MONTHS, Token, pieces
from headrace.mapping.failure import Failed
from headrace.mapping.zones import long_name, offset_parts, offset_text, short_name, zone_id

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUARTERS = ("1st quarter", "2nd quarter", "3rd quarter", "4th quarter")
_WIDEST = 40

_Write = Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Writer:
    """What writes moments by one Java pattern, by the clock of each one's own zone."""

    parts: tuple[str | _Write, ...]

    def __call__(self, moment: datetime) -> str:
        """The text of ``moment``."""
        return "".join(part if isinstance(part, str) else part(moment) for part in self.parts)


@lru_cache(maxsize=256)
def pattern_writer(pattern: str) -> Writer:
    """The writer of one Java pattern; Failed names a letter that has no meaning."""
    return Writer(tuple(_part(one) for one in pieces(pattern)))


def week_of_month(moment: datetime) -> int:
    """ISO's week within the month: the first one with four days or more is 1."""
    return (moment.day - moment.isoweekday() + 10) // 7


def quarter(moment: datetime) -> int:
    """The quarter of the year, from 1."""
    return (moment.month + 2) // 3


def _part(token: Token) -> str | _Write:
    if token.letter is None:
        return token.text
    if token.width > _WIDEST:
        raise Failed(f"the date pattern has {token.letter} more than {_WIDEST} times")
    if token.letter == "u" and token.width in (2, 4):
        return lambda moment: _year(moment.year, token.width)
    if token.letter in _NUMBERS:
        number, width = _NUMBERS[token.letter], token.width
        return lambda moment: f"{number(moment):0{width}}"
    write = _TEXTS.get(token.letter)
    if write is None:
        known = " ".join(sorted({*_NUMBERS, *_TEXTS}, key=str.lower))
        raise Failed(f"the date pattern letter {token.letter} has no meaning; use {known}")
    return lambda moment: write(moment, token.width)


def _year(number: int, width: int) -> str:
    return f"{number % 100:02}" if width == 2 else f"{number:0{width}}"


def _month(moment: datetime, width: int) -> str:
    return f"{moment.month:0{width}}" if width < 3 else _word(LONG_MONTHS[moment.month - 1], width)


def _word(long: str, width: int) -> str:
    """Three letters, the whole word for four, one letter for five."""
    return long[:3] if width < 4 else (long if width == 4 else long[:1])


def _quarter(moment: datetime, width: int) -> str:
    number = quarter(moment)
    if width < 3:
        return f"{number:0{width}}"
    return f"Q{number}" if width == 3 else _QUARTERS[number - 1]


def _fraction(moment: datetime, width: int) -> str:
    return f"{moment.microsecond:06}".ljust(width, "0")[:width]


def _rfc_offset(moment: datetime, width: int) -> str:
    if width == 4:
        return f"GMT{offset_text(moment, '', ':')}"
    return offset_text(moment, "+0000", "") if width < 4 else offset_text(moment, "Z", ":")


def _iso_offset(moment: datetime, width: int) -> str:
    sign, hours, minutes = offset_parts(moment)
    if width == 1 and hours and not minutes:
        return f"{sign}{hours:02}"
    return offset_text(moment, "Z", ":" if width in (3, 5) else "")


def _gmt_offset(moment: datetime, width: int) -> str:
    if width > 1:
        return f"GMT{offset_text(moment, '', ':')}"
    sign, hours, minutes = offset_parts(moment)
    return f"GMT{sign}{hours}{f':{minutes:02}' if minutes else ''}" if hours or minutes else "GMT"


_NUMBERS: Mapping[str, Callable[[datetime], int]] = {
    "w": lambda moment: moment.isocalendar().week,
    "W": week_of_month,
    "D": lambda moment: moment.timetuple().tm_yday,
    "d": lambda moment: moment.day,
    "F": lambda moment: (moment.day + 6) // 7,
    "u": datetime.isoweekday,
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % 12,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
}
_TEXTS: Mapping[str, Callable[[datetime, int], str]] = {
    "G": lambda _moment, width: "AD" if width < 4 else ("Anno Domini" if width == 4 else "A"),
    "y": lambda moment, width: _year(moment.year, width),
    "Y": lambda moment, width: _year(moment.isocalendar().year, width),
    "M": _month,
    "L": _month,
    "E": lambda moment, width: _word(DAYS[moment.weekday()], width),
    "a": lambda moment, _width: "AM" if moment.hour < 12 else "PM",
    "S": _fraction,
    "z": lambda moment, width: short_name(moment) if width < 4 else long_name(moment),
    "Z": _rfc_offset,
    "X": _iso_offset,
    "V": lambda moment, _width: zone_id(moment),
    "O": _gmt_offset,
    "Q": _quarter,
    "q": _quarter,
}
