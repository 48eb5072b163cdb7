"""What the registry holds for one org: its tenant id first, which is learned nowhere else."""

from collections.abc import Callable
from datetime import UTC, datetime

from headrace.registry.library import Library
from headrace.registry.resource import Body, Resource
from headrace.registry.types import OWN, SCHEMAS, UNIONS
from headrace.store.documents import Document

RECENT = 10


def summary(library: Library) -> Body:
    """Tenant id, counts, the latest changes, and which schemas use which class."""
    own = {type: library.own(type) for type in OWN}
    every = [one for found in own.values() for one in found]
    return {
        "imsOrg": library.caller.org,
        "tenantId": library.tenant,
        "counts": {**{type.label: len(found) for type, found in own.items()}, "unions": len(library.own(UNIONS))},
        "recentlyCreatedResources": _recent(library, every, "meta:created", lambda one: one.created_at),
        "recentlyUpdatedResources": _recent(library, every, "meta:updated", lambda one: one.updated_at),
        "classUsage": _class_usage(library, own[SCHEMAS]),
    }


def _recent(library: Library, every: list[Resource], member: str, at: Callable[[Document], int]) -> list[Body]:
    dated = [(at(one.document), one) for one in every if one.document]
    newest = sorted(dated, key=lambda pair: (-pair[0], pair[1].uri))[:RECENT]
    return [{**_described(library, one), member: _date(time), "version": one.version} for time, one in newest]


def _described(library: Library, one: Resource) -> Body:
    shown = _named(one) | {"meta:resourceType": one.type.label}
    class_uri = library.class_of(one) if one.type is SCHEMAS else None
    found = library.find(class_uri) if class_uri else None
    return shown | ({"meta:class": found.uri, "meta:classTitle": found.body["title"]} if found else {})


def _named(one: Resource) -> Body:
    return {"$id": one.uri, "title": one.body["title"], "description": one.body.get("description", "")}


def _class_usage(library: Library, schemas: list[Resource]) -> Body:
    usage: Body = {}
    for one in schemas:
        if class_uri := library.class_of(one):
            usage.setdefault(class_uri, []).append(_named(one))
    return usage


def _date(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%a %b %d %Y %H:%M:%S GMT+0000 (UTC)")
