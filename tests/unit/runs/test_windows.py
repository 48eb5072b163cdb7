"""Windows as settled: backfill, future starts, no backfill, once, jumps of the clock, changes of the schedule."""

from dataclasses import replace
from itertools import pairwise

import pytest

from headrace.clock import Window
from headrace.runs.windows import Next, next_window
from headrace.store.schedules import Schedule

HOUR, DAY = 3_600_000, 86_400_000
PRINTED = 1_625_040_887_000  # 2021-06-30T08:14:47Z, the tutorial's startTime
NOW = 1_660_107_600_000  # 2022-08-10T05:00:00Z
BASE = Schedule("f", "org", "prod", "hour", 1, PRINTED, True, True, NOW, None, NOW)
LAST = NOW - 45 * 60_000 - 13_000  # 04:14:47, the last boundary before NOW


def one(start: int, step: int) -> Next:
    """One interval, due at its end."""
    return Next(Window(start, start + step), start + step)


CASES = [
    ("backfill is one window up to the last boundary", {}, Next(Window(PRINTED, LAST), LAST, True)),
    ("then one interval at a time", {"watermark": LAST}, one(LAST, HOUR)),
    ("a future start", {"start": NOW + DAY}, one(NOW + DAY, HOUR)),
    ("a start within the interval", {"start": NOW - 60_000}, one(NOW - 60_000, HOUR)),
    ("a start to come, seen late", {"created_at": NOW - DAY, "start": NOW - DAY + HOUR}, one(NOW - DAY + HOUR, HOUR)),
    ("a start right now", {"start": NOW}, one(NOW, HOUR)),
    ("a start one interval ago", {"start": NOW - HOUR}, Next(Window(NOW - HOUR, NOW), NOW, True)),
    ("no backfill: the interval that holds the creation", {"backfill": False}, one(LAST, HOUR)),
    ("no backfill, future start", {"backfill": False, "start": NOW + DAY}, one(NOW + DAY, HOUR)),
    ("a changed schedule goes on from the last end", {"watermark": LAST, "frequency": "day"}, one(LAST, DAY)),
    ("fifteen minutes", {"frequency": "minute", "interval": 15, "watermark": NOW}, one(NOW, 900_000)),
    ("two weeks", {"frequency": "week", "interval": 2, "watermark": NOW}, one(NOW, 14 * DAY)),
    ("once, from the past", {"frequency": "once", "created_at": NOW - HOUR}, Next(Window(PRINTED, NOW), NOW, True)),
    ("once, to come", {"frequency": "once", "start": NOW + HOUR}, Next(Window(0, NOW + HOUR), NOW + HOUR, True)),
    ("once is once", {"frequency": "once", "watermark": NOW}, None),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "following"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_next_window(changes: dict[str, object], following: Next | None) -> None:
    assert next_window(replace(BASE, **changes), NOW) == following


def test_a_clock_that_jumps_a_month_gives_every_window_in_order() -> None:
    schedule, later, seen = replace(BASE, watermark=LAST), NOW + 30 * DAY, []
    while (following := next_window(schedule, later)) is not None and following.due_at <= later:
        seen.append(following.window)
        schedule = replace(schedule, watermark=following.window.end)
    assert len(seen) == 720
    assert all(before.end == after.start for before, after in pairwise(seen))
