"""Date-times by their parts: read, changed, put together."""

from calendar import monthrange
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from headrace.mapping.date_writing import quarter
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import function
from headrace.mapping.functions.moments import DATES, zone_of
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
_READ: Mapping[str, Callable[[datetime], int]] = {
    "quarter": quarter,
    "dayofyear": lambda moment: moment.timetuple().tm_yday,
    "week": lambda moment: moment.isocalendar().week,
    "weekday": datetime.isoweekday,
    "hour12": lambda moment: moment.hour % 12 or 12,
    "millisecond": lambda moment: moment.microsecond // 1000,
}
_CHANGEABLE = ("year", "month", "day", "hour", "minute", "second")


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
)
def date_part(component: str, date: datetime) -> int:
    """One part of a date-time, by the clock of its zone; the component's name may be in any case.

    year yyyy yy, quarter qq q, month mm m, dayofyear dy y, day dd d, week ww w (ISO's), weekday dw (Monday is 1),
    hour hh hh24 hh12, minute mi n, second ss s, millisecond SSS.
    """
    part = _part(component, PARTS.values())
    return _READ[part](date) if part in _READ else int(getattr(date, part))


@function(
    DATES,
    "set_date_part(COMPONENT, VALUE, DATE)",
    {
        'set_date_part("m", 4, date("2016-11-09T11:44:44.797"))': "2016-04-09T11:44:44.797Z",
        'set_date_part("month", 2, "2020-01-31")': "2020-02-29T00:00:00Z",
        'set_date_part("hh", 7, "2020-01-31")': "2020-01-31T07:00:00Z",
    },
)
def set_date_part(component: str, value: int, date: datetime) -> datetime:
    """The date-time with one part changed: year, month, day, hour, minute or second, by date_part's names.

    A day that the new month does not have becomes its last one; a value that the part cannot have is an error.
    """
    part = _part(component, _CHANGEABLE)
    year = value if part == "year" else date.year
    month = value if part == "month" else date.month
    kept = date.day if part not in ("year", "month") else min(date.day, monthrange(year, month)[1])
    read = {one: getattr(date, one) for one in ("hour", "minute", "second")}
    new = {**read, "year": year, "month": month, "day": kept, part: value}
    return settled(date.replace(*(new[one] for one in _CHANGEABLE), fold=0))


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
    year: int, month: int, day: int, hour: int, minute: int, second: int, nanosecond: int, timezone: str
) -> datetime:
    """The date-time that a zone's clock shows so; what is smaller than a microsecond is left out."""
    if not 0 <= nanosecond < 1_000_000_000:
        raise Failed(f"{nanosecond} is no number of nanoseconds")
    zone = zone_of(timezone)
    return settled(datetime(year, month, day, hour, minute, second, nanosecond // 1000, tzinfo=zone))


def _part(component: str, allowed: Collection[str]) -> str:
    part = PARTS.get(component.strip().lower())
    if part is None or part not in allowed:
        raise Failed(f"there is no part {component[:50]} here; name one such as month or day")
    return part
