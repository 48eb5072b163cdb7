"""Secrets are taken out of text in every form in which a request carries them."""

import base64
import logging
from urllib.parse import quote, urlencode

import pytest

from headrace import sources
from headrace.sources import SourceHttp, hiding
from headrace.sources.auth import Access
from headrace.sources.reading import Request
from source_server import API_KEY, BASIC, BEARER, Source, reading, reply, spec

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

    assert access.renew(lambda _: b"", Fresh())
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
