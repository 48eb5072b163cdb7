"""The time and room that what users wrote, expressions and patterns, may take of a batch beyond what is free.

What is in proportion to a row is free; who takes time here says how much that is. What goes beyond comes out of the
batch's allowance, of which one evaluation takes a small part at most: so a batch ends whatever its expressions and
values are, and one row that needs long leaves enough for the others. A batch is what is mapped or checked together: a
slice of a page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

BATCH_SECONDS = 10.0
BATCH_ELEMENTS = 2_000_000
_LARGEST_PART = 0.02
_FREE_SECONDS = 0.0002
_FREE_SECONDS_PER_CHARACTER = 1e-6


def free_seconds(text: str) -> float:
    """The seconds that a regular expression has on a text before it takes any of a batch's."""
    return _FREE_SECONDS + _FREE_SECONDS_PER_CHARACTER * len(text)


@dataclass(slots=True)
class Allowance:
    """What is left.

    seconds   of time
    elements  of room, in the unit of ``mapping.weight``
    """

    seconds: float = BATCH_SECONDS
    elements: int = BATCH_ELEMENTS

    @property
    def part(self) -> float:
        """The seconds that one evaluation may take."""
        return self.seconds * _LARGEST_PART

    def take(self, seconds: float) -> None:
        """Notes time that has been taken."""
        self.seconds = max(0.0, self.seconds - seconds)

    def hold(self, elements: int) -> bool:
        """Notes room that is needed; whether there is so much."""
        if elements > self.elements:
            return False
        self.elements -= elements
        return True


_ALLOWANCE: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def batch_allowance() -> Iterator[None]:
    """What is evaluated inside shares one allowance, that of an outer batch if there is one."""
    token = _ALLOWANCE.set(_ALLOWANCE.get() or Allowance())
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def allowance() -> Allowance:
    """The batch's allowance; outside of a batch, one of its own."""
    return _ALLOWANCE.get() or Allowance()
