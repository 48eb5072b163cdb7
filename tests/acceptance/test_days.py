"""Windows that are replaced, on a running platform: nothing doubles, nothing goes without a word."""

from datetime import date, timedelta

import pytest

from daily_source import REPLACING, Daily, clicks
from headrace.clock import utc
from tutorial_flows import DAY_MS, EXPORT, FLOWS, Flow, Json, counted, reasons

pytestmark = pytest.mark.slow

MIDNIGHT = 1_659_916_800  # 2022-08-08, epoch seconds


def day(daily: Daily, ago: int = 0) -> date:
    """The UTC day that the platform has, or one before it."""
    return utc(daily.tutorial.platform.deployment.clock.now()).date() - timedelta(days=ago)


def rejected_for(flow: Flow) -> list[str]:
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
    told = rejected_for(flow)
    assert told[0].startswith("Day 2021-03-15 was not asked for")
    assert 'row.at is "03/15/2022", which is no ISO date or time' in told[1] and "row.at is null" in told[2]


def test_figures_that_change_for_days_after_are_read_again(daily: Daily) -> None:
    daily.rows = [{"at": str(day(daily, ago)), "clicks": ago} for ago in range(5)]
    flow = daily.flow(REPLACING | {"lookback": 2}, days=4)
    assert counted(flow.settled()) == (5, 5, 0) and daily.asked == [(str(day(daily, 4)), str(day(daily)))]
    for row in daily.rows:
        row["clicks"] += 10
    run = flow.settled("PT1H")
    extensions = run["activities"][0]["durationSummary"]["extensions"]
    assert daily.asked[-1] == (str(day(daily, 2)), str(day(daily))) and clicks(flow) == [3, 4, 10, 11, 12]
    assert extensions["lookbackDays"] == 2 and "clamps" not in extensions
    assert extensions["requestedWindowStart"] - extensions["windowStart"] == 2 * DAY_MS
    assert extensions["requestedWindowEnd"] == extensions["windowEnd"]


def test_a_look_back_goes_no_further_than_the_first_window_or_the_retention(daily: Daily) -> None:
    flow = daily.flow(REPLACING, days=1, options={"lookback": 30})
    flow.settled()
    run = flow.settled("PT1H")
    extensions = run["activities"][0]["durationSummary"]["extensions"]
    assert daily.asked[-1] == daily.asked[0] and extensions["lookbackDays"] == 30


def test_a_look_back_over_rows_that_are_appended_is_refused(daily: Daily) -> None:
    body = daily.flow({**REPLACING, "lookback": 2}, days=1).shown()
    ends = {name: body[name] for name in ("name", "flowSpec", "sourceConnectionIds", "targetConnectionIds",
                                          "transformations")}  # fmt: skip
    ends["scheduleParams"] = {"startTime": MIDNIGHT, "frequency": "day", "interval": 1}
    for options, status in (
        ({"writeMode": "append"}, 400),
        ({"writeMode": "append", "lookback": 0}, 201),
        ({"lookback": "3"}, 201),
        ({"lookback": -1}, 400),
        ({"lookback": 1.5}, 400),
    ):
        answer = daily.tutorial.platform.api.post(f"{FLOWS}/flows", json={**ends, "options": options})
        assert answer.status_code == status, answer.text
        assert status == 201 or "lookback" in answer.text
        daily.tutorial.made += [answer.json()["id"]] if status == 201 else []


APART = [
    ({"startTime": MIDNIGHT, "frequency": "day", "interval": 1}, {}, 201),
    ({"startTime": MIDNIGHT, "frequency": "week", "interval": 2}, {}, 201),
    ({"startTime": MIDNIGHT + 60, "frequency": "once"}, {}, 201),
    ({"startTime": MIDNIGHT + 60, "frequency": "day", "interval": 1}, {}, 400),
    ({"startTime": MIDNIGHT, "frequency": "hour", "interval": 24}, {}, 400),
    ({"startTime": MIDNIGHT, "frequency": "day", "interval": 1}, {"period": "month"}, 400),
    (
        {"startTime": MIDNIGHT, "frequency": "day", "interval": 1},
        {"day": {"date": "row.at", "zone": "Europe/Oslo"}},
        400,
    ),
]


