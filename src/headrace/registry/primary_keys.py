"""Primary keys: the fields by which descriptors tell the rows of a schema apart, and the one that orders them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.registry.shapes import Problem, problem
from headrace.store import documents
from headrace.store.scope import Caller
from headrace.xdm.arrow_schema import json_type

PRIMARY_KEY, VERSION = "xdm:descriptorPrimaryKey", "xdm:descriptorVersion"
PROPERTY = "xdm:sourceProperty"
_SCALARS = ("string", "integer", "number", "boolean")


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """Paths of fields, by names: those of the key, and the version's if there is one."""

    key: tuple[tuple[str, ...], ...]
    version: tuple[str, ...] | None


def primary_key(conn: sa.Connection, caller: Caller, uri: str) -> PrimaryKey | None:
    """What the descriptors of the schema with this ``$id`` say; None without a primary key."""
    told = {
        one.body["@type"]: _paths(one.body)
        for one in documents.select(conn, caller, "descriptors")
        if one.body["@type"] in (PRIMARY_KEY, VERSION) and one.body["xdm:sourceSchema"] == uri
    }
    if PRIMARY_KEY not in told:
        return None
    return PrimaryKey(told[PRIMARY_KEY], next(iter(told.get(VERSION, ())), None))


def problems(
    conn: sa.Connection, caller: Caller, body: Mapping[str, Any], tree: Mapping[str, Any], id: str | None
) -> Iterator[Problem]:
    """Why a descriptor cannot tell rows apart, or order them, in a schema whose fields are ``tree``."""
    kind = body["@type"]
    if kind not in (PRIMARY_KEY, VERSION):
        return
    for one in documents.select(conn, caller, "descriptors"):
        told = one.body
        if (told["@type"], told["xdm:sourceSchema"]) == (kind, body["xdm:sourceSchema"]) and one.id != id:
            message = f"Descriptor {one.id} says it of {told[PROPERTY]} already; a schema takes one {kind}."
            yield problem("$.@type", "unique", message, one.id)
    paths = _paths(body)
    if len(set(paths)) < len(paths) or (kind == VERSION and len(paths) > 1):
        message = "A version is one field." if kind == VERSION else f"A field stands twice in {PROPERTY}."
        yield problem(f"$.{PROPERTY}", "unique", message)
    for path in paths:
        field = _field(tree, path)
        if "[*]" in "/".join(path) or json_type(field) not in _SCALARS:
            message = (
                f"{PROPERTY} /{'/'.join(path)} is no single value; a {kind} is made of texts, numbers or booleans."
            )
            yield problem(f"$.{PROPERTY}", "type", message)
        elif kind == VERSION and not _ordered(field):
            message = (
                f"{PROPERTY} /{'/'.join(path)} must be a number, a date or a date-time, so that it can be ordered."
            )
            yield problem(f"$.{PROPERTY}", "type", message)


def _ordered(field: Mapping[str, Any]) -> bool:
    return json_type(field) in ("integer", "number") or field.get("format") in ("date", "date-time")


def _paths(body: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    sent = body[PROPERTY]
    listed: Sequence[str] = sent if isinstance(sent, list) else [sent]
    return tuple(tuple(path.strip("/").split("/")) for path in listed)


def _field(tree: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    for name in path:
        tree = tree.get("properties", {}).get(name) or {}
    return tree
