"""The control plane: world, clock, journal."""

from datetime import timedelta

import pytest

from linkedin_simulator import running
from linkedin_simulator.clock import iso, parse_duration, parse_instant


def test_the_world_describes_itself(linkedin) -> None:
    world = linkedin.http.get("/_control/world").json()
    assert (world["world"], world["now"]) == ("tutorial", "2022-08-10T05:00:00Z")
    assert world["tokens"][0]["token"] == linkedin.running.token
    assert world["tokens"][0]["accounts"] == [507947502, 508670032]
    assert [account["id"] for account in world["accounts"]] == [507947502, 508670032]


def test_the_clock_moves_on_demand_only(linkedin) -> None:
    clock = "/_control/clock"
    assert linkedin.http.get(clock).json() == {"now": "2022-08-10T05:00:00Z", "epochMs": 1660107600000}
    assert linkedin.http.post(clock, json={"advance": "PT1H"}).json()["now"] == "2022-08-10T06:00:00Z"
    assert linkedin.http.post(clock, json={"now": "2022-08-01T00:00:00+02:00"}).json()["now"] == "2022-07-31T22:00:00Z"


WRONG = [
    "",
    "{}",
    "[]",
    '{"advance":"1h"}',
    '{"advance":"P1M"}',
    '{"now":"soon"}',
    '{"advance":"P1D","now":"2022-01-01"}',
    '{"advance":1}',
    '{"forward":"P1D"}',
    '{"advance":"P999999999D"}',
    '{"advance":"P9999999999D"}',
]


@pytest.mark.parametrize("body", WRONG)
def test_a_wrong_clock_change_is_refused(linkedin, body: str) -> None:
    answer = linkedin.http.post("/_control/clock", content=body)
    assert answer.status_code == 400 and answer.json()["message"]
    assert linkedin.running.now == "2022-08-10T05:00:00Z"


DURATIONS = {
    "PT1H": timedelta(hours=1),
    "P1D": timedelta(1),
    "P2W": timedelta(14),
    "P1DT2H3M4.5S": timedelta(1, 4.5, 0, 0, 3, 2),
    "PT0S": timedelta(0),
    "-PT1H": timedelta(hours=-1),
}


@pytest.mark.parametrize("text", DURATIONS)
def test_a_duration_reads(text: str) -> None:
    assert parse_duration(text) == DURATIONS[text]


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "1H", "P1Y", "P1M", "PT1H "])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


def test_an_instant_without_offset_is_utc() -> None:
    assert iso(parse_instant("2022-08-10T05:00:00.250")) == "2022-08-10T05:00:00.250Z"


def test_the_journal_holds_raw_requests_without_tokens(linkedin) -> None:
    linkedin.report()
    linkedin.get("/rest/adAccounts/urn%3Ax", "oauth2_access_token=secret&q=a")
    first, second = linkedin.http.get("/_control/requests").json()["requests"]
    assert (first["method"], first["path"], first["status"], first["elements"]) == (
        "GET",
        "/rest/adAnalytics",
        200,
        100,
    )
    assert "accounts=List(urn%3Ali%3AsponsoredAccount%3A507947502)" in first["query"]
    assert first["headers"]["authorization"] == "Bearer [redacted]" and first["headers"]["linkedin-version"] == "202609"
    assert (second["path"], second["query"]) == ("/rest/adAccounts/urn%3Ax", "oauth2_access_token=[redacted]&q=a")
    assert linkedin.running.token not in str([first, second])
    assert linkedin.http.delete("/_control/requests").json() == {"requests": []}


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "clock", 405), ("GET", "moon", 404)])
def test_unknown_control_requests_are_answered_with_what_there_is(
    linkedin, method: str, path: str, status: int
) -> None:
    answer = linkedin.http.request(method, f"/_control/{path}")
    assert answer.status_code == status and answer.json()["message"]


def test_a_clock_may_start_elsewhere() -> None:
    with running(clock="2026-11-23T00:00:00Z", seed=7) as simulator:
        assert simulator.now == "2026-11-23T00:00:00Z"
        assert simulator.simulator.world.seed == 7
