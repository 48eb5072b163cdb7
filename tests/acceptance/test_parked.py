"""A source that asks to wait is waited for, however often: a chain longer than its quota ends one day."""

from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from daily_source import Daily, clicks
from headrace.runs.life import MOST_ATTEMPTS
from headrace.store import parts, runs
from source_server import Asked, Reply, reply
from tutorial_flows import DAY_MS, Flow, Json, counted

pytestmark = pytest.mark.slow

PAGES = MOST_ATTEMPTS + 3
CHAIN: Json = {
    "paginationParams": {
        "type": "CONTINUATION_TOKEN", "continuationTokenPath": "$.next", "parameterType": "QUERYPARAM",
        "parameterName": "page",
    },
}  # fmt: skip
DAILY = {"frequency": "day", "interval": 1}


@dataclass
class Metered:
    """A source that gives ``left`` pages and then asks to be left alone for a day, once; from then on it has no rows.

    given  which pages it gave, and how often
    """

    left: int = 1
    given: Counter[int] = field(default_factory=Counter)

    def answer(self, asked: Asked) -> Reply:
        if len(self.given) == PAGES:
            return reply({"rows": []})
        if not self.left:
            return reply({"message": "quota"}, 429, **{"Retry-After": "86400"})
        self.left -= 1
        page = int(parse_qs(urlsplit(asked.target).query).get("page", ["0"])[0])
        self.given[page] += 1
        following = {"next": str(page + 1)} if page + 1 < PAGES else {}
        return reply({"rows": [{"clicks": page}], **following})


def test_a_chain_that_is_longer_than_the_quota_ends(daily: Daily) -> None:
    source = Metered()
    daily.source.answer = source.answer
    start = daily.tutorial.platform.deployment.clock.now()
    flow = daily.flow(
        {"writeMode": "append"}, CHAIN, scheduleParams={**DAILY, "startTime": str((start - DAY_MS) // 1000)}
    )
    parked = flow.settled()
    for page in range(1, PAGES):
        assert_waits(flow, parked, page)
        source.left = 1
        parked = flow.settled("P1DT1M")
    *_, whole = flow.runs()
    assert whole["state"] == "success" and "waitsFor" not in whole
    assert counted(whole) == (PAGES, PAGES, 0) and clicks(flow) == [*range(PAGES)]
    assert source.given == Counter(range(PAGES))
    assert len(flow.runs()) > 1  # the schedule went on


def assert_waits(flow: Flow, run: Json, landed: int) -> None:
    """The run says until when it waits, and for what; what has landed of it is recorded, and nothing is due."""
    deployment = flow.platform.deployment
    now = deployment.clock.now()
    assert (run["state"], len(flow.runs())) == ("queued", 1)
    assert "asks to wait until" in run["waitsFor"] and now < run["notBefore"] <= now + DAY_MS
    with deployment.store.read() as conn:
        [record] = parts.listed(conn, run["id"])
        kept = runs.by_id(conn, run["id"])
    assert (record.state, len(record.raw)) == (parts.PLANNED, landed)
    assert (kept.attempt, kept.handed_back, kept.troubles) == (landed, landed, 0)
    assert flow.rows().num_rows == 0


def test_a_run_that_waits_can_be_aborted(daily: Daily) -> None:
    daily.source.answer = Metered().answer
    flow = daily.flow({"writeMode": "append"}, CHAIN)
    run = flow.settled()
    assert "asks to wait" in run["waitsFor"]
    answer = flow.api.post(f"/data/foundation/flowservice/runs/{run['id']}/action?op=abort")
    assert answer.is_success, answer.text
    daily.source.answer = lambda asked: reply({"rows": []})
    flow.settled()
    *_, aborted = flow.runs()
    assert aborted["id"] == run["id"] and aborted["state"] == "failed" and flow.rows().num_rows == 0
