"""Stored secrets belong to where they were given for, whatever a spec, a parameter or a link says since."""

from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from headrace import errors
from headrace.sources import Bound, StoredCredentials, bind, fetch, plan
from headrace.sources.auth import Access, secret_names
from headrace.sources.links import leads
from headrace.sources.params import check_auth
from headrace.sources.request import base_url, values_for
from headrace.sources.spec import secret_params
from source_server import BEARER, Source, reading, reply, spec

AUTH = BEARER["name"]
KNOWN = {"host": "https://api.test", "accessToken": "s3cret"}
HOST_INPUT = {"type": "object", "properties": {"region": {"type": "string"}, "host": {"type": "string"}}}


def hosted(host: str | None, inputs: Any = None) -> Any:
    url = {"path": "/items", "method": "GET"} | ({} if host is None else {"host": host})
    return spec(inputs, urlParams=url)


# The spec's host, the connection's parameters; where its secrets may go.
ORIGINS: dict[str, tuple[str | None, dict[str, str], tuple[str, ...]]] = {
    "the connection's host": (None, KNOWN, ("https://api.test",)),
    "a host without a scheme": (None, {"host": "api.test/v1"}, ("https://api.test",)),
    "the spec's host": ("https://fixed.test:8443/v2", KNOWN, ("https://fixed.test:8443",)),
    "a name in it": ("https://{host}.test", {"host": "eu"}, ("https://eu.test",)),
    "what a source connection chooses": ("https://${region}.api.test", {}, ("https://*.api.test",)),
    "a part of a name": ("https://shop-${region}.api.test", {}, ("https://shop-*.api.test",)),
    "what anybody may have": ("https://${region}.co.uk", {}, ()),
    "and with a port": ("https://${region}.com.au:8443", {}, ()),
    "a name below that": ("https://${region}.api.co.uk", {}, ("https://*.api.co.uk",)),
    "all of it": ("https://${region}", {}, ()),
    "all but the end": ("https://${region}.test", {}, ()),
    "a name where anybody has one": ("https://${region}.myshopify.com", {}, ()),
    "a part of such a name": ("https://shop-${region}.github.io", {}, ()),
    "a beginning of such a name": ("https://${region}-shop.github.io", {}, ()),
    "a name of a country": ("https://api.${region}.co.uk:8443", {}, ()),
    "a name below somebody's": ("https://${region}.shop.co.uk", {}, ("https://*.shop.co.uk",)),
    "the beginning of an address": ("https://${region}.0.0.1", {}, ()),
    "a name that the connection gives": (
        "https://${region}.myshopify.com",
        {"region": "acme"},
        ("https://acme.myshopify.com",),
    ),
    "its end": ("https://api.${region}", {}, ()),
    "its port": ("https://api.test:${region}", {}, ()),
    "token addresses": (
        None,
        {**KNOWN, "accessTokenUrl": "https://login.test/token", "authorizationTestUrl": "https://probe.test/me"},
        ("https://api.test", "https://login.test", "https://probe.test"),
    ),
    "no host": (None, {}, ()),
    "a secret in it": ("https://${accessToken}.test", KNOWN, ("https://${accesstoken}.test",)),
    "no http": (None, {"host": "ftp://api.test"}, ()),
}


@pytest.mark.parametrize("name", ORIGINS)
def test_secrets_are_bound_to_what_their_spec_asks(name: str) -> None:
    host, params, origins = ORIGINS[name]
    inputs = {"type": "object", "properties": {"region": {"type": "string"}}}
    assert bind(hosted(host, inputs), AUTH, params).origins == origins


def carrying(**attributes: Any) -> Any:
    """A spec with a parameter ``k`` that its author calls no secret."""
    document = spec(**attributes)
    text = {"type": "string"}
    document["authSpec"] = [{"name": "Own", "type": "None", "spec": {"properties": {"k": text, "team": text}}}]
    return document


