"""Days in a zone, and the periods that a source answers for as a whole: weeks from Monday, months, quarters, years."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo

from headrace.clock import utc
from headrace.sources.extension import Period

_DAY = timedelta(days=1)
_BEGIN: dict[Period, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - day.weekday() * _DAY,
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}
_REACH = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}  # days from a beginning into the next period


def day_at(instant: int, zone: tzinfo) -> date:
    """The day that holds an instant (epoch ms)."""
    return utc(instant).astimezone(zone).date()


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(), zone)


def beginning(day: date, period: Period) -> date:
    """The first day of the period that holds ``day``."""
    return _BEGIN[period](day)


def following(day: date, period: Period) -> date:
    """The first day of the period after the one that holds ``day``."""
    return _BEGIN[period](_BEGIN[period](day) + _REACH[period] * _DAY)
