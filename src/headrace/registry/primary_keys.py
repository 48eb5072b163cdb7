"""Primary keys: the fields by which descriptors tell the rows of a schema apart, the one that orders them, their time.

The key comes first, that of a time-series schema holds its timestamp, and once there are rows key and version stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.errors import ChangeBreaks, InUse
from headrace.registry.shapes import Problem, problem
from headrace.registry.types import RELATIONAL
from headrace.store import documents
from headrace.store.documents import Document, Users
from headrace.store.scope import Caller
from headrace.xdm.arrow_schema import json_type

PRIMARY_KEY, VERSION, TIMESTAMP = "xdm:descriptorPrimaryKey", "xdm:descriptorVersion", "xdm:descriptorTimestamp"
BEHAVIOR, RECORD, TIME_SERIES = "meta:behaviorType", "record", "time-series"
PROPERTY = "xdm:sourceProperty"
MOMENT = "date-time"
MOMENTS = ("date", MOMENT)
_SCALARS = ("string", "integer", "number", "boolean")


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """Paths of fields, by names: those of the key, and the version's if there is one."""

    key: tuple[tuple[str, ...], ...]
    version: tuple[str, ...] | None


def primary_key(conn: sa.Connection, caller: Caller, uri: str) -> PrimaryKey | None:
    """What the descriptors of the schema with this ``$id`` say; None without a primary key."""
    paths = {
        descriptor.body["@type"]: _paths(descriptor.body)
        for descriptor in documents.select(conn, caller, "descriptors")
        if descriptor.body["@type"] in (PRIMARY_KEY, VERSION) and descriptor.body["xdm:sourceSchema"] == uri
    }
    if PRIMARY_KEY not in paths:
        return None
    return PrimaryKey(paths[PRIMARY_KEY], next(iter(paths.get(VERSION, ())), None))


def problems(
    known: Sequence[Document],
    body: Mapping[str, Any],
    schema: Mapping[str, Any],
    tree: Mapping[str, Any],
    id: str | None,
) -> Iterator[Problem]:
    """Why a descriptor beside the ``known`` ones cannot tell rows apart, order them or say their time.

    ``tree``: all the fields of the schema.
    """
    kind = body["@type"]
    if kind not in (PRIMARY_KEY, VERSION, TIMESTAMP):
        return
    others = {
        descriptor.body["@type"]: descriptor
        for descriptor in known
        if descriptor.body["xdm:sourceSchema"] == body["xdm:sourceSchema"] and descriptor.id != id
    }
    if kind in others:
        other = others[kind]
        message = f"Descriptor {other.id} says it of {other.body[PROPERTY]} already; a schema takes one {kind}."
        yield problem("$.@type", "unique", message, other.id)
    if kind == VERSION and PRIMARY_KEY not in others:
        message = f"A version orders the rows of a key: describe the schema's {PRIMARY_KEY} first."
        yield problem("$.@type", "required", message, PRIMARY_KEY)
    if schema.get(BEHAVIOR) == TIME_SERIES and kind in (PRIMARY_KEY, TIMESTAMP):
        yield from _timed(body, others, tree)
    if RELATIONAL in schema.get("meta:extends", ()):
        yield from _relational(kind, _paths(body), schema)
    yield from _fields(kind, _paths(body), tree)