QUERY = {"path": "/items", "queryParams": {"api_key": "${k}", "team": "${team}"}}
CARRIED: dict[str, tuple[Any, set[str]]] = {
    "a header of an authentication": (
        carrying(headerParams={"Authorization": "Token ${k}", "X-Team": "${team}"}),
        {"k"},
    ),
    "a header of a vendor's": (carrying(headerParams={"X-Acme-Api-Key": "${k}"}), {"k"}),
    "headers in one text": (carrying(headerParams="X-Auth-Token=${k}"), {"k"}),
    "a parameter of the query": (carrying(urlParams=QUERY), {"k"}),
    "a member of the body": (
        carrying(urlParams={"path": "/items", "method": "POST"}, bodyParams={"auth": [{"api_key": "${k}"}]}),
        {"k"},
    ),
    "what is nothing of the kind": (carrying(headerParams={"X-Trace": "${k}"}), set()),
}


@pytest.mark.parametrize("case", CARRIED)
def test_what_carries_a_secret_makes_one(case: str) -> None:
    document, secrets = CARRIED[case]
    assert secret_params(document, "Own") == secrets
    assert set(bind(document, "Own", {"k": "s", "team": "t"}).secrets) == secrets


def test_a_header_of_its_own_and_a_name_make_secrets() -> None:
    headed = {"restAttributes": {"headerParamName": "X-Key"}}
    assert secret_names({"k": headed, "apiKey": {}, "pwd": {}, "team": {}}) == {"k", "apiKey", "pwd"}


