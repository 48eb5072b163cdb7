"""Everything that ids can name for one caller: the standard resources, then those of the caller's sandbox."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.errors import NotFound, ReferenceMissing
from headrace.registry import types
from headrace.registry.types import (
    BEHAVIOR_TYPE,
    CLASSES,
    OWN,
    RELATIONAL,
    SCHEMAS,
    UNION_SUFFIX,
    UNION_TAG,
    UNIONS,
    ResourceType,
)
from headrace.store import documents, sandboxes
from headrace.store.documents import Document
from headrace.store.scope import Caller
from headrace.xdm.standard import standard

Body = dict[str, Any]


IDENTITY_MAP = "https://ns.adobe.com/xdm/context/identitymap"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; ``document`` is None for one that is not stored: a standard one or a union."""

    uri: str
    type: ResourceType
    body: Mapping[str, Any]
    document: Document | None = None

    @property
    def own(self) -> bool:
        """Whether it belongs to the caller's sandbox."""
        return self.document is not None or self.type is UNIONS

    @property
    def version(self) -> str:
        """Major and minor: every change counts the minor up."""
        return f"1.{self.document.revision if self.document else 0}"


@functools.cache
def standard_resources() -> Mapping[str, Resource]:
    """The standard resources by ``$id``."""
    kinds = (*OWN, BEHAVIOR_TYPE)
    return {uri: Resource(uri, kind, body) for kind in kinds for uri, body in standard(kind.name).items()}


@functools.cache
def _standard_alt_ids() -> Mapping[str, str]:
    return {types.alt_id(uri): uri for uri in standard_resources()}


def named_parts(body: Mapping[str, Any]) -> list[str]:
    """The other resources that ``allOf`` names."""
    refs = [part["$ref"] for part in body.get("allOf", ()) if isinstance(part.get("$ref"), str)]
    return [ref.partition("#")[0] for ref in refs if not ref.startswith("#")]


class Library:
    """Resources by id; each is read once. ``changed`` stand in for what is stored, to see what they would do."""

    def __init__(
        self, conn: sa.Connection, caller: Caller, tenant: str, changed: Mapping[str, Resource] | None = None
    ) -> None:
        self.conn, self.caller, self.tenant = conn, caller, tenant
        self._changed = dict(changed or {})
        self._read: dict[str, Resource | None] = {}
        self._sandbox_type = ""

    def with_(self, resource: Resource) -> Library:
        """The same library if ``resource`` were in it."""
        return Library(self.conn, self.caller, self.tenant, {**self._changed, resource.uri: resource})

    def find(self, id: str) -> Resource | None:
        """The resource of this ``$id`` or ``meta:altId``, or None."""
        uri = _standard_alt_ids().get(id) or types.uri_of(id)
        if uri in self._changed:
            return self._changed[uri]
        if uri not in self._read:
            self._read[uri] = standard_resources().get(uri) or self._stored(uri)
        return self._read[uri]

    def get(self, id: str, type: ResourceType) -> Resource:
        """As ``find``, of this kind only; NotFound."""
        found = self.find(id)
        if found is None or found.type is not type:
            raise NotFound(f"There is no {type.label} resource {id} in this sandbox.", kind=type.name, id=id)
        return found

    def need(self, id: str) -> Resource:
        """As ``find``; NotFound."""
        found = self.find(id)
        if found is None:
            raise NotFound(f"There is no resource {id} in this sandbox.", kind="resources", id=id)
        return found

    def body(self, uri: str) -> Mapping[str, Any]:
        """What a ``$ref`` leads to; ReferenceMissing."""
        found = self.find(uri)
        if found is None:
            raise ReferenceMissing(f"$ref {uri} names no resource of this sandbox.", ref=uri)
        return found.body

    def own(self, type: ResourceType) -> list[Resource]:
        """The sandbox's own resources of a kind, newest change first."""
        if type is UNIONS:
            return self._unions()
        found = [self._resource(type, one) for one in documents.select(self.conn, self.caller, type.name)]
        self._read |= {one.uri: one for one in found if one.uri not in self._read}
        stored = {one.uri for one in found}
        new = [one for one in self._changed.values() if one.type is type and one.uri not in stored]
        return new + [self._changed.get(one.uri, one) for one in found]

    def extends(self, body: Mapping[str, Any]) -> list[str]:
        """Everything that a resource extends: what its ``allOf`` names, and what those extend in turn."""
        found = dict.fromkeys([RELATIONAL] if RELATIONAL in body.get("meta:extends", ()) else [])
        waiting = named_parts(body)
        while waiting:
            uri = waiting.pop(0)
            if uri in found:
                continue
            found[uri] = None
            resource = self.find(uri)
            waiting += named_parts(resource.body) if resource else []
        return list(found)

    def class_of(self, resource: Resource) -> str | None:
        """The class of a schema; a class is its own."""
        if resource.type is CLASSES:
            return resource.uri
        if resource.type is UNIONS:
            return resource.uri.removesuffix(UNION_SUFFIX)
        if resource.type is not SCHEMAS:
            return None
        if RELATIONAL in resource.body.get("meta:extends", ()):
            return RELATIONAL
        named = (self.find(uri) for uri in named_parts(resource.body))
        return next((one.uri for one in named if one and one.type is CLASSES), None)

    def _unions(self) -> list[Resource]:
        members: dict[str, list[str]] = {}
        for one in self.own(SCHEMAS):
            class_uri = self.class_of(one) if UNION_TAG in one.body.get("meta:immutableTags", ()) else None
            if class_uri is not None:
                members.setdefault(class_uri, []).append(one.uri)
        return [self._union(class_uri, sorted(uris)) for class_uri, uris in members.items()]

    def _union(self, class_uri: str, schemas: list[str]) -> Resource:
        parts = [{"$ref": uri, "type": "object", "meta:xdmType": "object"} for uri in (*schemas, IDENTITY_MAP)]
        title = f"{self.body(class_uri)['title']} (union)"
        uri = class_uri + UNION_SUFFIX
        return Resource(uri, UNIONS, {"$id": uri, "title": title, "type": "object", "allOf": parts})

    @property
    def sandbox_type(self) -> str:
        """production or development."""
        if not self._sandbox_type:
            found = sandboxes.find(self.conn, self.caller.org, self.caller.sandbox)
            self._sandbox_type = found.type if found else "production"
        return self._sandbox_type

    def _stored(self, uri: str) -> Resource | None:
        if uri.endswith(UNION_SUFFIX):
            return next((one for one in self._unions() if one.uri == uri), None)
        type = types.type_of(uri, self.tenant)
        # No id of ours holds a zero byte, and a database may refuse to look for one.
        known = type is not None and "\0" not in uri
        document = documents.find(self.conn, self.caller, type.name, uri) if type and known else None
        return self._resource(type, document) if type and document else None

    def _resource(self, type: ResourceType, document: Document) -> Resource:
        return Resource(document.id, type, {"$id": document.id, **document.body}, document)
