"""Texts in .NET custom date formats read back: what a record's day may be written in."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from headrace.sources.times import names_utc, tokens

_CENTURY = 2000
_LAST_SHORT_YEAR = 49  # as .NET has it: 49 is 2049, 50 is 1950
_NAMES: Mapping[tuple[str, int], list[str]] = {
    ("M", 3): list(calendar.month_abbr)[1:],
    ("M", 4): list(calendar.month_name)[1:],
    ("d", 3): list(calendar.day_abbr),
    ("d", 4): list(calendar.day_name),
}
_LONGEST = 200  # characters of a format
_OFFSETS = {1: r"[+-][0-9]{1,2}", 2: r"[+-][0-9]{2}", 3: r"[+-][0-9]{2}:[0-9]{2}"}


@dataclass(frozen=True, slots=True)
class TimePattern:
    """A pattern that texts are read by."""

    expression: re.Pattern[str]
    groups: tuple[tuple[str, int], ...]
    utc: bool

    def read(self, text: str, zone: tzinfo) -> datetime | None:
        """The moment that ``text`` is, aware: in its own offset, or else in ``zone``; None where it is none.

        Months and days that the pattern lacks are the first.
        """
        match = self.expression.fullmatch(text)
        if match is None:
            return None
        told = {name: value for (name, _), value in zip(self.groups, match.groups(), strict=True) if value}
        try:
            return _moment(told, UTC if self.utc else zone)
        except (ValueError, OverflowError):
            return None


def time_pattern(pattern: str) -> TimePattern:
    """The reader of a .NET custom or one-letter standard pattern; ValueError for a long one, or one without a year."""
    if len(pattern) > _LONGEST:
        raise ValueError(f"the format has {len(pattern):,} characters, more than {_LONGEST}")
    split = tokens(pattern)
    if not any(text == "y" and width for text, width in split):
        raise ValueError(f"the format {pattern!r} has no year (yyyy)")
    written = "".join(_written(text, width) for text, width in split)
    groups = tuple(_group(text, width) for text, width in split if width)
    return TimePattern(re.compile(written, re.IGNORECASE), groups, names_utc(split))


def _group(text: str, width: int) -> tuple[str, int]:
    named = (text, min(width, 4)) in _NAMES
    return ({"M": "month name", "d": "weekday"}[text] if named else "yy" if (text, width) == ("y", 2) else text), width


def _written(text: str, width: int) -> str:
    """The regular expression of one token, a specifier in a group that gives nothing back, as .NET does not."""
    return f"((?>{_specified(text, width)}))" if width else re.escape(text)


def _specified(text: str, width: int) -> str:
    if names := _NAMES.get((text, min(width, 4))):
        return "|".join(names)
    if text in "zK":
        return _OFFSETS[min(width, 3)] if text == "z" else "Z|[+-][0-9]{2}:[0-9]{2}|"
    if text == "t":
        return "[AP]" if width == 1 else "[AP]M"
    if text == "F":
        return f"[0-9]{{0,{width}}}"
    if text in "yf":
        return f"[0-9]{{{width}}}" if (text, width) != ("y", 1) else "[0-9]{1,2}"
    return "[0-9]{1,2}" if width == 1 else "[0-9]{2}"


def _moment(told: Mapping[str, str], zone: tzinfo) -> datetime:
    year = int(told["y"]) if "y" in told else _short_year(int(told["yy"]))
    month = _month(told)
    hour = int(told.get("H", 0))
    if "h" in told:
        hour = int(told["h"]) % 12 + 12 * (told.get("t", "A")[0] in "Pp")
        if not 1 <= int(told["h"]) <= 12:
            raise ValueError("an hour of half a day is 1 to 12")
    micros = int((told.get("f") or told.get("F") or "0").ljust(6, "0")[:6])
    moment = datetime(
        year, month, int(told.get("d", 1)), hour, int(told.get("m", 0)), int(told.get("s", 0)), micros, zone
    )
    offset = told.get("z") or told.get("K")
    return moment.replace(tzinfo=_offset(offset)) if offset else moment


def _short_year(year: int) -> int:
    return year + _CENTURY - (100 if year > _LAST_SHORT_YEAR else 0)


def _month(told: Mapping[str, str]) -> int:
    if "month name" not in told:
        return int(told.get("M", 1))
    return 1 + [name[:3].lower() for name in _NAMES[("M", 3)]].index(told["month name"][:3].lower())


def _offset(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    hours, _, minutes = text[1:].partition(":")
    distance = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-distance if text[0] == "-" else distance)