@pytest.mark.parametrize(("schedule", "more", "status"), APART)
def test_rows_of_days_that_windows_share_are_not_appended(
    daily: Daily, schedule: Json, more: Json, status: int
) -> None:
    body = daily.flow(REPLACING | more, days=1).shown()
    ends = {name: body[name] for name in ("name", "flowSpec", "sourceConnectionIds", "targetConnectionIds",
                                          "transformations")}  # fmt: skip
    for mode, expected in (("append", status), ("replace-window", 201)):
        flow = {**ends, "scheduleParams": schedule, "options": {"writeMode": mode}}
        answer = daily.tutorial.platform.api.post(f"{FLOWS}/flows", json=flow)
        assert answer.status_code == expected, answer.text
        assert expected == 201 or "append would double their rows" in answer.text
        daily.tutorial.made += [answer.json()["id"]] if expected == 201 else []


ALLOWED = [(REPLACING, {"mayBeEmpty": True}), (REPLACING | {"mayBeEmpty": True}, {})]


def test_an_answer_without_rows_for_days_that_hold_some_fails_and_says_how_many_would_go(daily: Daily) -> None:
    daily.rows = [{"at": str(day(daily)), "clicks": n} for n in (1, 2, 3)]
    flow = daily.flow()
    assert counted(flow.settled()) == (3, 3, 0)
    daily.rows = []
    run = flow.settled("PT1H")
    assert run["state"] == "failed" and clicks(flow) == [1, 2, 3]
    assert "of which the table holds 3" in reasons(run) and "mayBeEmpty" in reasons(run)
    [gap] = flow.shown()["gaps"]
    assert "waitsFor" in gap and flow.batches()[0]["status"] == "failed"
    steps = [{"op": "add", "path": "/options", "value": {"mayBeEmpty": "true"}}]
    changed = flow.api.patch(f"{FLOWS}/flows/{flow.id}", json=steps, headers={"If-Match": flow.shown()["etag"]})
    assert changed.status_code == 200, changed.text
    assert flow.retrigger(run).status_code == 200
    filled = flow.settled()
    assert (filled["state"], clicks(flow)) == ("success", [])
    assert filled["metrics"]["recordSummary"]["emptiedRecordCount"] == 3
    assert "emptiedRecordCount" not in flow.settled("PT1H")["metrics"]["recordSummary"]


def test_a_day_whose_rows_are_all_rejected_is_counted_with_what_it_loses(daily: Daily) -> None:
    daily.rows = [{"at": str(day(daily, ago)), "clicks": ago} for ago in (0, 1)]
    flow = daily.flow(REPLACING | {"sliceDays": 1, "lookback": 1}, days=1)
    assert counted(flow.settled()) == (2, 2, 0)
    daily.rows[0]["clicks"] = "n/a"
    run = flow.settled("PT1H")
    assert (run["state"], counted(run), clicks(flow)) == ("success", (2, 1, 1), [1])
    assert run["metrics"]["recordSummary"]["emptiedRecordCount"] == 1


@pytest.mark.parametrize(("extension", "options"), ALLOWED)
def test_where_an_answer_may_be_empty_the_run_says_how_many_rows_went(
    daily: Daily, extension: Json, options: Json
) -> None:
    daily.rows = [{"at": str(day(daily, ago)), "clicks": ago} for ago in (0, 0, 1)]
    flow = daily.flow(extension, days=1, options=options)
    assert counted(flow.settled()) == (3, 3, 0)
    daily.rows = []
    run = flow.settled("PT1H")
    assert (run["state"], clicks(flow)) == ("success", [1])
    assert run["metrics"]["recordSummary"]["emptiedRecordCount"] == 2


def test_days_that_hold_nothing_may_be_empty(daily: Daily) -> None:
    daily.rows = [{"at": str(day(daily, 1)), "clicks": 1}]
    flow = daily.flow(REPLACING | {"sliceDays": 1}, days=1)
    assert counted(flow.settled()) == (1, 1, 0)
    for _ in range(2):
        run = flow.settled("PT1H")
        assert (run["state"], counted(run), clicks(flow)) == ("success", (0, 0, 0), [1])


def test_rows_that_are_all_rejected_are_no_empty_answer(daily: Daily) -> None:
    daily.rows = [{"at": str(day(daily)), "clicks": 1}]
    flow = daily.flow()
    flow.settled()
    daily.rows = [{"at": str(day(daily)), "clicks": "many"}]
    run = flow.settled("PT1H")
    assert run["state"] == "failed" and "All 1 records were rejected" in reasons(run) and clicks(flow) == [1]
