"""Requests to sources: what each fault becomes, how often it is tried, what an error must not show."""

import gzip
import zlib
from dataclasses import replace

import httpx2
import pytest

from headrace import errors
from headrace.sources import Request, encodings, guard, quotas
from headrace.sources.answers import any_body, whole_json
from headrace.sources.auth import Access
from source_server import BEARER, QUICK, SHORT_OF_TIME, Reply, reply, serving

SECRET = "AQX-very-secret"
NOW = 1_700_000_000_000
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"  # the same instant
LATER = "Tue, 14 Nov 2023 22:14:20 GMT"
DEEP = b"[" * 2_000


class Fixed:
    """A business clock that stands still."""

    def now(self):
        return NOW


@pytest.fixture
def slept(monkeypatch):
    """The seconds that requests waited before another attempt."""
    seconds = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


def access(**credentials):
    return Access(BEARER, {"accessToken": SECRET, **credentials})


FAULTS = {
    "401": (Reply(401), errors.SourceUnauthorized, 2),
    "403": (Reply(403), errors.SourceForbidden, 1),
    "404": (Reply(404), errors.SourceMissing, 1),
    "400": (Reply(400), errors.SourceRejected, 1),
    "408": (Reply(408), errors.SourceTroubled, 3),
    "408 until tomorrow": (Reply(408, headers={"Retry-After": "86400"}), errors.SourceAsksToWait, 1),
    "425": (Reply(425), errors.SourceTroubled, 3),
    "414": (Reply(414), errors.SourceRejected, 1),
    "426": (Reply(426), errors.SourceRejected, 1),
    "429": (Reply(429), errors.SourceThrottled, 3),
    "429 until tomorrow": (Reply(429, headers={"Retry-After": "86400"}), errors.SourceAsksToWait, 1),
    "403 about rights": (Reply(403, headers={"X-RateLimit-Reset": "60", "X-RateLimit-Remaining": "7"}),
                         errors.SourceForbidden, 1),
    **{f"403 {name}": (Reply(403, headers=headers), errors.SourceThrottled, 3) for name, headers in {
        "at once again": {"Retry-After": "0"},
        "since a moment that has passed": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"},
        "by a Date of its own": {"Retry-After": LATER, "Date": LATER},
        "some time": {"Retry-After": "soon"},
        "at once, some of the quota left": {"Retry-After": "0", "X-RateLimit-Remaining": "7"},
        "at the end of a quota that is new": {"X-RateLimit-Reset": "0", "X-RateLimit-Remaining": "0"},
        "at the end of a quota that was new": {"X-RateLimit-Reset": "1700000000"}}.items()},
    "403 about rights, by words": (Reply(403, headers={"X-RateLimit-Reset": "soon"}), errors.SourceForbidden, 1),
    "403 about rights, by blanks": (Reply(403, headers={"Retry-After": " "}), errors.SourceForbidden, 1),
    "403 with nothing left": (Reply(403, headers={"X-RateLimit-Remaining": "0"}), errors.SourceThrottled, 3),
    "503 until tomorrow": (Reply(503, headers={"Retry-After": "86400"}), errors.SourceAsksToWait, 1),
    "500": (Reply(500, b"<html>"), errors.SourceTroubled, 3),
    "503": (Reply(503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), errors.SourceTroubled, 3),
    "html": (Reply(200, b"<!doctype html><p>Sign in"), errors.SourceUnreadable, 3),
    "truncated json": (Reply(200, b'{"rows":[{"a":1},'), errors.SourceUnreadable, 3),
    "a page that nests without end": (Reply(200, b'{"rows":[{"a":1},' + DEEP), errors.SourceUnreadable, 3),
    "nothing but brackets": (Reply(200, DEEP * 50), errors.SourceUnreadable, 3),
    "400 in brackets": (Reply(400, DEEP), errors.SourceRejected, 1),
    "401 in brackets": (Reply(401, DEEP), errors.SourceUnauthorized, 2),
    "500 in brackets": (Reply(500, b'{"message":' + DEEP), errors.SourceTroubled, 3),
    "broken off": (Reply(200, b'{"rows":[', promise=100), errors.SourceUnreadable, 3),
    "empty": (Reply(200, b""), errors.SourceUnreadable, 3),
    "a charset that is none": (Reply(200, b"{}", {"Content-Type": "text/json; charset=x"}), errors.SourceUnreadable, 3),
    "another charset": (Reply(200, b'"\xff"', {"Content-Type": "a/b; charset=cp037x"}), errors.SourceUnreadable, 3),
    "broken off gzip": (Reply(200, gzip.compress(b"[]")[:-4]), errors.SourceUnreadable, 3),
    "broken off gzip between two lines": (
        Reply(200, gzip.compress(b"[1]\n")[:-4], {"Content-Encoding": "gzip"}), errors.SourceBrokeOff, 3,
    ),
    "broken off deflate": (
        Reply(200, zlib.compress(b"[1]")[:-4], {"Content-Encoding": "deflate"}), errors.SourceBrokeOff, 3,
    ),
    "announced as gzip": (Reply(200, b"[1]", {"Content-Encoding": "gzip"}), errors.SourceBrokeOff, 3),
    "packed by what was not asked for": (Reply(200, b"[]", {"Content-Encoding": "br"}), errors.SourceUnreadable, 3),
    "oversize in deflate": (
        Reply(200, zlib.compress(b" " * 100_001), {"Content-Encoding": "deflate"}), errors.SourceTooLarge, 1,
    ),
    "garbled gzip": (Reply(200, b"\x1f\x8b\x08" + b"x" * 20), errors.SourceUnreadable, 3),
    "oversize in gzip": (Reply(200, gzip.compress(b" " * 100_001)), errors.SourceTooLarge, 1),
    "oversize": (Reply(200, b'"' + b"x" * 100_000 + b'"'), errors.SourceTooLarge, 1),
    "hang": (Reply(hang=True), errors.SourceTimeout, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_error_and_is_tried_within_limits(source, http, client, name):
    told, error, attempts = FAULTS[name]
    http = client(allow_private=True, patience=SHORT_OF_TIME) if told.hang else http
    source.script = [told]
    with pytest.raises(error, match=f"{source.url}/x"):
        http.send(Request("GET", f"{source.url}/x"), access(), whole_json)
    assert len(source.asked) == attempts


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429),
        Reply(403, headers={"Retry-After": "0"}),
        Reply(401),
        Reply(502),
        Reply(200, b"<html>"),
        Reply(200, b"{", promise=9),
    ],
)
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


