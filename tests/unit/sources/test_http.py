"""Requests to sources: what each fault becomes, how often it is tried, what an error must not show."""

import pytest

from headrace import errors
from headrace.sources import Request, guard
from headrace.sources.answers import any_body, whole_json
from headrace.sources.auth import Access
from source_server import BEARER, Reply, reply

SECRET = "AQX-very-secret"


def access(**credentials):
    return Access(BEARER, {"accessToken": SECRET, **credentials})


FAULTS = {
    "401": (Reply(401), errors.SourceUnauthorized, 1),
    "403": (Reply(403), errors.SourceForbidden, 1),
    "404": (Reply(404), errors.SourceMissing, 1),
    "400": (Reply(400), errors.SourceRejected, 1),
    "414": (Reply(414), errors.SourceRejected, 1),
    "426": (Reply(426), errors.SourceRejected, 1),
    "429": (Reply(429), errors.SourceThrottled, 3),
    "429 until tomorrow": (Reply(429, headers={"Retry-After": "86400"}), errors.SourceThrottled, 3),
    "500": (Reply(500, b"<html>"), errors.SourceTroubled, 3),
    "503": (Reply(503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), errors.SourceTroubled, 3),
    "html": (Reply(200, b"<!doctype html><p>Sign in"), errors.SourceUnreadable, 3),
    "truncated json": (Reply(200, b'{"rows":[{"a":1},'), errors.SourceUnreadable, 3),
    "broken off": (Reply(200, b'{"rows":[', promise=100), errors.SourceUnreadable, 3),
    "empty": (Reply(200, b""), errors.SourceUnreadable, 3),
    "oversize": (Reply(200, b'"' + b"x" * 100_000 + b'"'), errors.SourceTooLarge, 1),
    "hang": (Reply(hang=True), errors.SourceTimeout, 3),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_error_and_is_tried_within_limits(source, http, name):
    told, error, attempts = FAULTS[name]
    source.script = [told]
    with pytest.raises(error):
        http.send(Request("GET", f"{source.url}/x"), access(), whole_json)
    assert len(source.asked) == attempts


@pytest.mark.parametrize("fault", [Reply(429), Reply(502), Reply(200, b"<html>"), Reply(200, b"{", promise=9)])
def test_a_passing_fault_passes(source, http, fault):
    source.script = [fault, reply({"ok": 1})]
    assert http.send(Request("GET", f"{source.url}/x"), access(), whole_json).body == b'{"ok":1}'


def test_the_log_says_what_is_tried_again_why_and_when(source, http, caplog):
    source.script = [reply({"message": f"token {SECRET}\nis slow"}, 503), reply({})]
    http.send(Request("GET", f"{source.url}/x", "key=${accessToken}"), access())
    [line] = [
        f"{one.name} {one.getMessage()}" for one in caplog.records if "stamina" in one.name or "Attempt" in one.msg
    ]
    assert line.startswith("headrace.sources.http Attempt 2 follows in 0.0 s: ")
    assert f"{source.url}/x?key=" in line and "answered 503" in line and "is slow" in line
    assert SECRET not in line and "\n" not in line


def test_the_source_is_asked_byte_for_byte(source, http):
    source.script = [reply({})]
    query = "dateRange=(start:(year:2022,month:8),end:())&accounts=List(urn%3Ali%3Aa%3A1,b)&page[after]=x%2By"
    answer = http.send(Request("GET", f"{source.url}/a%2Fb", query, {"X-Version": "202609"}), access())
    [asked] = source.asked
    assert asked.target == f"/a%2Fb?{query}" and answer.url.endswith(asked.target)
    assert asked.headers["authorization"] == f"Bearer {SECRET}" and asked.headers["x-version"] == "202609"


def test_secrets_reach_the_source_and_no_error(source, http):
    source.script = [reply({"message": f"token {SECRET} is odd"}, 403)]
    request = Request("GET", f"{source.url}/x", "key=${accessToken}", {"X-Key": "${accessToken}"})
    with pytest.raises(errors.SourceForbidden) as caught:
        http.send(request, access())
    assert source.asked[0].target == f"/x?key={SECRET}" and source.asked[0].headers["x-key"] == SECRET
    assert SECRET not in str(caught.value) and "is odd" in caught.value.message
    assert SECRET not in repr(access())


def test_nobody_answers(http):
    with pytest.raises(errors.SourceUnreachable):
        http.send(Request("GET", "http://127.0.0.1:1/x"), access())


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://source.test/x", "http:///x"])
def test_only_http_urls(http, url):
    with pytest.raises(errors.SourceHostRefused):
        http.send(Request("GET", url), access())


def test_environment_proxies_are_not_used(source, client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    source.script = [reply({})]
    assert client(allow_private=True).send(Request("GET", f"{source.url}/x"), access())


# -- tokens ------------------------------------------------------------------------------------------------------


def renewing(asked):
    if asked.target == "/token":
        return reply({"access_token": "second", "expires_in": 1, "refresh_token": "r2"})
    return reply({}) if asked.headers["authorization"] == "Bearer second" else reply({}, 401)


def test_a_401_renews_the_token_once_and_tells_the_caller(source, http):
    source.answer, told = renewing, []
    credentials = {
        "accessToken": "first",
        "refreshToken": "r1",
        "clientSecret": "c",
        "accessTokenUrl": source.url + "/token",
    }
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials, told.append))
    assert source.targets == ["/x", "/token", "/x"] and told == [{"accessToken": "second", "refreshToken": "r2"}]
    assert source.asked[1].body == b"grant_type=refresh_token&refresh_token=r1&client_secret=c"
    assert "authorization" not in source.asked[1].headers
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials, told.append))
    assert source.targets[3:] == ["/x", "/x"], "the process knows the renewed token"


