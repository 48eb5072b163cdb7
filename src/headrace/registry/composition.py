"""Resources composed: the fields that records of a schema have, and the marks that identities leave on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace import xdm
from headrace.errors import NotFound
from headrace.registry import rendering
from headrace.registry.library import Library
from headrace.registry.resource import Body, Resource
from headrace.registry.types import SCHEMAS
from headrace.store.documents import Document
from headrace.store.scope import Caller

MAJOR = 1
IDENTITY = "xdm:descriptorIdentity"


@dataclass(frozen=True, slots=True)
class Composed:
    """A schema as its records must be: ``full`` holds every field, references resolved."""

    id: str
    version: str
    title: str
    full: Body


def composed(conn: sa.Connection, caller: Caller, schema_id: str, major: int, tenant: str) -> Composed:
    """The schema of this ``$id`` or ``meta:altId``; NotFound also when it has no such major version."""
    library = Library(conn, caller, tenant)
    schema = library.get(schema_id, SCHEMAS)
    if major != MAJOR:
        raise NotFound(f"Schema {schema.uri} has no version {major}.", kind=SCHEMAS.name, id=schema_id)
    return Composed(schema.uri, schema.version, str(schema.body["title"]), full(library, schema))


def full(library: Library, resource: Resource) -> Body:
    """A resource with all its fields, under the names that data is written in."""
    return with_primary(xdm.compose(rendering.whole(library, resource), library.body), library, resource)


def with_primary(tree: Body, library: Library, resource: Resource) -> Body:
    """A copy in which the field of the primary identity is required: a record without one names nobody."""
    if resource.type is not SCHEMAS or resource.document is None:
        return tree
    for one in primaries(library, resource.uri):
        tree = required_at(tree, str(one.body["xdm:sourceProperty"]).strip("/").split("/"))
    return tree


def primaries(library: Library, uri: str) -> list[Document]:
    """The descriptors that make a field of this schema its primary identity: at most one."""
    return [
        one
        for one in library.descriptors
        if one.body["@type"] == IDENTITY and one.body["xdm:sourceSchema"] == uri and one.body.get("xdm:isPrimary")
    ]


def required_at(node: Body, path: Sequence[str]) -> Body:
    """A copy of ``node`` in which each step of ``path`` is required; as it is where the path leaves its objects."""
    name, *rest = path
    child = node.get("properties", {}).get(name)
    if not isinstance(child, Mapping):
        return node
    changed: dict[str, Any] = required_at(dict(child), rest) if rest else _filled(child)
    required = list(dict.fromkeys([*node.get("required", ()), name]))
    return {**node, "properties": {**node["properties"], name: changed}, "required": required}


def _filled(field: Mapping[str, Any]) -> Body:
    return {**field, "minLength": max(1, field.get("minLength", 1))} if field.get("type") == "string" else dict(field)
