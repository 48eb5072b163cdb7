"""What every request passes: token, version, protocol, size, tunnelling."""

import pytest

from linkedin_simulator import versions
from linkedin_simulator.clock import parse_instant

DAY = "dateRange=(start:(year:2022,month:8,day:9),end:(year:2022,month:8,day:9))"
REST = "q=analytics&pivot=ACCOUNT&timeGranularity=DAILY&accounts=List(urn%3Ali%3AsponsoredAccount%3A507947502)"
QUERY = f"{REST}&{DAY}"
FLAT = (
    "start=0&q=analytics&pivot=ACCOUNT&timeGranularity=DAILY&count=10000&accounts[0]=urn:li:sponsoredAccount:507947502"
    "&dateRange.start.day=9&dateRange.start.month=8&dateRange.start.year=2022"
    "&dateRange.end.day=9&dateRange.end.month=8&dateRange.end.year=2022&fields=impressions,clicks"
)
PATH = "/rest/adAnalytics"
ROW = [{"impressions": 18423, "clicks": 136}]
FORM = "application/x-www-form-urlencoded"

REFUSED = [
    ({"authorization": None}, 401, "EMPTY_ACCESS_TOKEN", None),
    ({"authorization": "Basic eA=="}, 401, "EMPTY_ACCESS_TOKEN", None),
    ({"authorization": "Bearer unknown"}, 401, "INVALID_ACCESS_TOKEN", 65600),
    ({"authorization": "5"}, 401, "REVOKED_ACCESS_TOKEN", 65601),
    ({"authorization": "4"}, 401, "EXPIRED_ACCESS_TOKEN", 65602),
    ({"authorization": "3"}, 403, "ACCESS_DENIED", 100),
    ({"linkedin_version": None}, 400, "VERSION_MISSING", None),
    ({"linkedin_version": "202504"}, 426, "NONEXISTENT_VERSION", None),
    ({"linkedin_version": "202107"}, 426, "NONEXISTENT_VERSION", None),
    ({"linkedin_version": "latest"}, 426, "NONEXISTENT_VERSION", None),
    ({"x_restli_protocol_version": "3.0.0"}, 400, "ILLEGAL_ARGUMENT", None),
]


@pytest.mark.parametrize(("headers", "status", "code", "service_code"), REFUSED, ids=lambda case: str(case)[:50])
def test_refusals_have_linkedins_bodies(linkedin, headers, status, code, service_code) -> None:
    number = headers.get("authorization") or ""
    if number.isdigit():
        token = linkedin.running.simulator.tokens.all()[int(number)].token
        headers = {"authorization": f"Bearer {token}"}
    answer = linkedin.get(PATH, QUERY, **headers)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body.get("serviceErrorCode") == service_code
    assert answer.headers["x-restli-error-response"] == "true"


def test_a_dead_version_is_echoed_with_a_day(linkedin) -> None:
    body = linkedin.get(PATH, QUERY, linkedin_version="202502").json()
    assert body["message"] == "Requested version 20250201 is not active"


def test_a_missing_scope_names_resource_finder_and_version(linkedin, simulator) -> None:
    token = simulator.simulator.tokens.all()[3].token
    body = linkedin.get(PATH, QUERY, authorization=f"Bearer {token}").json()
    assert body["message"] == "Not enough permissions to access: adAnalytics.FINDER-analytics.20260901"


ALIVE = [
    (202609, "2015-01-01", True),
    (202609, "2040-01-01", True),
    (202511, "2025-10-31", False),
    (202511, "2025-11-20", True),
    (202511, "2026-11-15", True),
    (202511, "2026-11-16", False),
    (202509, "2026-09-14", True),
    (202509, "2026-09-15", False),
    (202205, "2022-06-01", False),
    (202213, "2022-08-01", False),
]


@pytest.mark.parametrize(("version", "day", "alive"), ALIVE)
def test_a_version_lives_for_a_year(version: int, day: str, alive: bool) -> None:
    assert versions.is_alive(version, parse_instant(day).date()) is alive


@pytest.mark.parametrize("header", ["202208", "202208.01", "202609"])
def test_living_versions_answer(linkedin, header: str) -> None:
    assert linkedin.get(PATH, QUERY, linkedin_version=header).json()["elements"] == ROW


def test_a_metric_newer_than_the_version_is_unknown(linkedin, problems) -> None:
    query = f"{QUERY}&fields=eventViews,clicks"
    assert problems(linkedin.get(PATH, query, linkedin_version="202208")) == [("PARAM_INVALID", "fields")]
    assert linkedin.get(PATH, query).status_code == 200


def test_without_the_protocol_header_the_old_syntax_holds(linkedin, problems) -> None:
    assert linkedin.get(PATH, FLAT, x_restli_protocol_version=None).json()["elements"] == ROW
    old = problems(linkedin.get(PATH, QUERY, x_restli_protocol_version=None))
    assert ("FIELD_INVALID", "accounts") in old and ("PARAM_INVALID", "dateRange") in old


@pytest.mark.parametrize(("query", "protocol"), [(QUERY, "2.0.0"), (FLAT, "1.0.0")])
def test_a_query_may_travel_in_the_body(linkedin, query: str, protocol: str) -> None:
    headers = {**linkedin.headers, "X-HTTP-Method-Override": "GET", "Content-Type": FORM}
    headers["X-Restli-Protocol-Version"] = protocol
    answer = linkedin.http.post(PATH, content=query.encode(), headers=headers)
    assert answer.json()["elements"] == ROW
    assert linkedin.running.requests()[-1].form == query


def test_tunnelling_needs_the_form_type_and_the_override(linkedin) -> None:
    assert linkedin.http.post(PATH, content=b"q=analytics", headers=linkedin.headers).status_code == 405
    headers = {**linkedin.headers, "X-HTTP-Method-Override": "GET", "Content-Type": "application/json"}
    assert linkedin.http.post(PATH, content=b"q=analytics", headers=headers).status_code == 400
    assert linkedin.http.put(PATH, content=b"", headers=linkedin.headers).status_code == 405


def test_a_long_query_must_be_tunnelled(linkedin) -> None:
    urns = ",".join(f"urn%3Ali%3AsponsoredCampaign%3A{n}" for n in range(188230417, 188230417 + 140))
    query = f"{QUERY}&campaigns=List({urns})"
    assert linkedin.get(PATH, query).status_code == 414
    headers = {**linkedin.headers, "X-HTTP-Method-Override": "GET", "Content-Type": FORM}
    assert linkedin.http.post(PATH, content=query.encode(), headers=headers).json()["elements"]


def test_long_headers_and_segments_are_too_long(linkedin) -> None:
    assert linkedin.get(PATH, QUERY, x_filler="x" * 29_000).status_code == 414
    assert linkedin.get(f"/rest/{'x' * 5000}").status_code == 414


@pytest.mark.parametrize("path", ["/rest/nothing", "/v2/adAnalyticsV2", "/", "/rest/adAnalytics/1", "/rest/"])
def test_unknown_paths_are_not_found(linkedin, path: str) -> None:
    answer = linkedin.get(path, QUERY)
    assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND")


def test_a_malformed_path_is_refused(linkedin) -> None:
    assert linkedin.get("/rest/adAccounts/%ff").status_code == 400
