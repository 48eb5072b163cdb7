"""Refresh, expiry, introspection and revocation on the virtual clock."""

from typing import Any

import pytest

from linkedin_simulator import Running, running

DAY = 86_400
EXCHANGE = "/oauth/v2/accessToken"


@pytest.fixture
def simulator() -> Any:
    with running() as fresh:  # its own: tokens issued here would stay
        yield fresh


def form(simulator: Running, **changes: str) -> dict[str, str]:
    world, first = simulator.simulator.world, simulator.simulator.tokens.all()[0]
    return {
        "grant_type": "refresh_token",
        "refresh_token": first.refresh_token,
        "client_id": world.client_id,
        "client_secret": world.client_secret,
    } | changes


def test_an_expired_token_is_replaced_by_refreshing(linkedin, simulator) -> None:
    simulator.advance("P60D")
    assert linkedin.get("/rest/adAccounts", "q=search").json()["serviceErrorCode"] == 65602
    fresh = linkedin.http.post(EXCHANGE, data=form(simulator)).json()
    token = f"Bearer {fresh['access_token']}"
    assert linkedin.get("/rest/adAccounts", "q=search", authorization=token).status_code == 200
    assert fresh["refresh_token"] == form(simulator)["refresh_token"] and fresh["scope"] == "r_ads,r_ads_reporting"


@pytest.mark.parametrize(("day", "access", "consent"), [(0, 60, 365), (59, 60, 306), (360, 5, 5)])
def test_refreshing_never_extends_the_consent(linkedin, simulator, day: int, access: int, consent: int) -> None:
    simulator.advance(f"P{day}D")
    answer = linkedin.http.post(EXCHANGE, data=form(simulator)).json()
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (access * DAY, consent * DAY)


def test_after_a_year_the_member_must_consent_again(linkedin, simulator) -> None:
    simulator.advance("P365D")
    answer = linkedin.http.post(EXCHANGE, data=form(simulator))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


REFUSED = [
    ({"grant_type": ""}, 400, "invalid_request", 'A required parameter "grant_type" is missing'),
    ({"refresh_token": ""}, 400, "invalid_request", 'A required parameter "refresh_token" is missing'),
    ({"refresh_token": "x"}, 400, "invalid_request", "invalid, expired or revoked"),
    ({"client_id": "x"}, 401, "invalid_client", "failed"),
    ({"client_secret": "x"}, 401, "invalid_client", "failed"),
    ({"grant_type": "authorization_code"}, 401, "invalid_request", "authorization code not found"),
    ({"grant_type": "password"}, 400, "invalid_request", "not supported"),
]


@pytest.mark.parametrize(("changes", "status", "error", "text"), REFUSED)
def test_a_refused_exchange_says_why(linkedin, simulator, changes, status: int, error: str, text: str) -> None:
    answer = linkedin.http.post(EXCHANGE, data=form(simulator, **changes))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert text in answer.json()["error_description"]


def test_the_exchange_takes_a_posted_form_only(linkedin) -> None:
    assert linkedin.http.get(EXCHANGE).status_code == 405
    assert linkedin.http.post(EXCHANGE, json={}).status_code == 400


def test_introspection(linkedin, simulator) -> None:
    client = {key: value for key, value in form(simulator).items() if key.startswith("client")}
    asked = [token.token for token in simulator.simulator.tokens.all()] + ["unknown"]
    answers = [linkedin.http.post("/oauth/v2/introspectToken", data={**client, "token": t}).json() for t in asked]
    assert [answer.get("status") for answer in answers] == ["active"] * 4 + ["expired", "revoked", None]
    assert answers[0]["expires_at"] - answers[0]["created_at"] == 60 * DAY
    assert answers[-1] == {"active": False}


def test_a_revoked_token_and_its_consent_are_gone(linkedin, simulator) -> None:
    linkedin.http.post("/_control/tokens", json={"revoke": simulator.token}).raise_for_status()
    assert linkedin.get("/rest/adAccounts", "q=search").json()["serviceErrorCode"] == 65601
    assert linkedin.http.post(EXCHANGE, data=form(simulator)).status_code == 400
    assert linkedin.http.post("/_control/tokens", json={"revoke": "unknown"}).status_code == 400


def test_the_journal_keeps_no_secret_of_an_exchange(linkedin, simulator) -> None:
    linkedin.http.post(EXCHANGE, data=form(simulator))
    (entry,) = simulator.requests()
    assert entry.path == EXCHANGE and entry.form is None
