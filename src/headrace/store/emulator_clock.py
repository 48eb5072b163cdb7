"""The emulator's business clock: wall time plus an offset row that every process reads."""

import time

import sqlalchemy as sa

from headrace.store import locks
from headrace.store.engine import Store
from headrace.store.metadata import Millis, metadata

clock_offset = sa.Table(
    "clock_offset",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("offset_ms", Millis, nullable=False),
)
THE_ROW = 1
_OFFSET = sa.select(clock_offset.c.offset_ms)


class EmulatorClock:
    """A clock that can be moved. It reads the shared offset each time, so all processes agree."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> int:
        with self._store.read() as conn:
            return wall_ms() + offset(conn)


def wall_ms() -> int:
    """The machine's own time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def offset(conn: sa.Connection) -> int:
    """How far the business clock is ahead of the wall clock, in milliseconds."""
    return conn.execute(_OFFSET).scalar_one_or_none() or 0


def move_to(conn: sa.Connection, now: int) -> None:
    """Moves the business clock to ``now`` (epoch ms); from there it runs on at wall speed."""
    locks.hold(conn, "the clock")
    value = now - wall_ms()
    if conn.execute(clock_offset.update().values(offset_ms=value)).rowcount == 0:
        conn.execute(clock_offset.insert().values(id=THE_ROW, offset_ms=value))