def require_stays(
    conn: sa.Connection, caller: Caller, before: Document, after: Mapping[str, Any] | None, holding_rows: Users
) -> None:
    """ChangeBreaks or, where it goes (None), InUse when a descriptor must stay what rows were told apart by.

    InUse as well for a key whose version is still described. ``holding_rows``: the datasets of a schema that hold any.
    """
    kind, uri = before.body["@type"], before.body["xdm:sourceSchema"]
    if kind not in (PRIMARY_KEY, VERSION) or (after is not None and _says(after) == _says(before.body)):
        return
    if users := holding_rows(conn, caller, uri):
        what = f"{kind} of {before.body[PROPERTY]} stays as it is: rows of dataset {', '.join(users)} go by it"
        if after is None:
            message = f"The {what}. Delete the dataset first, or describe another schema."
            raise InUse(message, kind="descriptors", id=before.id)
        message = f"The {what}. Describe another schema, and make another dataset of it."
        raise ChangeBreaks(message, problems=[problem(f"$.{PROPERTY}", "evolution", message, before.id)])
    described = documents.select(conn, caller, "descriptors")
    orders = [each.id for each in described if (each.body["@type"], each.body["xdm:sourceSchema"]) == (VERSION, uri)]
    if kind == PRIMARY_KEY and orders and (after is None or _says(after)[:2] != (kind, uri)):
        message = f"Descriptor {orders[0]} orders the rows of this key; delete that one first."
        raise InUse(message, kind="descriptors", id=before.id)


def _says(body: Mapping[str, Any]) -> tuple[str, str, tuple[tuple[str, ...], ...]]:
    return body["@type"], body["xdm:sourceSchema"], _paths(body) if PROPERTY in body else ()


def _timed(body: Mapping[str, Any], others: Mapping[str, Document], tree: Mapping[str, Any]) -> Iterator[Problem]:
    """Why key and timestamp of a time-series schema do not fit each other."""
    paths = {kind: _paths(other.body) for kind, other in others.items() if kind in (PRIMARY_KEY, TIMESTAMP)}
    paths[body["@type"]] = _paths(body)
    key, timestamp = paths.get(PRIMARY_KEY), paths.get(TIMESTAMP)
    if key is None:
        return
    timed = timestamp is None and any(_field(tree, path).get("format") == MOMENT for path in key)
    if len(key) < 2:
        message = f"The primary key of a time-series schema is composite: {PROPERTY} must name its timestamp and more."
        yield problem(f"$.{PROPERTY}", "minItems", message)
    elif not timed and not (timestamp is not None and set(timestamp) <= set(key)):
        which = "a date-time field" if timestamp is None else f"/{'/'.join(timestamp[0])}"
        message = f"The primary key of a time-series schema holds its timestamp: {PROPERTY} must name {which} too."
        yield problem(f"$.{PROPERTY}", "contains", message)


def _relational(kind: str, paths: tuple[tuple[str, ...], ...], schema: Mapping[str, Any]) -> Iterator[Problem]:
    """What a relational schema demands beside: a key of fields at its root, a timestamp only of a time series."""
    if kind == TIMESTAMP and schema.get(BEHAVIOR, RECORD) != TIME_SERIES:
        message = (
            f"A {TIMESTAMP} says the time of the rows of a time series; the {BEHAVIOR} of this schema is {RECORD}."
        )
        yield problem("$.@type", "not", message, TIME_SERIES)
    for path in paths if kind == PRIMARY_KEY else ():
        if len(path) > 1:
            message = (
                f"{PROPERTY} /{'/'.join(path)} lies inside another field; the key of a relational schema is made of "
                "fields at its root."
            )
            yield problem(f"$.{PROPERTY}", "contains", message)


def _fields(kind: str, paths: tuple[tuple[str, ...], ...], tree: Mapping[str, Any]) -> Iterator[Problem]:
    if len(set(paths)) < len(paths) or (kind != PRIMARY_KEY and len(paths) > 1):
        message = f"A field stands twice in {PROPERTY}." if kind == PRIMARY_KEY else f"A {kind} is one field."
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
        elif kind == TIMESTAMP and field.get("format") != MOMENT:
            message = f"{PROPERTY} /{'/'.join(path)} must be a date-time (a string with that format)."
            yield problem(f"$.{PROPERTY}", "type", message)


def _ordered(field: Mapping[str, Any]) -> bool:
    return json_type(field) in ("integer", "number") or field.get("format") in MOMENTS


def _paths(body: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    sent = body[PROPERTY]
    listed: Sequence[str] = sent if isinstance(sent, list) else [sent]
    return tuple(tuple(path.strip("/").split("/")) for path in listed)


def _field(tree: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    for name in path:
        tree = tree.get("properties", {}).get(name) or {}
    return tree
