"""Date-times by their parts: read, changed, put together."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Annotated

from headrace.mapping import vector_dates
from headrace.mapping.date_writing import quarter
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import function, within
from headrace.mapping.functions.moments import DATES, Zone
from headrace.mapping.words import words
from headrace.mapping.zones import settled

_NAMES = {
    "year": ("year", "yyyy", "yy"),
    "quarter": ("quarter", "qq", "q"),
    "month": ("month", "mm", "m"),
    "dayofyear": ("dayofyear", "dy", "y"),
    "day": ("day", "dd", "d"),
    "week": ("week", "ww", "w"),
    "weekday": ("weekday", "dw"),
    "hour": ("hour", "hh", "hh24"),
    "hour12": ("hh12",),
    "minute": ("minute", "mi", "n"),
    "second": ("second", "ss", "s"),
    "millisecond": ("millisecond", "sss"),
}
PARTS = {name: part for part, names in _NAMES.items() for name in names}
part_named = words("date part", PARTS, f"use {', '.join(names[0] for names in _NAMES.values())}")
_READ: Mapping[str, Callable[[datetime], int]] = {
    "quarter": quarter,
    "dayofyear": lambda moment: moment.timetuple().tm_yday,
    "week": lambda moment: moment.isocalendar().week,
    "weekday": datetime.isoweekday,
    "hour12": lambda moment: moment.hour % 12 or 12,
    "millisecond": lambda moment: moment.microsecond // 1000,
}
# What a part can be, in the order in which a date-time is put together.
_LIMITS = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
_Part = Annotated[str, part_named]
_Changeable = Annotated[
    str,
    words(
        "date part to set",
        {name: part for name, part in PARTS.items() if part in _LIMITS},
        f"use {', '.join(_LIMITS)}",
    ),
]


@function(
    DATES,
    "date_part(COMPONENT, DATE)",
    {
        'date_part("MM", date("2019-10-17 11:55:12"))': 10,
        'date_part("year", "2019-10-17")': 2019,
        'date_part("week", "2019-10-17")': 42,
        'date_part("dw", "2019-10-17")': 4,
        'date_part("hh12", "2019-10-17 00:30")': 12,
    },
    columns=vector_dates.date_part(part_named.means),
)
def date_part(component: _Part, date: datetime) -> int:
    """One part of a date-time, by the clock of its zone; the component's name may be in any case.

    year yyyy yy, quarter qq q, month mm m, dayofyear dy y, day dd d, week ww w (ISO's), weekday dw (Monday is 1),
    hour hh hh24 hh12, minute mi n, second ss s, millisecond SSS.
    """
    return _READ[component](date) if component in _READ else int(getattr(date, component))


@function(
    DATES,
    "set_date_part(COMPONENT, VALUE, DATE)",
    {
        'set_date_part("m", 4, date("2016-11-09T11:44:44.797"))': "2016-04-09T11:44:44.797Z",
        'set_date_part("month", 2, "2020-01-31")': "2020-02-29T00:00:00Z",
        'set_date_part("hh", 7, "2020-01-31")': "2020-01-31T07:00:00Z",
    },
)
def set_date_part(component: _Changeable, value: int, date: datetime) -> datetime:
    """The date-time with one part changed: year, month, day, hour, minute or second, by date_part's names.

    A day that the new month does not have becomes its last one; a value that the part cannot have is an error.
    """
    new = {part: int(getattr(date, part)) for part in _LIMITS} | {component: value}
    _check(new)
    if component in ("year", "month"):
        new["day"] = min(new["day"], _days_in(new))
    return _put_together(new, date.microsecond, date.tzinfo)


@function(
    DATES,
    "make_date_time(YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NANOSECOND, TIMEZONE)",
    {
        'make_date_time(2019, 10, 17, 11, 55, 12, 999, "America/Los_Angeles")': "2019-10-17T18:55:12Z",
        'make_timestamp(2019, 10, 17, 11, 55, 12, 999000000, "+02:00")': "2019-10-17T09:55:12.999Z",
    },
    aliases=["make_timestamp"],
)
def make_date_time(
    year: Annotated[int, within("year", *_LIMITS["year"])],
    month: Annotated[int, within("month", *_LIMITS["month"])],
    day: Annotated[int, within("day", *_LIMITS["day"])],
    hour: Annotated[int, within("hour", *_LIMITS["hour"])],
    minute: Annotated[int, within("minute", *_LIMITS["minute"])],
    second: Annotated[int, within("second", *_LIMITS["second"])],
    nanosecond: Annotated[int, within("nanosecond", 0, 999_999_999)],
    timezone: Zone,
) -> datetime:
    """The date-time that a zone's clock shows so; what is smaller than a microsecond is left out."""
    parts = dict(zip(_LIMITS, (year, month, day, hour, minute, second), strict=True))
    return _put_together(parts, nanosecond // 1000, timezone)


def _check(parts: Mapping[str, int]) -> None:
    for part, (least, most) in _LIMITS.items():
        if not least <= parts[part] <= most:
            raise Failed(f"{parts[part]} is no {part}; it is from {least} to {most}")


def _days_in(parts: Mapping[str, int]) -> int:
    return monthrange(parts["year"], parts["month"])[1]


def _put_together(parts: Mapping[str, int], microsecond: int, zone: tzinfo | None) -> datetime:
    if parts["day"] > _days_in(parts):
        raise Failed(f"{parts['year']:04}-{parts['month']:02}-{parts['day']:02} is no date")
    year, month, day, hour, minute, second = (parts[part] for part in _LIMITS)
    return settled(datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone))
