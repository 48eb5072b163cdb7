"""Everything that ids can name for one caller: the standard resources, then those of the caller's sandbox."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from headrace.errors import NotFound, ReferenceMissing
from headrace.registry import types
from headrace.registry.resource import Body, Resource
from headrace.registry.stored import Stored
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
from headrace.store.changes import Change
from headrace.store.documents import Document
from headrace.store.scope import Caller
from headrace.xdm.standard import standard

IDENTITY_MAP = "https://ns.adobe.com/xdm/context/identitymap"


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
    """Resources by id; each is read once. ``changes`` are what is to be written, and stand in for what is stored."""

    def __init__(
        self,
        conn: sa.Connection,
        caller: Caller,
        tenant: str,
        stored: Stored | None = None,
        changed: Mapping[str, Resource] | None = None,
    ) -> None:
        self.conn, self.caller, self.tenant = conn, caller, tenant
        self.changes: list[Change] = []
        self._stored = stored or Stored(conn, caller)
        self._changed = dict(changed or {})
        self._unions: list[Resource] | None = None
        self._sandbox_type = ""

    def with_(self, resource: Resource) -> Library:
        """The same library if ``resource`` were in it."""
        return Library(self.conn, self.caller, self.tenant, self._stored, {**self._changed, resource.uri: resource})

    def create(self, type: ResourceType, uri: str, body: Body, now: int) -> Resource:
        """A new resource, which is from now on in the library and to be written."""
        document = documents.new(self.caller, type.name, uri, body, now)
        self.changes.append(Change("create", document, now))
        return self._taken(Resource.of(type, document))

    def revise(self, resource: Resource, document: Document, body: Body, now: int) -> Resource:
        """The resource's next revision after ``document``, in the library and to be written as well."""
        revision = documents.revised(self.caller, document, body, now)
        self.changes.append(Change("revise", revision, now))
        return self._taken(Resource.of(resource.type, revision))

    def _taken(self, resource: Resource) -> Resource:
        self._changed[resource.uri] = resource
        self._unions = None  # they are made up of others
        return resource

    def find(self, id: str) -> Resource | None:
        """The resource of this ``$id`` or ``meta:altId``, or None."""
        uri = _standard_alt_ids().get(id) or types.uri_of(id)
        if uri in self._changed:
            return self._changed[uri]
        if uri.endswith(UNION_SUFFIX):
            return next((union for union in self.own(UNIONS) if union.uri == uri), None)
        # No id of ours holds a zero byte, and a database may refuse to look for one.
        type = types.type_of(uri, self.tenant) if "\0" not in uri else None
        return standard_resources().get(uri) or (self._stored.find(type, uri) if type else None)

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
            self._unions = self._made_up() if self._unions is None else self._unions
            return self._unions
        stored = self._stored.of(type)
        new = [resource for uri, resource in self._changed.items() if resource.type is type and uri not in stored]
        return new + [self._changed.get(uri, resource) for uri, resource in stored.items()]

    def titled(self, title: str) -> list[str]:
        """The ids of the sandbox's own resources of this title, of whatever kind."""
        stored = [uri for uri in self._stored.titles.get(title, ()) if uri not in self._changed]
        return stored + [uri for uri, resource in self._changed.items() if resource.body["title"] == title]

    def referring(self, uri: str) -> list[Resource]:
        """The sandbox's own resources that refer to ``uri``, themselves and not through others."""
        stored = [resource for resource in self._stored.referring.get(uri, ()) if resource.uri not in self._changed]
        return stored + [resource for resource in self._changed.values() if uri in resource.parts]

    @property
    def descriptors(self) -> list[Document]:
        """Every descriptor of the sandbox, newest change first."""
        return self._stored.descriptors

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

    def _made_up(self) -> list[Resource]:
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
