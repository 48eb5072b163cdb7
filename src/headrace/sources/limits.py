"""What a source does not give: history older than its retention, and more elements than its cap."""

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from headrace.clock import Window, epoch_ms, utc
from headrace.errors import SourceTruncated
from headrace.sources.reading import Part
from headrace.sources.spec import extension


def write_mode(spec: Mapping[str, Any]) -> str:
    """How a run's rows meet the rows that are there: ``append`` or ``replace-window``."""
    return extension(spec).write_mode


def can_replace(spec: Mapping[str, Any]) -> bool:
    """Whether rows can be replaced by day: the spec cuts windows into days and says which day a row belongs to."""
    declared = extension(spec)
    return declared.day is not None and bool(declared.slice_days)


def retention_ms(spec: Mapping[str, Any], now: int) -> int | None:
    """The earliest instant that the source still answers for; None when the spec names no retention."""
    retention = extension(spec).retention
    return epoch_ms(_months_before(utc(now), retention.months)) if retention else None


def _months_before(moment: datetime, months: int) -> datetime:
    """Midnight of the same day of the month, ``months`` earlier, or of that month's last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return datetime(year, month + 1, day, tzinfo=UTC)


def clamp(spec: Mapping[str, Any], window: Window, now: int) -> tuple[Window, tuple[str, ...]]:
    """The part of the window that the source still answers for, and a sentence when that is not all of it."""
    earliest = retention_ms(spec, now)
    if earliest is None or window.start >= earliest:
        return window, ()
    start = min(earliest, window.end)
    asked, kept = utc(window.start), utc(earliest)
    months = extension(spec).retention
    sentence = (
        f"The window starts at {asked:%Y-%m-%d} but the source keeps {months.months if months else 0} months: "
        f"read from {kept:%Y-%m-%d} on."
    )
    return Window(start, window.end), (sentence,)


def require_below_cap(elements: int, cap: int, part: Part) -> None:
    """SourceTruncated for an answer at the cap: sources cut there without saying so."""
    if cap and elements >= cap:
        raise SourceTruncated(
            f"The answer for {part.label or 'the whole request'} holds {elements:,} elements, the most that this "
            "source gives, so it was cut. Read less at once: fewer days, or fewer accounts or campaigns.",
            elements=elements,
            part=part.n,
        )