ADDRESSES = {
    "http://user:pass@api.test": "user before the host",
    "https://user@api.test/x": "user before the host",
    "user:pass@api.test": "user before the host",
    "//user:pass@api.test": "user before the host",
    "https:/user:pass@api.test": "user before the host",
    "https:user:pass@api.test/x": "user before the host",
    "\\\\user:pass@api.test": "user before the host",
    " http:///user:pass@api.test": "user before the host",
    "http://[::1": "is no address",
    "http://[": "is no address",
    "http://api.test:99999": "is no address",
    "http://api.test:-1": "is no address",
    "https://api.test/@me": "",
    "api.test:8443/v1": "",
    "https://api.test/v1?owner=a@b.test": "goes on behind its path",
    "api.test/#/v1": "goes on behind its path",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_one_and_holds_no_user(address: str) -> None:
    document, params = spec(), {"host": address, "accessToken": "t"}
    if not ADDRESSES[address]:
        check_auth(document, AUTH, params)
        return
    with pytest.raises(errors.ParamInvalid, match=ADDRESSES[address]) as caught:
        check_auth(document, AUTH, params)
    assert caught.value.facts["field"] == "auth.params.host" and "pass" not in caught.value.message.partition(";")[0]


# What they are bound to, a URL; whether they may go there.
WAYS = {
    "the same": ("https://api.test", "https://api.test/x?y=1", True),
    "its port by name": ("https://api.test", "https://api.test:443/x", True),
    "with TLS now": ("http://api.test", "https://api.test/x", True),
    "without TLS": ("https://api.test", "http://api.test/x", False),
    "another port": ("https://api.test", "https://api.test:8443/x", False),
    "below it": ("https://api.test", "https://evil.api.test/x", False),
    "as a user name": ("https://api.test", "https://api.test@evil.test/x", False),
    "as a beginning": ("https://api.test", "https://api.test.evil.test/x", False),
    "as a fragment": ("https://*.api.test", "https://evil.test/#.api.test", False),
    "in a path": ("https://*.api.test", "https://evil.test/x.api.test", False),
    "after a backslash": ("https://*.api.test", "https://evil.test\\.api.test/x", False),
    "chosen": ("https://*.api.test", "https://eu.api.test/x", True),
    "chosen, two names": ("https://*.api.test", "https://a.eu.api.test/x", True),
    "chosen, nothing": ("https://*.api.test", "https://api.test/x", False),
    "chosen, where anybody has a name": ("https://*.myshopify.com", "https://evil.myshopify.com/x", False),
    "chosen, below a name of a country": ("https://*.co.uk", "https://evil.co.uk/x", False),
    "chosen, below somebody's name": ("https://*.shop.co.uk", "https://eu.shop.co.uk/x", True),
    "nothing": ("", "https://api.test/x", False),
}


@pytest.mark.parametrize("name", WAYS)
def test_where_secrets_may_go(name: str) -> None:
    origin, url, allowed = WAYS[name]
    bound = bound_to((origin,) if origin else ())
    access = Access(BEARER, StoredCredentials({}, KNOWN, bound))
    if allowed:
        access.require_allowed(url, leads)
        return
    with pytest.raises(errors.SourceHostRefused, match="were stored for") as caught:
        access.require_allowed(url, leads)
    assert "s3cret" not in caught.value.message


def bound_to(origins: tuple[str, ...]) -> Bound:
    return replace(bind(spec(), AUTH, KNOWN), origins=origins)


def stored(source: Source, document: Any) -> StoredCredentials:
    params = {**KNOWN, "host": source.url, "clientSecret": "cl13nt", "refreshToken": "r3fresh"}
    return StoredCredentials({}, params, bind(document, AUTH, params))


def moved(url: str) -> dict[str, tuple[object, dict[str, str]]]:
    """Ways to another host: the spec as it is now, and the source connection's parameters."""
    query = {"path": "/items", "method": "GET", "queryParams": {"s": "${clientSecret}"}}
    return {
        "a spec with another host": (spec(urlParams={**query, "host": url}), {}),
        "a parameter called host": (hosted(None, HOST_INPUT), {"host": url}),
        "a parameter in the host": (hosted(f"{url.rpartition(':')[0]}:${{region}}", HOST_INPUT), {"region": url[-5:]}),
        "another authentication": (
            {**spec(urlParams=query), "authSpec": [{**BEARER, "name": "other", "type": AUTH}]}, {}),
    }  # fmt: skip


@pytest.mark.parametrize("name", [*moved("http://127.0.0.1:1")])
def test_a_stored_secret_goes_nowhere_else(source: Source, other: Source, http, name: str) -> None:
    source.script = other.script = [reply({"rows": []})]
    credentials = stored(source, spec())
    document, params = moved(other.url)[name]
    told = reading(document, params)
    with pytest.raises((errors.SourceHostRefused, errors.ParamInvalid), match=r"Send them again|with another value"):
        for part in plan(told, credentials, http).parts:
            list(fetch(told, part, credentials, http))
    assert other.asked == source.asked == []


def test_a_spec_that_calls_nothing_secret_any_more_shows_none(source: Source, http) -> None:
    credentials = stored(source, spec())
    bare = {**BEARER, "spec": {"properties": {name: {"type": "string"} for name in ("host", "clientSecret")}}}
    query = {"path": "/items", "method": "GET", "queryParams": {"s": "${clientSecret}"}}
    document = {**spec(urlParams=query), "authSpec": [bare]}
    source.answer = lambda asked: reply({"message": f"no {asked.target}"}, 400)
    told = reading(document)
    with pytest.raises(errors.SourceRejected) as caught:
        for part in plan(told, credentials, http).parts:
            list(fetch(told, part, credentials, http))
    assert "cl13nt" in source.targets[0] and "cl13nt" not in caught.value.message


def test_what_is_sealed_is_a_secret_that_no_spec_ever_named(source: Source, http) -> None:
    """It was not declared when it was stored, and is now, as anybody's to see."""
    known = stored(source, spec())
    credentials = StoredCredentials({"host": source.url}, {"odd": "0dd-v4lue"}, known.bound)
    told = {**BEARER, "spec": {"properties": {name: {"type": "string"} for name in ("host", "odd")}}}
    document = {**spec(urlParams={"path": "/items/${odd}", "method": "GET"}), "authSpec": [told]}
    source.answer = lambda asked: reply({"message": f"no {asked.target}"}, 404)
    with pytest.raises(errors.SourceMissing) as caught:
        for part in plan(reading(document), credentials, http).parts:
            list(fetch(reading(document), part, credentials, http))
    assert source.targets == ["/items/0dd-v4lue"] and "0dd-v4lue" not in caught.value.message


# The spec's host, what a connection gives that no authentication declares; the host that is asked.
UNDECLARED: dict[str, tuple[str | None, dict[str, str], str]] = {
    "the host": (None, {"host": "https://api.test"}, "https://api.test"),
    "a host with a path": (None, {"host": "https://API.test/v1"}, "https://API.test/v1"),
    "a host without a scheme": (None, {"host": "api.test:8443/v1"}, "https://api.test:8443/v1"),
    "a name in it": ("https://${tenant}.api.test", {"tenant": "eu"}, "https://eu.api.test"),
    "a part of a name": ("https://shop-${tenant}.api.test", {"tenant": "EU"}, "https://shop-EU.api.test"),
}


@pytest.mark.parametrize("case", UNDECLARED)
def test_a_host_is_asked_though_its_parts_were_sealed(case: str) -> None:
    """What no authentication declares is sealed, also what the host is made of."""
    host, given, url = UNDECLARED[case]
    document = hosted(host)
    params = {**given, "accessToken": "s3cret"}
    credentials = StoredCredentials({}, params, bind(document, AUTH, params))
    assert base_url(host, values_for(document, AUTH, {}, credentials)) == url
    Access(BEARER, credentials).require_allowed(f"{url}/items", leads)


def test_a_renewal_asks_no_address_but_those_of_then(source: Source, other: Source, http) -> None:
    bound = stored(source, spec())
    credentials = StoredCredentials({}, {**bound, "accessTokenUrl": f"{other.url}/token"}, bound.bound)
    source.script = [reply({}, 401)]
    with pytest.raises(errors.SourceHostRefused, match="were stored for"):
        for part in plan(reading(spec()), credentials, http).parts:
            list(fetch(reading(spec()), part, credentials, http))
    assert other.asked == []


INPUT = {"type": "object", "properties": {"q": {"type": "string"}}}
GET = {"path": "/items", "method": "GET"}
BODY_TOKEN = {
    "type": "CONTINUATION_TOKEN", "continuationTokenPath": "$.next", "parameterType": "BODYPARAM",
    "parameterName": "after",
}  # fmt: skip
# Where a value that is not the author's goes, what the source connection gives, what the source answers.
OTHERS_WORDS: dict[str, tuple[Any, dict[str, str], Any]] = {
    "a header": (spec(INPUT, urlParams=GET, headerParams={"X-Q": "${q}"}), {"q": "${accessToken}"}, {"rows": []}),
    "a body": (
        spec(INPUT, urlParams={**GET, "method": "POST"}, bodyParams={"q": ["${q}"]}), {"q": "a ${ accessToken }"},
        {"rows": []},
    ),
    "a query": (spec(INPUT, urlParams={**GET, "queryParams": {"q": "${q}"}}), {"q": "${accessToken}"}, {"rows": []}),
    "a token": (
        spec(urlParams={**GET, "method": "POST"}, bodyParams={"a": 1}, paginationParams=BODY_TOKEN), {},
        {"rows": [{"id": 1}], "next": "${accessToken}"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", OTHERS_WORDS)
def test_only_the_author_of_a_spec_names_secrets_to_be_filled_in(source: Source, http, place: str) -> None:
    document, params, answer = OTHERS_WORDS[place]
    source.answer = lambda _asked: reply(answer)
    told, credentials = reading(document, params), {"host": source.url, "accessToken": "s3cret"}
    with suppress(errors.ParamInvalid, errors.SourceUnreadable):
        for part in plan(told, credentials, http).parts:
            list(fetch(told, part, credentials, http))
    sent = [asked.target + str(asked.body) + asked.headers.get("x-q", "") for asked in source.asked]
    assert "s3cret" not in "".join(sent) and len(sent) == (place in ("a token", "a query"))
