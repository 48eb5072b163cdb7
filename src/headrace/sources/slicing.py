"""A window cut into the spans that are asked for one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from headrace.clock import Window, utc
from headrace.sources.scheduling import Span


@dataclass(frozen=True, slots=True)
class Cut:
    """One span, and the days that it covers (null when the source is not asked by days)."""

    span: Span
    first_day: date | None = None
    last_day: date | None = None


def cuts(window: Window, days: int, backfill: bool) -> Iterator[Cut]:
    """The window in cuts of at most ``days`` UTC days; 0 leaves it whole."""
    if not days:
        yield Cut(Span(utc(window.start), utc(window.end), backfill))
        return
    first, last = window.first_day(), window.last_day()
    while first <= last:
        end = min(first + timedelta(days=days - 1), last)
        yield Cut(Span(_midnight(first), _midnight(end), backfill), first, end)
        first = end + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