# -- limits ------------------------------------------------------------------------------------------------------

# Status and headers of a refusal -> the seconds that it asks to wait.
WAITS = {
    "seconds": (429, {"retry-after": "7"}, 7),
    "a fraction of seconds": (429, {"retry-after": " 2.5 "}, 2.5),
    "a date": (503, {"retry-after": LATER, "date": DATE}, 60),
    "a date by our clock": (429, {"retry-after": LATER}, 60),
    "a date by the source's clock": (429, {"retry-after": LATER, "date": "Tue, 14 Nov 2023 22:14:00 GMT"}, 20),
    "a date that is over": (429, {"retry-after": DATE, "date": LATER}, None),
    "an epoch": (429, {"x-ratelimit-reset": "1700000090", "date": DATE}, 90),
    "an epoch with a fraction": (429, {"x-ratelimit-reset": "1700000090.5"}, 90.5),
    "an epoch in milliseconds": (429, {"x-rate-limit-reset": "1700000090000"}, 90),
    "a span in X-RateLimit-Reset": (429, {"x-ratelimit-reset": "30"}, 30),
    "RateLimit-Reset": (429, {"ratelimit-reset": "12"}, 12),
    "Retry-After beside a reset": (429, {"retry-after": "3", "x-ratelimit-reset": "30"}, 3),
    "a reset behind words": (429, {"retry-after": "soon", "x-ratelimit-reset": "30"}, 30),
    "403 with Retry-After": (403, {"retry-after": "3", "x-ratelimit-remaining": "10"}, 3),
    "403 at the end of a quota": (403, {"x-ratelimit-reset": "1700000090", "x-ratelimit-remaining": "0"}, 90),
    "403 with a reset alone": (403, {"x-ratelimit-reset": "5"}, 5),
    "403 with some of the quota left": (403, {"x-ratelimit-reset": "5", "x-ratelimit-remaining": "10"}, None),
    "403": (403, {}, None),
    "403 at once again": (403, {"retry-after": "0", "x-ratelimit-reset": "30"}, None),
    "503 is about trouble": (503, {"x-ratelimit-reset": "5"}, None),
    "nonsense": (429, {"retry-after": "-3", "x-ratelimit-reset": "1e3"}, None),
    "a year that no calendar has": (429, {"retry-after": LATER.replace("2023", "9" * 20)}, None),
    "a zone that no clock has": (429, {"retry-after": f"{LATER[:-3]}+{'9' * 20}"}, None),
    "a Date that no calendar has": (429, {"retry-after": "7", "date": DATE.replace("2023", "9" * 20)}, 7),
    "for ever, in many digits": (429, {"retry-after": "9" * 5000}, 31 * 86_400),
    "for ever": (429, {"retry-after": "99999999999999"}, 31 * 86_400),
}  # fmt: skip


