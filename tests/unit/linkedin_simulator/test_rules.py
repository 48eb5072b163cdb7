"""Registry and calendar: facts as data."""

from datetime import date

import pytest

from linkedin_simulator import metrics
from linkedin_simulator.periods import Period, months_before, period_of
from linkedin_simulator.worlds.numbers import split


def test_the_registry_is_complete() -> None:
    assert (len(metrics.LONG), len(metrics.MONEY), len(metrics.DOUBLE), len(metrics.ALL)) == (85, 22, 10, 117)


@pytest.mark.parametrize(
    ("name", "version", "known"),
    [
        ("approximateUniqueImpressions", 202312, True),
        ("approximateUniqueImpressions", 202401, False),
        ("approximateMemberReach", 202401, True),
        ("appointmentsScheduled", 202604, False),
        ("appointmentsScheduled", 202605, True),
        ("eventViews", 202512, False),
        ("costPerEventView", 202601, True),
        ("pivotValue", 202609, False),
        ("spend", 202609, False),
    ],
)
def test_versions_gate_metrics(name: str, version: int, known: bool) -> None:
    assert metrics.is_known(name, version) is known


@pytest.mark.parametrize(
    ("name", "pivot", "given"),
    [
        ("cardClicks", "MEMBER_COUNTRY_V2", False),
        ("cardClicks", "IMPRESSION_DEVICE_TYPE", True),
        ("jobApplications", "MEMBER_COUNTRY_V2", False),
        ("talentLeads", "MEMBER_COUNTRY_V2", True),
        ("talentLeads", "IMPRESSION_DEVICE_TYPE", False),
        ("externalWebsiteConversions", "IMPRESSION_DEVICE_TYPE", True),
        ("externalWebsitePostViewConversions", "IMPRESSION_DEVICE_TYPE", False),
        ("cardClicks", "CREATIVE", True),
    ],
)
def test_some_pivots_lack_metrics(name: str, pivot: str, given: bool) -> None:
    assert metrics.is_given(name, [pivot], 30) is given


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2022, 8, 10), 6, date(2022, 2, 10)),
        (date(2022, 8, 31), 6, date(2022, 2, 28)),
        (date(2022, 1, 5), 24, date(2020, 1, 5)),
        (date(2022, 3, 31), 3, date(2021, 12, 31)),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        ("DAILY", Period(date(2022, 2, 20), date(2022, 2, 20))),
        ("MONTHLY", Period(date(2022, 2, 10), date(2022, 2, 28))),
        ("YEARLY", Period(date(2022, 2, 10), date(2022, 12, 31))),
        ("ALL", Period(date(2022, 2, 10), date(2023, 8, 10))),
    ],
)
def test_periods_are_clipped_to_what_was_asked(granularity: str, expected: Period) -> None:
    assert period_of(date(2022, 2, 20), granularity, Period(date(2022, 2, 10), date(2023, 8, 10))) == expected


@pytest.mark.parametrize(("total", "weights"), [(10, [1, 1, 1]), (0, [3, 4]), (139, [7, 0, 2]), (1, [5, 5])])
def test_a_split_adds_up(total: int, weights: list[int]) -> None:
    shares = split(total, weights)
    assert sum(shares) == total and all(share == 0 for share, weight in zip(shares, weights, strict=True) if not weight)
