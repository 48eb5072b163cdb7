"""Work has so much time, and whoever works in a loop learns that it is over."""

from collections.abc import Iterator

import pytest

from headrace import budget
from headrace.errors import TooMuch


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(budget, "_clock", made)
    yield made


def test_work_goes_on_until_its_time_is_over(clock: Clock) -> None:
    with budget.limited(20):
        clock.now = 20
        budget.keep_on("it")
        clock.now = 20.1
        with pytest.raises(TooMuch, match=r"more than the 20 seconds that it has, for its steps; ask for less"):
            budget.keep_on("its steps")
    budget.keep_on("nothing limits it any more")


def test_what_is_inside_another_budget_has_no_more_than_that(clock: Clock) -> None:
    with budget.limited(10), budget.limited(30):
        clock.now = 15
        with pytest.raises(TooMuch, match="10 seconds"):
            budget.keep_on("it")
    with budget.limited(30), budget.limited(10):
        clock.now = 30
        with pytest.raises(TooMuch, match="10 seconds"):
            budget.keep_on("it")