@pytest.mark.parametrize("name", WAITS)
def test_when_a_source_wants_to_be_asked_again(name):
    status, headers, seconds = WAITS[name]
    assert quotas.seconds_to_wait(status, headers, NOW) == seconds


@pytest.mark.parametrize("status", [429, 403])
def test_a_short_wait_is_waited_and_a_long_one_handed_on(source, client, slept, status):
    http = client(allow_private=True, patience=replace(QUICK, asked_max=5, read=5), clock=Fixed())
    source.script = [Reply(status, headers={"Retry-After": "2.5"}), reply({})]
    http.send(Request("GET", f"{source.url}/x"), access())
    assert slept == [2.5] and len(source.asked) == 2
    source.script = [reply({"message": f"quota of {SECRET}"}, status, **{"Retry-After": "5.0005"})]
    with pytest.raises(errors.SourceAsksToWait, match="until 2023-11-14 22:13:25 UTC") as caught:
        http.send(Request("GET", f"{source.url}/x"), access())
    assert caught.value.facts["until"] == NOW + 5_001 and SECRET not in caught.value.message
    assert slept == [2.5] and len(source.asked) == 3


def test_a_source_that_is_not_content_with_short_waits_is_left_alone_for_longer(source, client, slept):
    http = client(allow_private=True, patience=replace(QUICK, asked_max=60, read=5), clock=Fixed())
    source.script = [Reply(429, headers={"Retry-After": "1"})]
    with pytest.raises(errors.SourceAsksToWait) as caught:
        http.send(Request("GET", f"{source.url}/x"), access())
    assert slept == [1, 1] and caught.value.facts["until"] == NOW + 60_000


# -- encodings ---------------------------------------------------------------------------------------------------

