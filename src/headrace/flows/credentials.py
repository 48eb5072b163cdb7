"""Credentials of base connections: what is secret lies sealed beside the document, which holds a mask in its place."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from headrace import sources
from headrace.errors import AuthSpecUnknown, Invalid, NotFound
from headrace.flows.members import object_at, optional_text
from headrace.store import documents, secrets
from headrace.store.engine import Store
from headrace.store.keyring import Keyring
from headrace.store.scope import Caller

Json = dict[str, Any]

CONNECTIONS = "connections"
MASK = "********"


def load(conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str) -> Json:
    """Every parameter of a base connection in the clear (host and secrets); none for a source without one."""
    if not connection_id:
        return {}
    found = documents.get(conn, caller, CONNECTIONS, connection_id)
    params = object_at(found.body, "auth.params")
    return {**params, **held(conn, keyring, caller, connection_id)}


def save(
    conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str, renewed: Mapping[str, Any], now: int
) -> None:
    """Keeps renewed tokens. The connection's document and its etag stay as they are."""
    found = documents.get(conn, caller, CONNECTIONS, connection_id)
    known = {name: value for name, value in renewed.items() if object_at(found.body, "auth.params").get(name) == MASK}
    secrets.put(
        conn, keyring, caller, owner(connection_id), {**held(conn, keyring, caller, connection_id), **known}, now
    )


def held(conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str) -> Json:
    """The secret parameters of a base connection, none when it has none."""
    try:
        return secrets.get(conn, keyring, caller, owner(connection_id))
    except NotFound:
        return {}


def keeper(
    store: Store, keyring: Keyring, caller: Caller, connection_id: str, now: int
) -> Callable[[Mapping[str, Any]], None]:
    """What to tell of a token that was renewed on the way, so that it is kept."""

    def renewed(values: Mapping[str, Any]) -> None:
        with store.write() as conn:
            save(conn, keyring, caller, connection_id, values, now)

    return renewed


def keep(conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str, sealed: Json, now: int) -> None:
    """Seals the secret parameters of a connection that is written in the same transaction."""
    if sealed:
        secrets.put(conn, keyring, caller, owner(connection_id), sealed, now)
    else:
        forget(conn, caller, connection_id)


def forget(conn: sa.Connection, caller: Caller, connection_id: str) -> None:
    """Removes the secret parameters of a connection."""
    secrets.delete(conn, caller, owner(connection_id))


def owner(connection_id: str) -> str:
    """The name under which a connection's secrets lie."""
    return f"{CONNECTIONS}/{connection_id}"


def parted(spec: Json, body: Json) -> tuple[Json, Json]:
    """The body with masks in place of secrets, and the secrets."""
    params = object_at(body, "auth.params")
    public = _public(spec, body)
    sealed = {name: value for name, value in params.items() if name not in public and value is not None}
    if not params:
        return body, {}
    masked = {name: MASK if name in sealed else value for name, value in params.items()}
    return {**body, "auth": {**body["auth"], "params": masked}}, sealed


def _public(spec: Json, body: Json) -> frozenset[str]:
    # What the spec does not declare may be a secret too: nothing is shown that is not known to be harmless.
    name = optional_text(body, "auth.specName")
    try:
        declared = sources.auth_spec(spec, name)
    except AuthSpecUnknown:
        return frozenset()
    properties = object_at(declared, "spec.properties")
    return frozenset(properties) - sources.secret_params(spec, name)


def unmasked(before: Json, after: Json, stored: Json) -> Json:
    """The patched body with stored secrets where the mask was left standing.

    Whoever changes where secrets are sent must send them again: else a changed host would be told the old token.
    """
    old, new = object_at(before, "auth.params"), object_at(after, "auth.params")
    kept = left_alone(after, stored)
    if not kept:
        return after
    redirected = sorted(
        name for name in {*old, *new} if MASK not in (old.get(name), new.get(name)) and old.get(name) != new.get(name)
    )
    if redirected:
        raise Invalid(
            f"auth.params.{redirected[0]} changes, so the secrets must be sent with it: {', '.join(sorted(kept))}.",
            code="1304",
            field=f"auth.params.{sorted(kept)[0]}",
        )
    return {**after, "auth": {**after["auth"], "params": {**new, **kept}}}


def left_alone(patched: Json, stored: Json) -> Json:
    """The stored secrets that a patched body still shows as masks."""
    return {
        name: stored[name]
        for name, value in object_at(patched, "auth.params").items()
        if value == MASK and name in stored
    }
