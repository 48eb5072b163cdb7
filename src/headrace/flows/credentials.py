"""Credentials of base connections: what is secret lies sealed beside the document, which holds a mask in its place."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace import sources
from headrace.errors import AuthSpecUnknown, HeadraceError, Invalid, KeyLost, NotFound
from headrace.flows import specs
from headrace.flows.members import object_at, optional_text, text_at
from headrace.store import documents, secrets
from headrace.store.engine import Store
from headrace.store.keyring import Keyring
from headrace.store.scope import Caller

Json = dict[str, Any]

CONNECTIONS = "connections"
MASK = "********"


class Sealed(msgspec.Struct, frozen=True, rename="camel"):
    """The secret parameters of a base connection, as they lie sealed, and what they were given for."""

    values: dict[str, Any]
    bound_to: sources.Bound


def load(conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str) -> Mapping[str, Any]:
    """Every parameter of a base connection in the clear (host and secrets); none for a source without one."""
    if not connection_id:
        return {}
    found = documents.get(conn, caller, CONNECTIONS, connection_id)
    params = object_at(found.body, "auth.params")
    sealed = held(conn, keyring, caller, connection_id)
    if sealed is None:
        return params
    return sources.StoredCredentials(params, sealed.values, sealed.bound_to)


def save(
    conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str, renewed: Mapping[str, Any],
    former: Mapping[str, Any], now: int,
) -> None:  # fmt: skip
    """Keeps tokens that were renewed in place of the ``former``, unless others were stored meanwhile.

    The connection's document and its etag stay as they are.
    """
    found = documents.get(conn, caller, CONNECTIONS, connection_id)
    known = {name: value for name, value in renewed.items() if object_at(found.body, "auth.params").get(name) == MASK}
    sealed = held(conn, keyring, caller, connection_id)
    if sealed is not None and all(sealed.values.get(name) == value for name, value in former.items()):
        keep(conn, keyring, caller, connection_id, {**sealed.values, **known}, sealed.bound_to, now)


def held(conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str) -> Sealed | None:
    """The secret parameters of a base connection, None when it has none."""
    try:
        stored = secrets.get(conn, keyring, caller, owner(connection_id))
    except NotFound:
        return None
    if _is_bound(stored):
        return msgspec.convert(stored, Sealed)
    body = documents.get(conn, caller, CONNECTIONS, connection_id).body
    return Sealed(stored, _bound_now(conn, caller, body, stored))


def held_still(conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str) -> Sealed | None:
    """As ``held``; None too where the key is lost, so that whoever sends the secrets anew can."""
    try:
        return held(conn, keyring, caller, connection_id)
    except KeyLost:
        return None


def bind_all(store: Store, keyring: Keyring, now: int) -> None:
    """Binds secrets that an earlier release stored to what their connections say now; once done, there are none."""
    with store.read() as conn:
        unbound = [
            (caller, name.removeprefix(f"{CONNECTIONS}/"))
            for caller, name in secrets.owners(conn)
            if _waits_to_be_bound(conn, keyring, caller, name)
        ]
    for caller, id in unbound:
        with store.write() as conn:
            sealed = held(conn, keyring, caller, id)
            if sealed is not None:
                keep(conn, keyring, caller, id, sealed.values, sealed.bound_to, now)


def _waits_to_be_bound(conn: sa.Connection, keyring: Keyring, caller: Caller, name: str) -> bool:
    """Whether it can be: what is sealed with a lost key goes nowhere, and must not hinder a start."""
    try:
        return not _is_bound(secrets.get(conn, keyring, caller, name))
    except KeyLost:
        return False


def _is_bound(stored: Json) -> bool:
    return set(stored) == {"values", "boundTo"} and isinstance(stored["values"], dict)


def _bound_now(conn: sa.Connection, caller: Caller, body: Json, values: Json) -> sources.Bound:
    try:
        spec = specs.connection_spec(conn, caller, text_at(body, "connectionSpec.id", "1413"))
    except HeadraceError:  # it was deleted since: what the connection names itself is left
        spec = {}
    return sources.bind(spec, optional_text(body, "auth.specName"), {**object_at(body, "auth.params"), **values})


def keeper(store: Store, keyring: Keyring, caller: Caller, connection_id: str, now: int) -> sources.Renewed:
    """What to tell of a token that was renewed on the way, so that it is kept."""

    def renewed(values: Mapping[str, Any], former: Mapping[str, Any]) -> None:
        with store.write() as conn:
            save(conn, keyring, caller, connection_id, values, former, now)

    return renewed


def keep(
    conn: sa.Connection, keyring: Keyring, caller: Caller, connection_id: str, values: Json, bound: sources.Bound,
    now: int,
) -> None:  # fmt: skip
    """Seals the secret parameters of a connection that is written in the same transaction."""
    if values:
        secrets.put(conn, keyring, caller, owner(connection_id), msgspec.to_builtins(Sealed(values, bound)), now)
    else:
        forget(conn, caller, connection_id)


def forget(conn: sa.Connection, caller: Caller, connection_id: str) -> None:
    """Removes the secret parameters of a connection."""
    secrets.delete(conn, caller, owner(connection_id))


def owner(connection_id: str) -> str:
    """The name under which a connection's secrets lie."""
    return f"{CONNECTIONS}/{connection_id}"


def parted(spec: Json, body: Json, secret: frozenset[str] = frozenset()) -> tuple[Json, Json]:
    """The body with masks in place of secrets, and the secrets: by the spec, and those named in ``secret``."""
    params = object_at(body, "auth.params")
    public = _public(spec, body) - secret
    sealed = {name: value for name, value in params.items() if name not in public and value is not None}
    if not params:
        return body, {}
    masked = {name: MASK if name in sealed else value for name, value in params.items()}
    return {**body, "auth": {**body["auth"], "params": masked}}, sealed


def secret_names(body: Json, sealed: Sealed | None) -> frozenset[str]:
    """The parameters of a stored connection that are secret, whatever its spec says since."""
    masked = {name for name, value in object_at(body, "auth.params").items() if value == MASK}
    return frozenset(masked.union(sealed.bound_to.secrets if sealed else ()))


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
        f"auth.params.{name}"
        for name in {*old, *new}
        if MASK not in (old.get(name), new.get(name)) and old.get(name) != new.get(name)
    )
    if redirected:
        raise must_be_sent(redirected[0], kept)
    return {**after, "auth": {**after["auth"], "params": {**new, **kept}}}


def must_be_sent(changed: str, kept: Json) -> Invalid:
    """What to answer when a member changes and the ``kept`` secrets with it would mean something else."""
    return Invalid(
        f"{changed} changes, so the secrets must be sent with it: {', '.join(sorted(kept))}.",
        code="1304",
        field=f"auth.params.{sorted(kept)[0]}",
    )


def left_alone(patched: Json, stored: Json) -> Json:
    """The stored secrets that a patched body still shows as masks."""
    return {
        name: stored[name]
        for name, value in object_at(patched, "auth.params").items()
        if value == MASK and name in stored
    }
