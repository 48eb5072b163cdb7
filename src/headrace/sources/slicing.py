"""A window cut into the spans that are asked for one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo

from headrace.clock import Window
from headrace.sources.extension import Period
from headrace.sources.periods import beginning, day_at, following, midnight
from headrace.sources.scheduling import Span

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cut:
    """One span, and the days that it covers (null when the source is not asked by days)."""

    span: Span
    first_day: date | None = None
    last_day: date | None = None


def cuts(window: Window, days: int, backfill: bool, zone: tzinfo = UTC, period: Period = "day") -> Iterator[Cut]:
    """The window in cuts of whole periods, of at most ``days`` days of ``zone`` each, but at least one period."""
    first = beginning(day_at(window.start, zone), period)
    last = day_at(max(window.start, window.end - 1), zone)
    while first <= last:
        after = following(first, period)
        while after <= last and following(after, period) - first <= days * _DAY:
            after = following(after, period)
        end = after - _DAY
        yield Cut(Span(midnight(first, zone), midnight(end, zone), backfill), first, end)
        first = after
