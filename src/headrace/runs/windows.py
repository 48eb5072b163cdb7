"""Which window of a flow comes next, and when: a pure function of its schedule and the time (settled: windows)."""

from dataclasses import dataclass

from headrace.clock import Window
from headrace.store.schedules import Schedule

MINUTE_MS = 60_000
PERIODS_MS = {"minute": MINUTE_MS, "hour": 60 * MINUTE_MS, "day": 24 * 60 * MINUTE_MS, "week": 7 * 24 * 60 * MINUTE_MS}
ONCE = "once"


@dataclass(frozen=True, slots=True)
class Next:
    """The next window of a flow.

    due_at    the instant (epoch ms) from which it may run
    backfill  it takes history along
    """

    window: Window
    due_at: int
    backfill: bool = False


def next_window(schedule: Schedule, now: int) -> Next | None:
    """The window that follows the schedule's watermark, or None for a one-time flow that had its window."""
    if schedule.frequency == ONCE:
        return _once(schedule, now)
    step = period_ms(schedule)
    if schedule.watermark is not None:
        return _one(schedule.watermark, step)
    if not schedule.backfill:
        return _one(_boundary(schedule.start, step, max(schedule.start, schedule.created_at)), step)
    last = _boundary(schedule.start, step, now)
    # A start that was to come when the flow was made has no history to take, however late somebody looks.
    if schedule.start >= schedule.created_at or last <= schedule.start:
        return _one(schedule.start, step)
    return Next(Window(schedule.start, last), last, backfill=True)


def period_ms(schedule: Schedule) -> int:
    """The length of one interval in milliseconds."""
    return PERIODS_MS[schedule.frequency] * schedule.interval


def _one(start: int, step: int) -> Next:
    return Next(Window(start, start + step), start + step)


def _boundary(start: int, step: int, at: int) -> int:
    """The last interval boundary at or before ``at``, counted from ``start``."""
    return start + (at - start) // step * step


def _once(schedule: Schedule, now: int) -> Next | None:
    if schedule.watermark is not None:
        return None
    if schedule.start >= schedule.created_at:
        # Started now or later: everything up to that moment, as far back as the source keeps it.
        return Next(Window(0, schedule.start), schedule.start, backfill=True)
    return Next(Window(schedule.start, now), now, backfill=True)
