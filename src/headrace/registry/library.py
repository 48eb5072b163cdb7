"""Everything that ids can name for one caller: the standard resources, then those of the caller's sandbox."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.errors import NotFound, ReferenceMissing
from headrace.registry import types
from headrace.registry.types import BEHAVIOR_TYPE, OWN, ResourceType
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.scope import Caller
from headrace.xdm.standard import standard

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; ``document`` is None for a standard one."""

    uri: str
    type: ResourceType
    body: Mapping[str, Any]
    document: Document | None = None

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


class Library:
    """Resources by id; each is read once. ``changed`` stand in for what is stored, to see what they would do."""

    def __init__(
        self, conn: sa.Connection, caller: Caller, tenant: str, changed: Mapping[str, Resource] | None = None
    ) -> None:
        self.conn, self.caller, self.tenant = conn, caller, tenant
        self._changed = dict(changed or {})
        self._read: dict[str, Resource | None] = {}

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

    def body(self, uri: str) -> Mapping[str, Any]:
        """What a ``$ref`` leads to; ReferenceMissing."""
        found = self.find(uri)
        if found is None:
            raise ReferenceMissing(f"$ref {uri} names no resource of this sandbox.", ref=uri)
        return found.body

    def own(self, type: ResourceType) -> list[Resource]:
        """The sandbox's own resources of a kind, newest change first."""
        found = [self._resource(type, one) for one in documents.select(self.conn, self.caller, type.name)]
        for one in found:
            self._read.setdefault(one.uri, one)
        return [self._changed.get(one.uri, one) for one in found]

    def _stored(self, uri: str) -> Resource | None:
        type = types.type_of(uri, self.tenant)
        document = documents.find(self.conn, self.caller, type.name, uri) if type else None
        return self._resource(type, document) if type and document else None

    def _resource(self, type: ResourceType, document: Document) -> Resource:
        return Resource(document.id, type, {"$id": document.id, **document.body}, document)
