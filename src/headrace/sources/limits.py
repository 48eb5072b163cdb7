"""What a source does not give: history older than its retention, and more elements than its cap."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from headrace.clock import Window, epoch_ms
from headrace.errors import SourceTruncated
from headrace.sources.periods import beginning, day_at, following, midnight
from headrace.sources.reading import Part
from headrace.sources.spec import extension


def write_mode(spec: Mapping[str, Any]) -> str:
    """How a run's rows meet the rows that are there: ``append`` or ``replace-window``."""
    return extension(spec).write_mode


def lookback_days(spec: Mapping[str, Any]) -> int:
    """How many days before its window a run reads again, where the flow says nothing."""
    return extension(spec).lookback


def asks_for_days_again(spec: Mapping[str, Any], start: int, whole_days: bool) -> bool:
    """Whether windows that follow each other from ``start`` (epoch ms) on ask for some days more than once.

    So they do where the source is asked by days, unless each of them begins and ends with one.
    """
    declared = extension(spec)
    if not declared.slice_days:
        return False
    begins = datetime.fromtimestamp(start / 1000, declared.zone)
    utc = str(declared.zone) in ("UTC", "Etc/UTC")  # days elsewhere are not always as long as windows
    return not (whole_days and declared.period == "day" and utc and begins.time() == time())


def may_be_empty(spec: Mapping[str, Any]) -> bool:
    """Whether an answer without rows may take those of its days away, where the flow says nothing."""
    return extension(spec).may_be_empty


def can_replace(spec: Mapping[str, Any]) -> bool:
    """Whether rows can be replaced by day: the spec cuts windows into days and says which day a row belongs to."""
    declared = extension(spec)
    return declared.day is not None and bool(declared.slice_days)


def retention_ms(spec: Mapping[str, Any], now: int) -> int | None:
    """The earliest instant that the source still answers for as a whole period; None when the spec names no retention.

    Of a period that begins earlier the source has lost a part, and it would be replaced by what is left.
    """
    told = extension(spec)
    if told.retention is None:
        return None
    day = _months_before(day_at(now, told.zone), told.retention.months)
    whole = day if beginning(day, told.period) == day else following(day, told.period)
    return epoch_ms(midnight(whole, told.zone))


def _months_before(day: date, months: int) -> date:
    """The same day of the month, ``months`` earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def clamp(spec: Mapping[str, Any], window: Window, now: int) -> tuple[Window, tuple[str, ...]]:
    """The part of the window that the source still answers for, and a sentence when that is not all of it."""
    told, earliest = extension(spec), retention_ms(spec, now)
    if told.retention is None or earliest is None or window.start >= earliest:
        return window, ()
    start = min(earliest, window.end)
    asked, kept = day_at(window.start, told.zone), day_at(earliest, told.zone)
    sentence = f"The window starts at {asked} but the source keeps {told.retention.months} months: read from {kept} on."
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
