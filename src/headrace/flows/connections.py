"""Base connections: a source's credentials under a name, checked against its spec, sealed and tried."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from headrace import ids, sources
from headrace.errors import Invalid, SourceFailure
from headrace.flows import credentials, patching, specs, states, usage
from headrace.flows.credentials import CONNECTIONS
from headrace.flows.members import at, object_at, optional_text, text_at
from headrace.flows.rendering import COMPUTED, without_metadata
from headrace.sources import SourceHttp
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.engine import Store
from headrace.store.keyring import Keyring
from headrace.store.scope import Caller

Json = dict[str, Any]

STATES = (states.ENABLED, states.DISABLED, states.INITIALIZING)


def create(
    store: Store, keyring: Keyring, http: SourceHttp, caller: Caller, body: Json, mode: str | None, now: int
) -> Document:
    """A new base connection. With an ``authorizationTestUrl`` its credentials are tried first."""
    given = _with_state(body, mode)
    with store.read() as conn:
        spec = specs.connection_spec(conn, caller, text_at(given, "connectionSpec.id", "1413"))
    _check(spec, given)
    _try(spec, given, object_at(given, "auth.params"), http, now)
    masked, sealed = credentials.parted(spec, given)
    with store.write() as conn:
        made = documents.create(conn, caller, CONNECTIONS, ids.new_uuid(), masked, now)
        if sealed:
            credentials.keep(conn, keyring, caller, made.id, sealed, _bound(spec, given), now)
    return made


def patch(
    store: Store, keyring: Keyring, http: SourceHttp, caller: Caller, id: str, steps: object, if_match: str | None,
    now: int,
) -> Document:  # fmt: skip
    """Changes a base connection; new credentials count from the next run on."""
    with store.read() as conn:
        found = patching.read_for_change(conn, caller, CONNECTIONS, id, if_match)
        spec = specs.connection_spec(conn, caller, text_at(found.body, "connectionSpec.id", "1413"))
        held = credentials.held_still(conn, keyring, caller, id)
    stored = held.values if held else {}
    # The patch is applied over masks: an error message about it cannot show a secret.
    masked_result, _ = patching.patched(found.body, steps)
    changed = credentials.unmasked(found.body, masked_result, stored)
    _check(spec, changed, found.body)
    kept = credentials.left_alone(masked_result, stored)
    if kept and auth_name(changed) != auth_name(found.body):
        raise credentials.must_be_sent("auth.specName", kept)
    if at(changed, "auth") != at(found.body, "auth"):
        params = object_at(changed, "auth.params")
        tried = sources.StoredCredentials(params, kept, held.bound_to) if held and kept else params
        _try(spec, changed, tried, http, now)
    # What is sealed stays sealed: whoever writes the spec has no say in what others gave before.
    masked, sealed = credentials.parted(spec, changed, credentials.secret_names(found.body, held))
    with store.write() as conn:
        made = documents.replace_body(conn, caller, found, masked, now)
        # A run may have renewed a token since: what this patch left alone is kept as it is now.
        held = credentials.held_still(conn, keyring, caller, id)
        latest = credentials.left_alone(masked_result, held.values if held else {})
        # What was left alone stays bound to what it was given for, whatever the spec says since.
        bound = held.bound_to if held and latest else _bound(spec, changed)
        credentials.keep(conn, keyring, caller, id, {**sealed, **latest}, bound, now)
    return made


def delete(conn: sa.Connection, caller: Caller, id: str, now: int) -> None:
    """Removes a base connection with its secrets; InUse (1418) while a flow reads through it."""
    found = documents.get(conn, caller, CONNECTIONS, id)
    usage.require_unused_connection(conn, caller, id)
    documents.delete(conn, caller, found, now)
    credentials.forget(conn, caller, id)


def act(
    store: Store, keyring: Keyring, http: SourceHttp, caller: Caller, id: str, action: str | None,
    sub_actions: list[str], if_match: str | None, now: int,
) -> Document:  # fmt: skip
    """Publishes a draft, once it is complete."""
    with store.read() as conn:
        found = patching.require_version(documents.get(conn, caller, CONNECTIONS, id), if_match)
        spec = specs.connection_spec(conn, caller, text_at(found.body, "connectionSpec.id", "1413"))
        held = credentials.held(conn, keyring, caller, id)
    stored = held.values if held else {}
    state = states.after(action, found.body["state"], ("publish",), sub_actions)
    published = {**credentials.unmasked(found.body, found.body, stored), "state": state}
    _check(spec, published)
    params = object_at(published, "auth.params")
    _try(spec, published, sources.StoredCredentials(params, stored, held.bound_to) if held else params, http, now)
    with store.write() as conn:
        return documents.replace_body(conn, caller, found, {**found.body, "state": state}, now)


def test(store: Store, keyring: Keyring, http: SourceHttp, caller: Caller, id: str, now: int) -> Json:
    """Whether the source accepts the stored credentials, and why not."""
    with store.read() as conn:
        found = documents.get(conn, caller, CONNECTIONS, id)
        spec = specs.connection_spec(conn, caller, text_at(found.body, "connectionSpec.id", "1413"))
        known = credentials.load(conn, keyring, caller, id)
    try:
        _check_credentials(spec, found.body, known)
        renewed = credentials.keeper(store, keyring, caller, id, now)
        return {"result": sources.test_connection(spec, auth_name(found.body), known, now, http, renewed)}
    except (SourceFailure, Invalid) as error:
        return {"result": False, "message": error.message}


def _bound(spec: Json, body: Json) -> sources.Bound:
    return sources.bind(spec, auth_name(body), object_at(body, "auth.params"))


def auth_name(body: Json) -> str:
    """The authentication that a base connection names, empty for none."""
    return optional_text(body, "auth.specName")


def _with_state(body: Json, mode: str | None) -> Json:
    known = {name: value for name, value in without_metadata(body).items() if name not in (*COMPUTED, "version")}
    if mode is not None:
        return {**known, "state": states.new(mode)}
    if body.get("state", states.ENABLED) not in STATES:
        raise _wrong_state(body.get("state"), f"use one of {', '.join(STATES)}, or ?mode=draft")
    return {**known, "state": body.get("state", states.ENABLED)}


def _check(spec: Json, body: Json, before: Json | None = None) -> None:
    for name in ("name", "description"):
        optional_text(body, name)
    was_draft = before is not None and before["state"] == states.DRAFT
    if body.get("state") == states.DRAFT and (before is None or was_draft):
        if not specs.takes_drafts(spec):
            raise Invalid(f"The connection spec {spec.get('name')} does not support drafts.", code="1398")
        object_at(body, "auth")
        sources.check_addresses(object_at(body, "auth.params"), "auth.params")
        auth_name(body)
        return
    if body.get("state") not in STATES or was_draft:
        allowed = "publish it with /action?op=publish" if was_draft else f"use one of {', '.join(STATES)}"
        raise _wrong_state(body.get("state"), allowed)
    _check_credentials(spec, body, object_at(body, "auth.params"))


def _wrong_state(state: object, hint: str) -> Invalid:
    return Invalid(f"state cannot be {state}; {hint}.", code="1456", field="state")


def _check_credentials(spec: Json, body: Json, params: Mapping[str, Any]) -> None:
    if not spec.get("authSpec") and body.get("auth") is None:
        return
    masked = sorted(name for name, value in params.items() if value == credentials.MASK)
    if masked:
        field = f"auth.params.{masked[0]}"
        raise Invalid(f"{field} is the mask that answers show; send the value itself.", code="1312", field=field)
    sources.check_auth(spec, text_at(body, "auth.specName", "1415"), params)


def _try(spec: Json, body: Json, params: Mapping[str, Any], http: SourceHttp, now: int) -> None:
    if body["state"] == states.ENABLED and params.get("authorizationTestUrl"):
        sources.test_connection(spec, auth_name(body), params, now, http)
