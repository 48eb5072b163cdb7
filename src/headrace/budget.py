"""The time that one request may work, taken at the edge and carried down to whoever works in a loop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from headrace.errors import TooMuch

_clock = time.monotonic


@dataclass(frozen=True, slots=True)
class Budget:
    """When the work must be over, in seconds of a steady clock, and how long it had."""

    until: float
    seconds: float


_BUDGET: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """What works inside has so many seconds, or what is left of a budget around it."""
    around = _BUDGET.get()
    until = _clock() + seconds
    token = _BUDGET.set(around if around is not None and around.until <= until else Budget(until, seconds))
    try:
        yield
    finally:
        _BUDGET.reset(token)


def keep_on(what: str) -> None:
    """TooMuch when the budget is used up; ``what`` says what was worked at. Nothing outside of a budget.

    It costs a fraction of a microsecond: once for each item, rule or record is often enough.
    """
    budget = _BUDGET.get()
    if budget is not None and _clock() > budget.until:
        raise TooMuch(
            f"This request takes more than the {budget.seconds:g} seconds that it has, for {what}; ask for less."
        )
