"""Faults: each does what it says, meets whom it should, and is used up."""

import time

import httpx2
import pytest

STATUSES = [
    (400, {}, "ILLEGAL_ARGUMENT"),
    (401, {}, "EXPIRED_ACCESS_TOKEN"),
    (401, {"code": 65601}, "REVOKED_ACCESS_TOKEN"),
    (403, {}, "ACCESS_DENIED"),
    (404, {}, "RESOURCE_NOT_FOUND"),
    (426, {}, "NONEXISTENT_VERSION"),
    (429, {"retry_after": 3}, "TOO_MANY_REQUESTS"),
    (500, {}, "SERVER_ERROR"),
    (503, {"retry_after": 1}, "SERVER_ERROR"),
]


@pytest.mark.parametrize(("status", "details", "code"), STATUSES)
def test_a_status_fault_answers_as_linkedin_does_once(linkedin, simulator, status: int, details, code: str) -> None:
    simulator.fault("status", status=status, **details)
    answer = linkedin.report()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("retry-after") == (str(details["retry_after"]) if "retry_after" in details else None)
    assert linkedin.report().status_code == 200


@pytest.mark.parametrize(
    ("limit", "text"), [("DAY", "DAY limit"), ("SECOND", "SECOND limit"), ("VOLUME", "45 million")]
)
def test_a_throttle_is_worded(linkedin, simulator, limit: str, text: str) -> None:
    simulator.fault("status", status=429, limit=limit)
    assert text in linkedin.report().json()["message"]


def test_html(linkedin, simulator) -> None:
    simulator.fault("html")
    simulator.fault("html", status=502)
    answers = [linkedin.report(), linkedin.report()]
    assert [answer.status_code for answer in answers] == [200, 502]
    assert all(answer.headers["content-type"].startswith("text/html") for answer in answers)


def test_truncated_json(linkedin, simulator) -> None:
    simulator.fault("truncated")
    answer = linkedin.report()
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()


def test_a_connection_that_breaks_in_the_body(linkedin, simulator) -> None:
    simulator.fault("reset")
    with pytest.raises(httpx2.RemoteProtocolError):
        linkedin.report()
    assert linkedin.report().status_code == 200


def test_15000_elements(linkedin, simulator) -> None:
    simulator.fault("cap")
    assert len(linkedin.elements()) == 15_000
    assert len(linkedin.elements()) == 100


def test_a_malformed_element(linkedin, simulator) -> None:
    simulator.fault("malformed", index=1)
    simulator.fault("malformed", element=[1])
    first, second = linkedin.elements(), linkedin.elements()
    assert (len(first), first[1], second[0]) == (101, "malformed", [1])


def test_a_delayed_answer_is_right(linkedin, simulator) -> None:
    simulator.fault("delay", seconds=0.05)
    started = time.monotonic()
    assert len(linkedin.elements()) == 100
    assert time.monotonic() - started >= 0.05


def test_a_hanging_request_does_not_hold_up_others_and_ends_with_its_client(linkedin, simulator) -> None:
    simulator.fault("hang", seconds=60)
    with pytest.raises(httpx2.ReadTimeout), httpx2.Client(timeout=0.05, trust_env=False) as impatient:
        impatient.get(f"{simulator.url}/rest/adAnalytics")
    assert linkedin.report().status_code == 200
    while len(simulator.requests()) < 2:
        time.sleep(0.005)
    assert {(entry.status, entry.fault) for entry in simulator.requests()} == {(None, "hang"), (200, None)}


def test_a_hang_ends_as_504(linkedin, simulator) -> None:
    simulator.fault("hang", seconds=0.01)
    assert linkedin.report().status_code == 504


def test_faults_are_consumed_in_order_by_matching_requests(linkedin, simulator) -> None:
    simulator.fault("status", status=500, times=2, path="/rest/adAnalytics")
    simulator.fault("status", status=503, path="/rest/adAnalytics", after=1)
    assert linkedin.get("/rest/adAccounts", "q=search").status_code == 200
    assert [linkedin.report().status_code for _ in range(5)] == [500, 500, 200, 503, 200]


def test_a_fault_without_an_end_lasts_until_deleted(linkedin, simulator) -> None:
    linkedin.http.post("/_control/faults", json={"kind": "status", "status": 500, "times": None})
    assert {linkedin.report().status_code for _ in range(3)} == {500}
    linkedin.http.delete("/_control/faults")
    assert linkedin.report().status_code == 200


def test_faults_over_http(linkedin) -> None:
    one = {"kind": "status", "status": 429, "retryAfter": 2}
    for body in (one, [one], {"faults": [one]}):
        answer = linkedin.http.post("/_control/faults", json=body)
        assert answer.status_code == 200, answer.text
    assert linkedin.http.get("/_control/faults").json() == {"faults": [one] * 3}


WRONG = [
    {"kind": "fire"},
    {"kind": "status"},
    {"kind": "status", "status": 418},
    {"kind": "status", "status": 429, "limit": "WEEK"},
    {"kind": "hang", "seconds": -1},
    {"kind": "html", "times": 0},
    {"kind": "html", "colour": "red"},
    [{"kind": "html"}, {"kind": "fire"}],
]


@pytest.mark.parametrize("body", WRONG, ids=str)
def test_a_wrong_fault_is_refused_whole(linkedin, body: object) -> None:
    answer = linkedin.http.post("/_control/faults", json=body)
    assert answer.status_code == 400 and answer.json()["message"]
    assert linkedin.http.get("/_control/faults").json() == {"faults": []}
