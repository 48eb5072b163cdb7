"""Windows that are replaced, on a running platform: nothing doubles, nothing goes without a word."""

from datetime import date, timedelta

import pytest

from daily_source import Daily, clicks
from headrace.clock import utc
from tutorial_flows import EXPORT, Flow, counted

pytestmark = pytest.mark.slow


def day(daily: Daily, ago: int = 0) -> date:
    """The UTC day that the platform has, or one before it."""
    return utc(daily.tutorial.platform.deployment.clock.now()).date() - timedelta(days=ago)


def reasons_of(flow: Flow) -> list[str]:
    """Why records of the newest batch were rejected."""
    samples = flow.api.get(f"{EXPORT}/batches/{flow.batches()[0]['id']}/meta?path=row_error_samples.json").json()
    return sorted(sample["message"] for sample in samples)


def test_rows_without_a_day_that_was_asked_for_never_land_however_often_they_come(daily: Daily) -> None:
    daily.rows = [{"at": str(day(daily, ago)), "clicks": ago} for ago in (0, 1, 2)]
    daily.odd = [{"at": "03/15/2022", "clicks": 100}, {"at": None, "clicks": 101}, {"at": "2021-03-15", "clicks": 102}]
    flow = daily.flow(days=2)
    assert counted(flow.settled()) == (6, 3, 3) and clicks(flow) == [0, 1, 2]
    daily.rows[0]["clicks"] = 7
    for _ in range(2):
        run = flow.settled("PT1H")
        assert (run["state"], counted(run), clicks(flow)) == ("success", (4, 1, 3), [1, 2, 7])
    told = reasons_of(flow)
    assert told[0].startswith("Day 2021-03-15 was not asked for")
    assert 'row.at is "03/15/2022", which is no ISO date or time' in told[1] and "row.at is null" in told[2]
