"""Lambdas run for a bounded time, and what they make has a bounded size.

A lambda that is called for each element of an array takes time in proportion to the row. One inside another
multiplies, and so does one that doubles what it is given: these have a free share for each element that the outermost
one walks, and beyond it they take time out of the batch's allowance.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from headrace.allowance import Allowance, allowance
from headrace.mapping.failure import Failure
from headrace.mapping.values import LONGEST_ARRAY
from headrace.mapping.weight import weight

FREE_STEPS = 1_000
FREE_STEPS_PER_ELEMENT = 64
# Going over so many elements of a result takes about as long as a call.
_ELEMENTS_PER_STEP = 8
# The clock is read once in so many steps.
_STRIDE = 256

Call = Callable[..., object]


def bounded(call: Call) -> Call:
    """``call``, the body of a lambda, that gives a Failure as soon as its evaluation has no time left."""
    outer = _METER.get()
    if outer is not None:
        return lambda *values: outer.counted(call(*values))
    meter = _Meter()

    def run(*values: object) -> object:
        meter.free += FREE_STEPS_PER_ELEMENT
        token = _METER.set(meter)
        try:
            return meter.counted(call(*values))
        finally:
            _METER.reset(token)

    return run


@dataclass(slots=True)
class _Meter:
    """What an outermost lambda and those inside it have used.

    free     steps that take nothing out of the allowance
    steps    steps so far
    look     at how many steps the clock is read again
    since    from when on time is still to be taken out of the allowance
    allowed  the allowance, as soon as there are more steps than are free
    most     seconds that may be taken out of it
    """

    free: int = FREE_STEPS
    steps: int = 0
    look: int = 0
    since: float = field(default_factory=time.thread_time)
    allowed: Allowance | None = None
    most: float = 0.0

    def counted(self, made: object) -> object:
        """What a call has made, or the Failure that ends the evaluation."""
        if isinstance(made, Failure):
            return made
        size = weight(made, LONGEST_ARRAY)
        if size > LONGEST_ARRAY:
            return Failure(f"what a lambda makes grows beyond {LONGEST_ARRAY:,} elements")
        self.steps += 1 + size // _ELEMENTS_PER_STEP
        if self.steps > self.free and self.steps >= self.look and not self._has_time():
            told = f"its lambdas were stopped after {self.steps:,} steps; walk shorter arrays, or none inside another"
            return Failure(told, rejects=True)
        return made

    def _has_time(self) -> bool:
        now = time.thread_time()
        used, self.since = now - self.since, now
        if self.allowed is None:
            self.allowed = allowance()
            self.most = self.allowed.part
        self.allowed.take(used)
        self.most -= used
        # Whatever goes on though there is no time left is stopped at its next step.
        self.look = self.steps + (_STRIDE if self.most > 0 else 0)
        return self.most > 0


_METER: ContextVar[_Meter | None] = ContextVar("meter", default=None)
