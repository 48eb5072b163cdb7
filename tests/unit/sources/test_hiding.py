"""Secrets are taken out of text in every form in which a request carries them."""

import base64
import logging
from urllib.parse import quote, urlencode

import pytest

from headrace import errors, sources
from headrace.sources import SourceHttp, hiding
from headrace.sources.auth import Access
from headrace.sources.reading import Request
from source_server import API_KEY, BASIC, BEARER, Reply, Source, reading, reply, spec

SECRETS = [
    "plain-secret",
    'with "quotes" & spaces',
    "sl/ash+plus=equals",
    "umläut-€-漢字",
    "back\\slash",
    "${host}abcd",
]


@pytest.mark.parametrize("form", hiding.FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_every_form_is_hidden(secret, form):
    text = f'{{"next": "https://x.test/?k={hiding.FORMS[form](secret)}&p=2"}}'
    assert hiding.hidden(text, [("key", secret)], lambda name: f"<{name}>") == '{"next": "https://x.test/?k=<key>&p=2"}'


def test_what_is_too_short_to_be_a_secret_stays():
    assert hiding.hidden("a1 and a1b2", [("key", "a1"), ("other", "a1b2")], lambda _: "?") == "a1 and ?"


def test_the_longest_secret_goes_first():
    secrets = [("short", "abcd"), ("long", "abcdefgh")]
    assert hiding.hidden("abcdefgh abcd", secrets, lambda name: name) == "long short"


@pytest.mark.parametrize("secret", SECRETS)
def test_each_way_to_sign_is_hidden_as_it_is_sent(secret):
    sent = [
        (Access(BEARER, {"accessToken": secret}), f"Bearer {secret}", "${accessToken}"),
        (Access(API_KEY, {"authKey1": secret}), secret, "${authKey1}"),
    ]
    for access, header, shown in sent:
        assert list(access.headers().values()) == [header]
        assert access.named(f"you sent {header}.").endswith(f"{shown}.")
        assert secret not in access.redact(header)
    basic = Access(BASIC, {"username": "anna", "password": secret})
    pair = base64.b64encode(f"anna:{secret}".encode()).decode()
    assert basic.headers() == {"Authorization": f"Basic {pair}"}
    assert basic.named(f"Basic {pair}") == "Basic ${password}"


@pytest.mark.parametrize("form", hiding.FORMS)
def test_a_key_that_goes_as_a_user_without_a_password_is_hidden(form):
    properties = {"username": {"format": "password"}, "password": {}}
    access = Access({**BASIC, "spec": {"properties": properties}}, {"username": "sk_live_0123"})
    pair = access.headers()["Authorization"].removeprefix("Basic ")
    assert "sk_live" not in access.redact(hiding.FORMS[form]("sk_live_0123"))
    for shown in (access.redact(f"you sent {pair}"), access.redact(f"you sent {pair}".replace("=", "%3D"))):
        assert shown == "you sent •••"


# Where a source may repeat a secret, cut in its middle or not -> an answer that does.
ANSWERS = {
    "a message that is cut": lambda secret: reply({"message": "x" * 292 + secret}, 400),
    "a message with a structure": lambda secret: reply({"error": {"sent": [secret]}}, 400),
    "a text that is cut": lambda secret: Reply(400, (b"x" * 292 + secret.encode())),
    "an answer without rows that is cut": lambda secret: Reply(200, b'{"x": "' + b"x" * 188 + secret.encode() + b'"}'),
    "a link that is cut": lambda secret: reply({"rows": [{"a": 1}]}, Link="<https://a" + "x" * 180 + secret),
    "a link": lambda secret: reply({"rows": [{"a": 1}]}, Link=f"no link but {secret}"),
    "a header that is none": lambda secret: Reply(200, headers={f"A\r\n{secret} :x\r\nB": "c"}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_nothing_of_a_secret_that_an_answer_repeats_is_in_its_error(source: Source, http: SourceHttp, name) -> None:
    secret = 'S3cr"et' + "0123456789" * 6
    source.answer = lambda _: ANSWERS[name](secret)
    paging = {"type": "URL", "pointerPath": "headers.link"} if "link" in name else {}
    asked = reading(spec(paginationParams={"type": "NONE", **paging}))
    credentials = {"host": source.url, "accessToken": secret}
    with pytest.raises(errors.SourceFailure) as failed:
        [part] = sources.plan(asked, credentials, http).parts
        list(sources.fetch(asked, part, credentials, http))
    assert "S3cr" not in str(failed.value) + failed.value.message
    assert (
        failed.value.__cause__ is None or failed.value.__suppress_context__ or "S3cr" not in str(failed.value.__cause__)
    )


def test_a_secret_in_a_query_and_in_a_body():
    secret = 'p"a s/s+w'
    access = Access(BEARER, {"accessToken": secret})
    for sent in (
        access.fill_query("https://x.test/?key=${accessToken}"),
        access.fill_body('{"key": "${accessToken}"}'),
        urlencode({"key": secret}),
    ):
        assert "${accessToken}" in access.named(sent) and "s/s" not in access.named(sent).replace("https://", "")


def test_a_renewed_token_leaves_none_of_the_two_in_sight():
    access = Access(BEARER, {"accessToken": "old-token", "refreshToken": "refresh", "accessTokenUrl": "https://x.test"})

    class Fresh:
        def renewed(self, *_):
            return {"accessToken": "new-token"}

    assert access.renew(lambda _: b"", Fresh(), lambda: None)
    assert access.named("old-token new-token refresh") == "${accessToken} ${accessToken} ${refreshToken}"


def test_placeholders_stay_placeholders():
    access = Access(BEARER, {"accessToken": "accessToken"})
    request = Request("GET", f"https://x.test/{quote('accessToken')}", "k=${accessToken}")
    assert access.without_secrets(request).target == "https://x.test/${accessToken}?k=${accessToken}"


def test_no_library_writes_addresses_with_their_keys(
    source: Source, http: SourceHttp, caplog: pytest.LogCaptureFixture
) -> None:
    source.answer = lambda _: reply({"rows": []})
    asked = reading(spec(urlParams={"path": "/items", "queryParams": {"key": "${accessToken}"}}))
    credentials = {"host": source.url, "accessToken": "s3cr3t"}
    with caplog.at_level(logging.DEBUG):
        [part] = sources.plan(asked, credentials, http).parts
        assert list(sources.fetch(asked, part, credentials, http))
    assert "key=s3cr3t" in source.asked[0].target and "s3cr3t" not in caplog.text
