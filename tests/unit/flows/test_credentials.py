"""Secrets of base connections: sealed beside the document, masked in it, never sent where they were not meant for."""

import base64
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from headrace.errors import Invalid, KeyLost, NotFound, ParamMissing, RevisionStale, SourceHostRefused
from headrace.flows import connections, credentials, exploring
from headrace.flows.credentials import MASK
from headrace.store import documents, secrets
from headrace.store.key_sources import new_line
from headrace.store.keyring import load_keyring
from source_server import Source, reply, serving

PARAMS = "/auth/params"


def patch(world: Any, caller: Any, now: int, id: str, *steps: dict[str, Any], etag: str | None = None) -> None:
    with world.store.read() as conn:
        current = documents.get(conn, caller, "connections", id).etag.strip('"')
    connections.patch(world.store, world.keyring, world.http, caller, id, list(steps), etag or current, now)


def load(world: Any, caller: Any, id: str) -> dict[str, Any]:
    with world.store.read() as conn:
        return credentials.load(conn, world.keyring, caller, id)


def replace(path: str, value: object) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def test_the_database_holds_no_secret_in_the_clear(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    patch(world, caller, now, id, replace("/name", "other"))
    patch(world, caller, now, id, replace(PARAMS, {"host": "https://a.example", "accessToken": "secret-token-2"}))
    with world.store.read() as conn:
        tables = sa.inspect(conn).get_table_names()
        everything = [row for name in tables for row in conn.execute(sa.text(f'SELECT * FROM "{name}"'))]
    assert len(everything) > 3 and "secret-token" not in repr(everything)


def test_credentials_are_host_and_secrets(world: Any, caller: Any) -> None:
    assert load(world, caller, world.base()) == {"host": "https://api.linkedin.com", "accessToken": "secret-token"}
    assert load(world, caller, "") == {}


def test_what_the_spec_does_not_declare_is_a_secret_too(world: Any, caller: Any) -> None:
    params = {"host": "https://api.linkedin.com", "accessToken": "t", "odd": "x"}
    id = world.base(auth={"specName": "oAuth2-refresh-code", "params": params})
    with world.store.read() as conn:
        shown = documents.get(conn, caller, "connections", id).body["auth"]["params"]
    assert shown == {"host": "https://api.linkedin.com", "accessToken": MASK, "odd": MASK}


def test_a_renewed_token_changes_no_etag(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    with world.store.write() as conn:
        before = documents.get(conn, caller, "connections", id).etag
        former = {"accessToken": "secret-token"}
        credentials.save(conn, world.keyring, caller, id, {"accessToken": "renewed", "strange": "x"}, former, now)
        assert documents.get(conn, caller, "connections", id).etag == before
    assert load(world, caller, id)["accessToken"] == "renewed" and "strange" not in load(world, caller, id)


def test_a_renewal_that_comes_late_takes_the_place_of_nothing_newer(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    keep = credentials.keeper(world.store, world.keyring, caller, id, now)
    patch(world, caller, now, id, replace(PARAMS, {"host": "https://other.example", "accessToken": "new"}))
    keep({"accessToken": "renewed"}, {"accessToken": "secret-token"})
    assert load(world, caller, id)["accessToken"] == "new"


def test_replacing_the_params_replaces_them_all(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    patch(world, caller, now, id, replace(PARAMS, {"host": "https://other.example", "accessToken": "new"}))
    assert load(world, caller, id) == {"host": "https://other.example", "accessToken": "new"}


def test_whoever_lost_the_key_sends_the_secrets_anew(world: Any, caller: Any, now: int) -> None:
    id, path = world.base(), world.keyring.source.path
    path.write_text(f"{new_line()}\n")
    bereft = dataclasses.replace(world, keyring=load_keyring(path))
    with pytest.raises(KeyLost, match="send the secret anew"):
        load(bereft, caller, id)
    with pytest.raises(Invalid, match="mask"):
        patch(bereft, caller, now, id, replace("/name", "other"))
    patch(bereft, caller, now, id, replace(PARAMS, {"host": "https://api.linkedin.com", "accessToken": "new"}))
    assert load(bereft, caller, id)["accessToken"] == "new"


def test_a_mask_sent_back_keeps_the_secret(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    patch(world, caller, now, id, replace(PARAMS, {"host": "https://api.linkedin.com", "accessToken": MASK}))
    patch(world, caller, now, id, replace("/name", "other"))
    assert load(world, caller, id)["accessToken"] == "secret-token"


@pytest.mark.parametrize(
    "step",
    [
        replace(PARAMS + "/host", "https://evil.example"),
        {"op": "add", "path": PARAMS + "/accessTokenUrl", "value": "https://evil.example"},
        replace(PARAMS, {"host": "https://evil.example", "accessToken": MASK}),
    ],
)
def test_a_secret_does_not_follow_to_another_host(world: Any, caller: Any, now: int, step: dict[str, Any]) -> None:
    id = world.base()
    with pytest.raises(Invalid, match="must be sent with it: accessToken"):
        patch(world, caller, now, id, step)
    assert load(world, caller, id)["host"] == "https://api.linkedin.com"


def test_an_error_about_a_patch_shows_no_secret(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    with pytest.raises(Invalid) as caught:
        patch(world, caller, now, id, replace(PARAMS + "/missing/deep", "x"))
    assert "secret-token" not in caught.value.message


def test_a_mask_is_no_first_credential(world: Any) -> None:
    params = {"host": "https://api.linkedin.com", "accessToken": MASK}
    with pytest.raises(Invalid, match="is the mask"):
        world.base(auth={"specName": "OAuth2 Refresh Code", "params": params})


def test_deleting_a_connection_forgets_its_secrets(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    with world.store.write() as conn:
        connections.delete(conn, caller, id, now)
        assert conn.execute(sa.text("SELECT count(*) FROM secrets")).scalar_one() == 0


def test_a_stale_etag_changes_nothing(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    with pytest.raises(RevisionStale):
        patch(world, caller, now, id, replace(PARAMS, {"host": "https://x.example", "accessToken": "n"}), etag="old")
    assert load(world, caller, id)["accessToken"] == "secret-token"


def test_what_is_left_alone_stays_bound_to_what_it_was_given_for(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    with world.store.write() as conn:
        sealed = credentials.held(conn, world.keyring, caller, id)
        elsewhere = msgspec.structs.replace(sealed.bound_to, origins=("https://then.example",))
        credentials.keep(conn, world.keyring, caller, id, sealed.values, elsewhere, now)
    patch(world, caller, now, id, replace("/name", "other"))
    assert load(world, caller, id).bound.origins == ("https://then.example",)
    patch(world, caller, now, id, replace(PARAMS, {"host": "https://api.linkedin.com", "accessToken": "new"}))
    assert load(world, caller, id).bound.origins[0] == "https://api.linkedin.com"


def test_another_authentication_asks_for_the_secrets_again(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    with pytest.raises(Invalid, match=r"auth\.specName changes, so the secrets must be sent with it: accessToken"):
        patch(world, caller, now, id, replace("/auth/specName", "OAuth2RefreshCode"))


def test_secrets_of_an_earlier_release_are_bound_at_the_start(world: Any, caller: Any, now: int) -> None:
    id = world.base()
    with world.store.write() as conn:
        secrets.put(conn, world.keyring, caller, credentials.owner(id), {"accessToken": "before"}, now)
    credentials.bind_all(world.store, world.keyring, now)
    with world.store.read() as conn:
        stored = secrets.get(conn, world.keyring, caller, credentials.owner(id))
    assert stored["values"] == {"accessToken": "before"}
    assert stored["boundTo"]["origins"][0] == "https://api.linkedin.com"
    assert load(world, caller, id)["accessToken"] == "before"
    credentials.bind_all(world.store, world.keyring, now)
    with world.store.read() as conn:
        assert secrets.get(conn, world.keyring, caller, credentials.owner(id)) == stored


# What a spec said of a parameter, what it says since; the parameter is sealed, and the token has no part in it.
SAID: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]] = {
    "its format": ({"type": "string", "format": "password"}, {"type": "string"}),
    "its header": ({"type": "string", "restAttributes": {"headerParamName": "X-Own"}}, {"type": "string"}),
    "nothing": (None, {"type": "string"}),
}
# A patch of a connection whose parameter ``code`` has the value ``SEALED``; what it is then.
PATCHES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "of something else": ([replace("/name", "other")], "SEALED"),
    "with the mask": ([replace(f"{PARAMS}/code", MASK)], "SEALED"),
    "with a new token": ([replace(f"{PARAMS}/accessToken", "new")], "SEALED"),
    "with a new value": ([replace(f"{PARAMS}/code", "NEWER")], "NEWER"),
    "with all of them": (
        [replace(PARAMS, {"host": "https://b.example", "accessToken": "n", "code": "NEWER"})],
        "NEWER",
    ),
}


def coded(declared: dict[str, Any] | None) -> dict[str, Any]:
    """A spec that says this of the parameter ``code``."""
    spec = moving_spec("https://a.example/token")
    spec["authSpec"][0]["spec"]["properties"] |= {} if declared is None else {"code": declared}
    return spec


def coded_base(world: Any) -> str:
    params = {"host": "https://a.example", "accessToken": "t0ken", "code": "SEALED"}
    auth = {"specName": "OAuth2 Refresh Code", "params": params}
    return world.base(connectionSpec={"id": MOVING, "version": "1.0"}, auth=auth)


def shown(world: Any, caller: Any, id: str) -> dict[str, Any]:
    with world.store.read() as conn:
        return documents.get(conn, caller, "connections", id).body["auth"]["params"]


@pytest.mark.parametrize("steps", PATCHES)
@pytest.mark.parametrize("said", SAID)
def test_what_is_sealed_stays_sealed_whatever_the_spec_says_since(
    world: Any, caller: Any, now: int, said: str, steps: str
) -> None:
    before, since = SAID[said]
    put_spec(world, caller, now, coded(before))
    id = coded_base(world)
    put_spec(world, caller, now, coded(since))
    patch(world, caller, now, id, *PATCHES[steps][0])
    assert shown(world, caller, id)["code"] == MASK
    assert load(world, caller, id)["code"] == PATCHES[steps][1]


def test_a_secret_that_the_spec_knew_is_one_when_it_comes_later(world: Any, caller: Any, now: int) -> None:
    put_spec(world, caller, now, coded({"type": "string", "format": "password"}))
    auth = {"specName": "OAuth2 Refresh Code", "params": {"host": "https://a.example", "accessToken": "t0ken"}}
    id = world.base(connectionSpec={"id": MOVING, "version": "1.0"}, auth=auth)
    put_spec(world, caller, now, coded({"type": "string"}))
    params = {"host": "https://a.example", "accessToken": "t0ken", "code": "SEALED"}
    patch(world, caller, now, id, replace(PARAMS, params))
    assert shown(world, caller, id)["code"] == MASK


def test_with_a_lost_key_a_new_value_is_sealed_too(world: Any, caller: Any, now: int) -> None:
    put_spec(world, caller, now, coded(SAID["its format"][0]))
    id, path = coded_base(world), world.keyring.source.path
    put_spec(world, caller, now, coded(SAID["its format"][1]))
    path.write_text(f"{new_line()}\n")
    bereft = dataclasses.replace(world, keyring=load_keyring(path))
    patch(bereft, caller, now, id, *PATCHES["with all of them"][0])
    assert shown(bereft, caller, id)["code"] == MASK


def test_what_was_taken_out_is_judged_anew_when_it_comes_back(world: Any, caller: Any, now: int) -> None:
    put_spec(world, caller, now, coded(None))
    id = coded_base(world)
    put_spec(world, caller, now, coded({"type": "string"}))
    params = {"host": "https://a.example", "accessToken": "new"}
    patch(world, caller, now, id, replace(PARAMS, params))
    patch(world, caller, now, id, replace(PARAMS, {**params, "code": "plain"}))
    assert shown(world, caller, id)["code"] == "plain"


MOVING = "0f0f0f0f-1111-4222-8333-444444444444"


def moving_spec(token_url: str, path: str = "/items", **query: str) -> dict[str, Any]:
    """A sandbox's own spec whose authentication has a token address of its own."""
    members = {name: {"type": "string", "format": "password"} for name in ("accessToken", "refreshToken")}
    members |= {"host": {"type": "string"}, "authorizationTestUrl": {"type": "string"}}
    members |= {"accessTokenUrl": {"type": "string", "default": token_url}}
    auth = {"name": "OAuth2 Refresh Code", "type": "OAuth2RefreshCode", "spec": {"properties": members}}
    url = {"path": path, "method": "GET", "queryParams": query}
    attributes = {"urlParams": url, "contentPath": {"path": "$.rows"}}
    return {"name": "moving", "authSpec": [auth], "sourceSpec": {"attributes": attributes, "spec": {"type": "object"}}}


def put_spec(world: Any, caller: Any, now: int, spec: dict[str, Any]) -> None:
    with world.store.write() as conn:
        try:
            current = documents.get(conn, caller, "connectionSpecs", MOVING)
            documents.replace_body(conn, caller, current, spec, now)
        except NotFound:
            documents.create(conn, caller, "connectionSpecs", MOVING, spec, now)


@pytest.fixture
def sources() -> Iterator[tuple[Source, Source]]:
    """The source that secrets were given for, and somebody else's."""
    with serving() as own, serving() as foreign:
        own.script, foreign.script = [reply({"rows": []})], [reply({"access_token": "x"})]
        yield own, foreign


def moving_base(world: Any, own: Source, **more: str) -> str:
    secret = {"accessToken": "s3cret", "refreshToken": "r3fresh"}
    params = {"host": own.url, "authorizationTestUrl": f"{own.url}/me", **secret, **more}
    auth = {"specName": "OAuth2 Refresh Code", "params": params}
    return world.base(connectionSpec={"id": MOVING, "version": "1.0"}, auth=auth)


def test_trying_a_patched_connection_renews_at_no_address_that_the_spec_has_since(
    world: Any, caller: Any, now: int, sources: tuple[Source, Source]
) -> None:
    own, foreign = sources
    put_spec(world, caller, now, moving_spec(f"{own.url}/token"))
    id = moving_base(world, own)
    put_spec(world, caller, now, moving_spec(f"{foreign.url}/token"))
    own.script = [reply({}, 401)]
    with pytest.raises(SourceHostRefused, match="were stored for"):
        patch(world, caller, now, id, replace("/name", "other"))
    assert foreign.asked == []


def test_explore_brings_what_it_sends_also_what_the_spec_did_not_declare(
    world: Any, caller: Any, now: int, sources: tuple[Source, Source]
) -> None:
    """A member that the spec did not declare is sealed too, whatever its name."""
    own, foreign = sources
    put_spec(world, caller, now, moving_spec(f"{own.url}/token"))
    id = moving_base(world, own, odd="0dd")
    moved = moving_spec(f"{own.url}/token", odd="${odd}")
    moved["authSpec"][0]["spec"]["properties"]["odd"] = {"type": "string"}
    put_spec(world, caller, now, moved)
    given = {"host": foreign.url, "accessToken": "a", "refreshToken": "b"}
    encoded = base64.b64encode(json.dumps(given).encode()).decode()
    asked = exploring.Asked("rest", "json", encoded, True)
    with pytest.raises(ParamMissing, match="must give odd too"):
        exploring.explore(world.store, world.keyring, world.http, caller, id, asked, now)
    assert foreign.asked == []
