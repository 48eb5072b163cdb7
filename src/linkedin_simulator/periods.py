"""Days, months and years of a report: which day falls into which row, and how far back data is kept."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

GRANULARITIES = ("ALL", "DAILY", "MONTHLY", "YEARLY")


@dataclass(frozen=True, slots=True)
class Period:
    """Both days are inclusive."""

    start: date
    end: date

    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def body(self) -> dict[str, dict[str, int]]:
        """As it stands in an element."""
        return {"start": _parts(self.start), "end": _parts(self.end)}


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def asked(granularity: str, first: date, last: date, daily_kept_from: date) -> Period:
    """The period as answered: ALL beyond the daily retention is rounded to whole months."""
    if granularity == "ALL" and first < daily_kept_from:
        return Period(first.replace(day=1), _month_end(last))
    return Period(first, last)


def period_of(day: date, granularity: str, within: Period) -> Period:
    """The row's period for one day, clipped to what was asked for."""
    if granularity == "ALL":
        return within
    first = last = day
    if granularity == "MONTHLY":
        first, last = day.replace(day=1), _month_end(day)
    if granularity == "YEARLY":
        first, last = date(day.year, 1, 1), date(day.year, 12, 31)
    return Period(max(first, within.start), min(last, within.end))


def _month_end(day: date) -> date:
    return day.replace(day=1) + timedelta(monthrange(day.year, day.month)[1] - 1)


def _parts(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}
