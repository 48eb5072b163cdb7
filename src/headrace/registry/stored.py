"""What a sandbox's registry holds, as one transaction reads it: each kind once, and by what it is looked for."""

import functools
from collections.abc import Mapping

import sqlalchemy as sa

from headrace.registry.resource import Resource
from headrace.registry.types import OWN, ResourceType
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.scope import Caller


class Stored:
    """The sandbox's own resources and descriptors; whoever changes them reads them anew."""

    def __init__(self, conn: sa.Connection, caller: Caller) -> None:
        self._conn, self._caller = conn, caller
        self._kinds: dict[ResourceType, dict[str, Resource]] = {}
        self._single: dict[str, Resource | None] = {}

    def of(self, type: ResourceType) -> Mapping[str, Resource]:
        """The resources of a kind by ``$id``, newest change first."""
        if type not in self._kinds:
            listed = documents.select(self._conn, self._caller, type.name)
            self._kinds[type] = {document.id: Resource.of(type, document) for document in listed}
        return self._kinds[type]

    def find(self, type: ResourceType, uri: str) -> Resource | None:
        """The resource of this ``$id``; the others of its kind are not read for it."""
        if type in self._kinds:
            return self._kinds[type].get(uri)
        if uri not in self._single:
            document = documents.find(self._conn, self._caller, type.name, uri)
            self._single[uri] = Resource.of(type, document) if document else None
        return self._single[uri]

    @functools.cached_property
    def titles(self) -> Mapping[str, list[str]]:
        """The ids of the resources of every kind by their title."""
        titles: dict[str, list[str]] = {}
        for type in OWN:
            for resource in self.of(type).values():
                titles.setdefault(resource.body["title"], []).append(resource.uri)
        return titles

    @functools.cached_property
    def referring(self) -> Mapping[str, list[Resource]]:
        """The resources that refer to an id, themselves and not through others."""
        referring: dict[str, list[Resource]] = {}
        for type in OWN:
            for resource in self.of(type).values():
                for uri in resource.parts:
                    referring.setdefault(uri, []).append(resource)
        return referring

    @functools.cached_property
    def descriptors(self) -> list[Document]:
        """Every descriptor, newest change first."""
        return documents.select(self._conn, self._caller, "descriptors")