TEXT = '{"city": "München"}'
# Bytes and headers -> the text, as UTF-8.
ENCODINGS = {
    "UTF-8": (TEXT.encode(), {}),
    "a byte order mark": (TEXT.encode("utf-8-sig"), {}),
    "a byte order mark beside a charset": (TEXT.encode("utf-8-sig"), {"Content-Type": "text/json; charset=latin1"}),
    "ISO-8859-1": (TEXT.encode("latin-1"), {"Content-Type": 'application/json; charset="ISO-8859-1"'}),
    "Windows' own": (TEXT.encode("cp1252"), {"Content-Type": "application/json;charset=windows-1252"}),
    "UTF-16 with a mark": (TEXT.encode("utf-16"), {}),
    "UTF-16 without": (TEXT.encode("utf-16-be"), {"Content-Type": "application/json; charset=utf-16"}),
    "UTF-16 with a charset and a mark": (
        b"\xff\xfe" + TEXT.encode("utf-16-le"), {"Content-Type": "a/b; charset=utf-16le"}),
    "UTF-32": (TEXT.encode("utf-32"), {}),
    "gzip": (gzip.compress(TEXT.encode()), {"Content-Encoding": "gzip"}),
    "x-gzip": (gzip.compress(TEXT.encode()), {"Content-Encoding": "x-gzip"}),
    "gzip without a header": (gzip.compress(TEXT.encode()), {}),
    "gzip in two members": (gzip.compress(TEXT.encode()[:9]) + gzip.compress(TEXT.encode()[9:]), {}),
    "gzip in two members that a header announces": (
        gzip.compress(TEXT.encode()[:9]) + gzip.compress(TEXT.encode()[9:]), {"Content-Encoding": "gzip"},
    ),
    "gzip behind an empty member": (gzip.compress(b"") + gzip.compress(TEXT.encode()), {"Content-Encoding": "gzip"}),
    "gzip filled up with zeros": (gzip.compress(TEXT.encode()) + bytes(700), {"Content-Encoding": "gzip"}),
    "deflate": (zlib.compress(TEXT.encode()), {"Content-Encoding": "deflate"}),
    "deflate without a frame": (zlib.compress(TEXT.encode())[2:-4], {"Content-Encoding": "deflate"}),
    "deflate, then gzip": (gzip.compress(zlib.compress(TEXT.encode())), {"Content-Encoding": "deflate, gzip"}),
    "identity": (TEXT.encode(), {"Content-Encoding": "identity"}),
    "gzip in gzip": (gzip.compress(gzip.compress(TEXT.encode())), {"Content-Encoding": "gzip"}),
    "gzip of UTF-16": (gzip.compress(TEXT.encode("utf-16")), {}),
    "a charset that is wrong about its case": (TEXT.encode(), {"Content-Type": "application/json; CHARSET=Utf8"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_answer_is_read_in_whatever_encoding_it_comes(source, http, name):
    body, headers = ENCODINGS[name]
    source.script = [Reply(200, body, headers)]
    assert http.send(Request("GET", f"{source.url}/x"), access(), whole_json).body == TEXT.encode()


@pytest.mark.parametrize(
    "codec",
    ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "zip", "rot13", "hex", "utf-7", "x\0"],
)
def test_a_codec_that_is_no_character_set_is_not_known(codec):
    with pytest.raises(errors.SourceUnreadable, match=r"answers in the charset .* which is not known"):
        encodings.utf8(b"{}", {"content-type": f"text/json; charset={codec}"}, "https://x.test")


# Charset, bytes, and the text that the web reads there.
LETTERS = [
    ("ISO-8859-1", b"\x80 \x93M\xfcnchen\x94 \x85", "€ “München” …"),
    ("latin1", b"\x9f\x8e\x7f\xa0", "ŸŽ\x7f\xa0"),
    ("latin1", b"\x81\x8d\x8f\x90\x9d", "\x81\x8d\x8f\x90\x9d"),
    ("ISO-8859-9", b"\x80\x8a \xfd\x8e", "€Š ı\x8e"),
    ("ISO-8859-11", b"\x80\x85 \xa1", "€… ก"),
    ("TIS-620", b"\x80\xa1", "€ก"),
    ("ISO-8859-2", b"\xb1\x80", "ą\x80"),
    ("windows-1252", b"\x80\xfc", "€ü"),
]


@pytest.mark.parametrize(("charset", "body", "text"), LETTERS)
def test_letters_of_windows_under_the_name_of_a_charset_without_them(charset, body, text):
    assert encodings.utf8(body, {"content-type": f"text/json; charset={charset}"}, "https://x.test").decode() == text


def test_half_a_pair_in_utf_16_stays_the_fault_of_its_field(source, http):
    source.script = [Reply(200, '["a", "\ud83d"]'.encode("utf-16", "surrogatepass"))]
    assert http.send(Request("GET", f"{source.url}/x"), access()).body == b'["a", "\\ud83d"]'


# -- tokens ------------------------------------------------------------------------------------------------------


def renewing(asked):
    if asked.target == "/token":
        return reply({"access_token": "second", "expires_in": 1, "refresh_token": "r2"})
    return reply({}) if asked.headers["authorization"] == "Bearer second" else reply({}, 401)


def test_a_401_renews_the_token_once_and_tells_the_caller(source, http):
    source.answer, told = renewing, []

    def tell(fresh, former):
        told.append((fresh, former))

    credentials = {
        "accessToken": "first",
        "refreshToken": "r1",
        "clientSecret": "c",
        "accessTokenUrl": source.url + "/token",
    }
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials, tell))
    fresh, former = {"accessToken": "second", "refreshToken": "r2"}, {"accessToken": "first", "refreshToken": "r1"}
    assert source.targets == ["/x", "/token", "/x"] and told == [(fresh, former)]
    assert source.asked[1].body == b"grant_type=refresh_token&refresh_token=r1&client_secret=c"
    assert "authorization" not in source.asked[1].headers
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials, tell))
    assert source.targets[3:] == ["/x", "/x"], "the process knows the renewed token"


