"""What the trial of killed workers counts: it sees a row that is lost, doubled or foreign, and a unit gone wrong."""

from collections import Counter
from datetime import date

import pytest
from bench.kills.counting import Rows, compare
from bench.kills.source import days_from
from bench.kills.work import RUN, Answer, Unit

EXPECTED: set[object] = {"a", "b", "c"}
CASES = {
    "all are there": ("abc", Rows(3, 3, 0, 0, 0)),
    "one is lost": ("ab", Rows(3, 2, 1, 0, 0)),
    "one is there three times": ("abbbc", Rows(3, 3, 0, 2, 0)),
    "one is lost, another one doubled": ("aab", Rows(3, 2, 1, 1, 0)),
    "two should be gone": ("abcxx", Rows(3, 3, 0, 0, 2)),
    "the table is empty": ("", Rows(3, 0, 3, 0, 0)),
}


@pytest.mark.parametrize("name", CASES)
def test_rows_are_counted_by_their_keys(name: str) -> None:
    keys, rows = CASES[name]
    assert compare(EXPECTED, Counter(keys)) == rows
    assert rows.whole == (name == "all are there")


RIGHT = Answer("id", "success", (3, 2, 1), balanced=True)
ANSWERS = {
    "it is as it must be": (RIGHT, True),
    "it never began": (None, False),
    "it failed": (Answer("id", "failed", (3, 2, 1), balanced=True), False),
    "it counted other rows": (Answer("id", "success", (3, 3, 0), balanced=True), False),
    "it does not balance": (Answer("id", "success", (3, 2, 1), balanced=False), False),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_unit_is_judged_by_its_end_and_its_counts(name: str) -> None:
    answer, right = ANSWERS[name]
    unit = Unit(RUN, lambda: answer, "success", (3, 2, 1))
    unit.answer = unit.look()
    assert unit.right is right


def test_a_flow_has_the_days_from_its_start_on() -> None:
    late = days_from(date(2022, 8, 4))
    assert late.good == {date(2022, 8, 4), date(2022, 8, 9)} and late.bad == set()
    assert days_from(date(2022, 5, 17)).bad == {date(2022, 5, 17)}