def test_a_refused_renewal_asks_for_a_new_consent(source, http):
    source.script = [reply({"error": "invalid_request", "error_description": "token r1-secret expired"}, 400)]
    source.answer = lambda asked: source.script[0] if asked.target == "/token" else reply({}, 401)
    credentials = {"accessToken": "first", "refreshToken": "r1-secret", "accessTokenUrl": source.url + "/token"}
    with pytest.raises(errors.SourceUnauthorized, match="Authorise the connection again") as caught:
        http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials))
    assert "r1-secret" not in caught.value.message


# -- hosts -------------------------------------------------------------------------------------------------------


def test_an_alias_stands_for_the_printed_host(source, client):
    source.script = [reply({})]
    http = client(allow_private=True, aliases={"https://api.linkedin.com/": source.url})
    answer = http.send(Request("GET", "https://api.linkedin.com/rest/x"), access())
    assert source.targets == ["/rest/x"] and answer.url == "https://api.linkedin.com/rest/x"
    with pytest.raises(errors.SourceUnreachable):
        http.send(Request("GET", "https://api.linkedin.com.invalid/rest/x"), access())


def test_a_redirect_on_the_same_host_keeps_the_credentials(source, http):
    source.script = [Reply(302, headers={"Location": "/there?a=1"}), reply({"ok": True})]
    assert http.send(Request("GET", f"{source.url}/x"), access(), any_body).status == 200
    assert source.targets == ["/x", "/there?a=1"] and source.asked[1].headers["authorization"]


def test_a_redirect_to_another_host_leaves_the_credentials_behind(source, http):
    elsewhere = source.url.replace("127.0.0.1", "localhost")
    source.script = [Reply(302, headers={"Location": f"{elsewhere}/there"}), reply({})]
    http.send(Request("GET", f"{source.url}/x", "", {"X-Key": "${accessToken}"}), access())
    assert "authorization" not in source.asked[1].headers and "x-key" not in source.asked[1].headers


def test_a_redirect_without_end_ends(source, http):
    source.script = [Reply(302, headers={"Location": "/again"})]
    with pytest.raises(errors.SourceRejected, match="redirects"):
        http.send(Request("GET", f"{source.url}/x"), access())
    assert len(source.asked) == 6


def test_a_redirect_to_a_private_address_is_refused(source, client, monkeypatch):
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")
    source.script = [Reply(302, headers={"Location": "http://169.254.169.254/latest/meta-data"})]
    with pytest.raises(errors.SourceHostRefused, match=r"169\.254"):
        client().send(Request("GET", f"{source.url}/x"), access())
    assert source.targets == ["/x"]


def test_loopback_is_refused_unless_private_hosts_are_allowed(source, client):
    with pytest.raises(errors.SourceHostRefused, match="--allow-private-hosts"):
        client().send(Request("GET", f"{source.url}/x"), access())
    assert source.asked == []


def test_the_checked_address_is_the_one_connected_to(source, client, monkeypatch):
    asked = []
    monkeypatch.setattr(guard, "is_public", lambda address: asked.append(address) or True)
    http = client(resolve=lambda host, port: ["127.0.0.1"])
    source.script = [reply({})]
    http.send(Request("GET", source.url.replace("127.0.0.1", "rebinding.test") + "/x"), access())
    assert asked == ["127.0.0.1"] and source.asked[0].headers["host"].startswith("rebinding.test")


def test_one_private_address_among_public_ones_is_enough(client):
    http = client(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(errors.SourceHostRefused):
        http.send(Request("GET", "http://mixed.test/x"), access())


@pytest.mark.parametrize(
    ("address", "public"),
    {
        "93.184.216.34": True, "2606:2800:220:1:248:1893:25c8:1946": True,
        "127.0.0.1": False, "10.1.2.3": False, "192.168.0.1": False, "172.16.0.1": False, "100.64.0.1": False,
        "169.254.169.254": False, "0.0.0.0": False, "224.0.0.1": False, "255.255.255.255": False,
        "::1": False, "fe80::1%eth0": False, "fd00:ec2::254": False, "::ffff:127.0.0.1": False,
        "::ffff:93.184.216.34": True, "64:ff9b::7f00:1": False, "2002:7f00:1::": False,
    }.items(),
)  # fmt: skip
def test_what_is_public(address, public):
    assert guard.is_public(address) is public


# -- what is heard -----------------------------------------------------------------------------------------------


def test_every_attempt_is_heard_but_redirects_are_part_of_one(source, client):
    heard = []
    http = client(allow_private=True, heard=lambda request, answer, access: heard.append((request.url, answer.status)))
    source.script = [reply({}, 503), Reply(302, b"", {"Location": "/there"}), reply({"rows": []})]
    http.send(Request("GET", f"{source.url}/here"), Access(None, {}))
    assert heard == [(f"{source.url}/here", 503), (f"{source.url}/here", 200)]
    assert http.brisk()._heard is http._heard