def test_an_answer_with_a_token_is_no_page(source, http):
    source.answer = renewing
    credentials = {"accessToken": "first", "refreshToken": "r1", "accessTokenUrl": source.url + "/token"}
    pages = []
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials), pages.append)
    assert [page.url for page in pages] == [f"{source.url}/x"]


def test_who_authorises_again_is_not_given_the_token_of_before(source, http):
    """The same refresh token may come with another access token; only what took that one's place is newer."""
    source.answer = renewing
    credentials = {"accessToken": "first", "refreshToken": "r1", "accessTokenUrl": source.url + "/token"}
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials))
    source.asked.clear()
    source.answer = lambda asked: reply({}, 200 if asked.headers["authorization"] == "Bearer again" else 401)
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, {**credentials, "accessToken": "again"}))
    assert source.targets == ["/x"]
    source.answer = renewing  # which no longer takes it
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, {**credentials, "accessToken": "again"}))
    assert source.targets == ["/x", "/x", "/token", "/x"]


def test_a_source_that_renews_a_token_by_the_same_one_is_not_asked_without_end(source, http):
    source.answer = lambda asked: reply({"access_token": "first"}) if asked.target == "/token" else reply({}, 401)
    credentials = {"accessToken": "first", "refreshToken": "r1", "accessTokenUrl": source.url + "/token"}
    for _ in range(2):
        with pytest.raises(errors.SourceUnauthorized):
            http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials))


def test_a_refused_renewal_asks_for_a_new_consent(source, http):
    source.script = [reply({"error": "invalid_request", "error_description": "token r1-secret expired"}, 400)]
    source.answer = lambda asked: source.script[0] if asked.target == "/token" else reply({}, 401)
    credentials = {"accessToken": "first", "refreshToken": "r1-secret", "accessTokenUrl": source.url + "/token"}
    with pytest.raises(errors.SourceUnauthorized, match="Authorise the connection again") as caught:
        http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials))
    assert "r1-secret" not in caught.value.message


RENEWALS = {
    "a quota": (Reply(429, headers={"Retry-After": "3600"}), errors.SourceAsksToWait),
    "trouble": (Reply(503), errors.SourceTroubled),
    "HTML": (Reply(200, b"<html>"), errors.SourceUnreadable),
    "a refusal": (Reply(400), errors.SourceUnauthorized),
    "no token": (reply({"ok": True}), errors.SourceUnauthorized),
    "brackets": (Reply(200, DEEP), errors.SourceUnreadable),
    "a token among brackets": (Reply(200, b'{"a":' + DEEP + b"]" * 2_000 + b"}"), errors.SourceUnauthorized),
}


@pytest.mark.parametrize("name", RENEWALS)
def test_a_renewal_that_may_work_later_is_no_refusal(source, http, name):
    answer, failure = RENEWALS[name]
    source.answer = lambda asked: answer if asked.target == "/token" else reply({}, 401)
    credentials = {"accessToken": "first", "refreshToken": "r1", "accessTokenUrl": source.url + "/token"}
    with pytest.raises(failure) as caught:
        http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials))
    assert type(caught.value) is failure


def test_a_client_id_alone_opens_no_other_ones_token(source, http):
    """One org has a token renewed; another one knows its client id, which is public."""
    second = "Bearer second"
    source.answer = lambda asked: (
        renewing(asked) if asked.headers.get("authorization") or asked.body else reply({}, 401)
    )
    credentials = {"refreshToken": "r1", "clientId": "public", "accessTokenUrl": source.url + "/token"}
    http.send(Request("GET", f"{source.url}/x"), Access(BEARER, credentials))
    with serving() as other:
        other.script = [reply({}, 401)]
        stranger = {"refreshToken": "anything", "clientId": "public", "accessTokenUrl": other.url + "/token"}
        with pytest.raises(errors.SourceUnauthorized):
            http.send(Request("GET", f"{other.url}/x"), Access(BEARER, stranger))
        assert other.targets == ["/x", "/token"]
        assert second not in repr(other.asked)
    assert source.asked[-1].headers["authorization"] == second


