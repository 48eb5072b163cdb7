"""One resource of the registry, whoever brought it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.registry.types import UNIONS, ResourceType
from headrace.store.documents import Document
from headrace.xdm.walking import references

Body = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource; ``document`` is None for one that is not stored: a standard one or a union."""

    uri: str
    type: ResourceType
    body: Mapping[str, Any]
    document: Document | None = None

    @classmethod
    def of(cls, type: ResourceType, document: Document) -> "Resource":
        """What a document of this kind keeps."""
        return cls(document.id, type, {"$id": document.id, **document.body}, document)

    @property
    def own(self) -> bool:
        """Whether it belongs to the caller's sandbox."""
        return self.document is not None or self.type is UNIONS

    @property
    def version(self) -> str:
        """Major and minor: every change counts the minor up."""
        return f"1.{self.document.revision if self.document else 0}"

    @functools.cached_property
    def parts(self) -> frozenset[str]:
        """The ids of the other resources that it refers to anywhere."""
        return frozenset(references(self.body))
