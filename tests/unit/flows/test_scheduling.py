"""Schedules as clients write them: texts, numbers, aepp's spellings, and each rule with its code."""

from typing import Any

import pytest

from headrace import sources
from headrace.errors import Invalid
from headrace.flows import scheduling
from headrace.flows.scheduling import Timing

[LINKEDIN] = [spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads"]
ANY = {"name": "any"}
START = 1_625_040_887_000
CREATED = 1_660_107_600_123

READ = [
    ({"startTime": "1625040887", "frequency": "hour", "interval": 1}, Timing("hour", 1, START, True)),
    (
        {"startTime": 1625040887, "frequency": "Day", "interval": "24", "backfill": "False"},
        Timing("day", 24, START, False),
    ),
    ({"startTime": "1625040887", "frequency": "once"}, Timing("once", 1, START, True)),
    (
        {"startTime": "2021-06-30T08:14:47", "frequency": "minute", "interval": "15"},
        Timing("minute", 15, START, True),
    ),
    ({"frequency": "week", "interval": 2}, Timing("week", 2, 1_660_107_600_000, True)),
    (
        {"timeUnit": "day", "interval": 0, "exportMode": "DAILY_FULL_EXPORT", "foldernameTemplate": "x"},
        Timing("once", 1, 1_660_107_600_000, True),
    ),
]


@pytest.mark.parametrize(("params", "timing"), READ)
def test_a_schedule_is_read_from_texts_and_numbers(params: dict[str, Any], timing: Timing) -> None:
    assert scheduling.read({"scheduleParams": params}, ANY, CREATED) == timing


HOURLY = {"startTime": "1", "frequency": "hour", "interval": 1}
REFUSED = [
    ({}, "1317"),
    ({"startTime": "1"}, "1397"),
    ({**HOURLY, "frequency": "month"}, "1397"),
    ({**HOURLY, "frequency": 5}, "1397"),
    ({**HOURLY, "frequency": "once"}, "1361"),
    ({"startTime": "1", "frequency": "once", "backfill": True}, "1364"),
    ({"startTime": "1", "frequency": "hour"}, "1304"),
    ({**HOURLY, "interval": 0}, "1362"),
    ({**HOURLY, "interval": -1}, "1362"),
    ({**HOURLY, "interval": 10**9}, "1362"),
    ({**HOURLY, "frequency": "minute", "interval": "14"}, "1362"),
    ({**HOURLY, "interval": "often"}, "1312"),
    ({**HOURLY, "interval": True}, "1312"),
    ({**HOURLY, "backfill": "perhaps"}, "1312"),
    ({**HOURLY, "startTime": "soon"}, "1340"),
    ({**HOURLY, "startTime": "20-20-20"}, "1340"),
    ({**HOURLY, "startTime": 1625040887000000}, "1340"),
    ({**HOURLY, "startTime": -1}, "1340"),
    ("hourly", "1312"),
]


@pytest.mark.parametrize(("params", "code"), REFUSED)
def test_a_schedule_that_breaks_a_rule_gets_its_code(params: object, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        scheduling.read({"scheduleParams": params}, ANY, CREATED)
    assert caught.value.facts["code"] == code


@pytest.mark.parametrize("frequency", ["minute", "week", "once"])
def test_linkedin_runs_by_the_hour_or_the_day(frequency: str) -> None:
    params = {"startTime": "1", "frequency": frequency} | ({} if frequency == "once" else {"interval": 15})
    with pytest.raises(Invalid, match="hour, day"):
        scheduling.read({"scheduleParams": params}, LINKEDIN, CREATED)


BEFORE = Timing("hour", 1, START, True)


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (Timing("hour", 1, START + 1000, True), "1366"),
        (Timing("hour", 1, START, False), "1404"),
    ],
)
def test_a_started_schedule_keeps_its_beginning(after: Timing, code: str) -> None:
    scheduling.check_change(BEFORE, after, START - 1)
    with pytest.raises(Invalid) as caught:
        scheduling.check_change(BEFORE, after, START)
    assert caught.value.facts["code"] == code


def test_a_started_schedule_may_change_its_pace() -> None:
    scheduling.check_change(BEFORE, Timing("day", 2, START, True), START + 1)