def test_no_cookie_goes_along_with_a_later_request(source, http):
    source.script = [reply({}, **{"Set-Cookie": "session=theirs; Path=/"})]
    for _ in range(2):
        http.send(Request("GET", f"{source.url}/x"), access())
    source.script = [Reply(302, headers={"Location": "/y", "Set-Cookie": "session=theirs; Path=/"}), reply({})]
    http.send(Request("GET", f"{source.url}/x"), access())
    assert len(source.asked) == 4 and not any("cookie" in asked.headers for asked in source.asked)


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


class Elsewhere(httpx2.BaseTransport):
    """Redirects every request once, to ``location``."""

    def __init__(self, location):
        self.location, self.asked = location, []

    def handle_request(self, request):
        self.asked.append((str(request.url), request.headers.get("authorization"), request.read()))
        return (
            httpx2.Response(307, headers={"location": self.location}, stream=httpx2.ByteStream(b""))
            if len(self.asked) == 1
            else httpx2.Response(200, stream=httpx2.ByteStream(b""))
        )


def test_a_redirect_to_the_https_twin_keeps_credentials_and_body(client):
    elsewhere = Elsewhere("https://a.test/x")
    http = client(transport=elsewhere)
    http.send(Request("POST", "http://a.test/x", body="{}"), access())
    assert elsewhere.asked[1] == ("https://a.test/x", f"Bearer {SECRET}", b"{}")


@pytest.mark.parametrize("location", ["http://a.test/x", "https://a.test:8443/x"])
def test_a_redirect_out_of_https_or_to_another_port_leaves_the_credentials_behind(client, location):
    elsewhere = Elsewhere(location)
    client(transport=elsewhere).send(Request("GET", "https://a.test/x"), access())
    assert elsewhere.asked[1][:2] == (location, None)


@pytest.mark.parametrize("location", ["http://[::1", "//[", "http://a]b/"])
def test_a_redirect_to_no_address_is_an_error_of_the_source(source, http, location):
    source.script = [Reply(302, headers={"Location": location})]
    with pytest.raises(errors.SourceFailure, match=f"{source.url}/x") as caught:
        http.send(Request("GET", f"{source.url}/x"), access())
    assert not isinstance(caught.value, errors.SourceHostRefused)


def test_an_address_is_cut_in_messages_and_refused_where_no_server_takes_it(source, http):
    source.script = [Reply(404)]
    with pytest.raises(errors.SourceMissing, match=r"xxx… answered 404") as caught:
        http.send(Request("GET", f"{source.url}/x", "x" * 10_000), access())
    assert len(caught.value.message) < 1_000
    source.asked.clear()
    with pytest.raises(errors.SourceRejected, match="more than the 64,000 of any request") as caught:
        http.send(Request("GET", f"{source.url}/x", "x" * 1_000_000), access())
    assert len(caught.value.message) < 1_000 and not source.asked


def test_no_secret_is_cut_in_two(source, http):
    source.script = [Reply(404)]
    secret = "s3cret-" * 20
    path = "x" * (500 - len(source.url) - 30)
    with pytest.raises(errors.SourceMissing) as caught:
        http.send(Request("GET", f"{source.url}/{path}/{secret}"), Access(BEARER, {"accessToken": secret}))
    assert "s3c" not in caught.value.message


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


# -- what is heard -----------------------------------------------------------------------------------------------


def test_every_attempt_is_heard_but_redirects_are_part_of_one(source, client):
    heard = []
    http = client(allow_private=True, heard=lambda request, answer, access: heard.append((request.url, answer.status)))
    source.script = [reply({}, 503), Reply(302, b"", {"Location": "/there"}), reply({"rows": []})]
    http.send(Request("GET", f"{source.url}/here"), Access(None, {}))
    assert heard == [(f"{source.url}/here", 503), (f"{source.url}/here", 200)]
    assert http.brisk()._heard is http._heard
