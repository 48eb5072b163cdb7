"""Exploring a source through a base connection: what it gives, as a schema and a sample."""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec

from headrace import sources
from headrace.errors import Invalid, ParamMissing
from headrace.flows import credentials, specs
from headrace.flows.connections import auth_name
from headrace.flows.credentials import CONNECTIONS
from headrace.flows.members import object_at, text_at
from headrace.sources import SourceHttp
from headrace.store import documents
from headrace.store.engine import Store
from headrace.store.keyring import Keyring
from headrace.store.scope import Caller
from headrace.wire.storable import require_storable

Json = dict[str, Any]

OBJECT_TYPES = ("root", "folder", "file", "table", "rest")


@dataclass(frozen=True, slots=True)
class Asked:
    """The query of an explore request, as it came."""

    object_type: str | None
    file_type: str | None
    source_params: str | None
    preview: bool
    object: str | None = None


def explore(
    store: Store, keyring: Keyring, http: SourceHttp, caller: Caller, connection_id: str, asked: Asked, now: int
) -> Json:
    """Format, schema and (with a preview) data. ``sourceParams`` are credentials for this once, or parameters."""
    with store.read() as conn:
        found = documents.get(conn, caller, CONNECTIONS, connection_id)
        spec = specs.connection_spec(conn, caller, text_at(found.body, "connectionSpec.id", "1413"))
        stored = credentials.load(conn, keyring, caller, connection_id)
    _check(asked)
    name = auth_name(found.body)
    given, params = _parted(spec, name, decoded(asked.source_params) if asked.source_params else {})
    used = _used(spec, name, stored, given)
    if name:
        sources.check_auth(spec, name, used)
    sources.check_params(spec, params)
    spec = sources.settled(spec, params)
    # Credentials that came with the request are not the connection's: a renewal of those is nobody's to keep.
    renewed = None if given else credentials.keeper(store, keyring, caller, connection_id, now)
    seen = sources.explore(spec, name, used, params, now, http, asked.preview, renewed)
    answer: Json = {"format": seen.format, "schema": seen.schema}
    return answer | ({"data": seen.data} if asked.preview else {})


def columns(schema: Json, prefix: str = "") -> list[Json]:
    """The leaves of an explored schema as ``/configs`` lists them."""
    listed = []
    for name, node in object_at(schema, "properties").items():
        path = f"{prefix}{name}"
        below = columns(node, f"{path}.")
        listed += below or [{"columnName": path, "columnType": node.get("type", "string")}]
    return listed


def decoded(text: str) -> Json:
    """``sourceParams`` as JSON: base64 of either alphabet, padded or not; what follows the object is not read."""
    kept = unquote(text).strip().replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        raw = b64decode(kept + "=" * (-len(kept) % 4), validate=True).decode().lstrip()
        _, end = json.JSONDecoder().raw_decode(raw)
        found = msgspec.json.decode(raw[:end])  # which half a character is none to
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise _unreadable() from error
    if not isinstance(found, dict):
        raise _unreadable()
    require_storable(found, "sourceParams", "sourceParams")
    return found


def _unreadable() -> Invalid:
    return Invalid("sourceParams must be the base64 of a JSON object.", code="1389", field="sourceParams")


def _check(asked: Asked) -> None:
    if asked.object_type is None:
        raise Invalid(
            "The query parameter objectType is missing; use objectType=rest.", code="1334", field="objectType"
        )
    if asked.object_type.lower() not in OBJECT_TYPES:
        raise Invalid(f"objectType {asked.object_type} is not known; use rest.", code="1358", field="objectType")
    if asked.object_type.lower() != "rest":
        raise Invalid(f"This source has no objects of type {asked.object_type}; use rest.", code="1336")
    if asked.object == "":
        raise Invalid("The query parameter object is empty; use object=json.", code="1337", field="object")
    if (asked.file_type or "json").lower() != "json":
        raise Invalid(f"fileType {asked.file_type} is not supported by this source; use json.", code="1327")


def _parted(spec: Json, name: str, given: Json) -> tuple[Json, Json]:
    """What of ``given`` is credentials, and what is parameters of the source (which win where both know a name)."""
    inputs = object_at(spec, "sourceSpec.spec.properties")
    declared = object_at(sources.auth_spec(spec, name), "spec.properties") if name else {}
    auth = {key: value for key, value in given.items() if key in declared and key not in inputs}
    return auth, {key: value for key, value in given.items() if key not in auth}


def _used(spec: Json, name: str, stored: Mapping[str, Any], given: Json) -> Mapping[str, Any]:
    # Stored secrets go only where they were stored for: another host is told the secrets that came with it.
    bound = stored.bound if isinstance(stored, sources.StoredCredentials) else None
    secret = (sources.secret_params(spec, name) if name else frozenset()) | set(bound.secrets if bound else ())
    moved = sorted(key for key, value in given.items() if key not in secret and stored.get(key) != value)
    lacking = sorted(key for key in secret if key in stored and key not in given)
    if moved and lacking:
        raise ParamMissing(
            f"sourceParams give another {moved[0]} than the connection, so they must give {', '.join(lacking)} too.",
            rule=1304,
            field=f"sourceParams.{lacking[0]}",
        )
    if not isinstance(stored, sources.StoredCredentials) or stored.sealed <= given.keys():
        return {**stored, **given}
    left = {name: stored[name] for name in stored.sealed - given.keys()}
    return sources.StoredCredentials({**stored, **given}, left, stored.bound)
