"""Time as a value that is passed in: business clocks, the monotonic timer and half-open windows."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """The business clock: windows, schedules, quotas and source tokens live on it."""

    def now(self) -> int:
        """The current instant in epoch milliseconds, UTC."""
        ...


class Timer(Protocol):
    """The monotonic timer: leases, heartbeats, back-off and our own tokens live on it."""

    def seconds(self) -> float:
        """Seconds since an arbitrary fixed point; never goes back."""
        ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


class MonotonicTimer:
    """The machine's monotonic timer."""

    def seconds(self) -> float:
        return time.monotonic()


class Window(msgspec.Struct, frozen=True, array_like=True):
    """A half-open interval [start, end) of epoch milliseconds, UTC; in JSON the pair of them."""

    start: int
    end: int


def utc(milliseconds: int) -> datetime:
    """Epoch milliseconds as an aware UTC datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def epoch_ms(moment: datetime) -> int:
    """The epoch millisecond that an aware datetime lies in."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
