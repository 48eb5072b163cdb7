"""What the simulated LinkedIn holds: on which days it has a row, and on which of them no mapping takes it as it is."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from linkedin_simulator.simulator import Simulator
from linkedin_simulator.worlds.tutorial import MAIN, SPOILED_DAY

CLOCK = "2022-08-10T05:00:00Z"
FIRST_DAY, LAST_DAY = date(2022, 3, 1), date(2022, 8, 9)  # inside the six months that the source keeps


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a flow's rows: ``good`` ones are written at once, a ``bad`` one is quarantined."""

    good: frozenset[date]
    bad: frozenset[date]

    @property
    def all(self) -> frozenset[date]:
        """Every day that has a row."""
        return self.good | self.bad


def days_from(first: date) -> Days:
    """The days on which the tutorial's account has a row, from ``first`` on: one row a day."""
    days = {day for day in _days() if day >= first}
    return Days(frozenset(days - {SPOILED_DAY}), frozenset(days & {SPOILED_DAY}))


@cache
def _days() -> frozenset[date]:
    world = Simulator.of("tutorial").world
    return frozenset(event.day for event in world.activity(world.placements([MAIN]), FIRST_DAY, LAST_DAY))
