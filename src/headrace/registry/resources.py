"""A sandbox's own resources created, changed and deleted."""

from collections.abc import Mapping, Sequence
from typing import Any

from headrace.errors import NotFound, RevisionStale, StandardFixed
from headrace.ids import new_hex
from headrace.registry import drafts, rendering, shapes, types, usage
from headrace.registry.library import Library
from headrace.registry.resource import Body, Resource
from headrace.registry.types import OWN, ResourceType
from headrace.store.changes import Change
from headrace.store.documents import Document, Users
from headrace.wire.patch import apply_patch

HEX_DIGITS = 48
# Clients patch what the registry computes; it comes out right without them.
COMPUTED = ("/meta:extends", "/refs", "/meta:registryMetadata", "/meta:class")


def create(library: Library, type: ResourceType, sent: Mapping[str, Any], now: int) -> Resource:
    """A new resource at version 1.0, to be written with the library's changes; so with those below."""
    if type not in OWN:
        raise StandardFixed(f"{type.name} are not made by tenants; make {', '.join(one.name for one in OWN)}.")
    uri = types.new_uri(library.tenant, type, new_hex(HEX_DIGITS))
    body = drafts.read(library, type, sent, uri)
    resource = library.create(type, uri, body, now)
    usage.require_composes(library, resource)
    return resource


def replace(
    library: Library, type: ResourceType, id: str, sent: Mapping[str, Any], if_match: str | None, datasets: Users,
    now: int,
) -> Resource:  # fmt: skip
    """The resource's next version: what ``sent`` says, whole. ``datasets`` names those that have a schema."""
    found, document = _own(library, type, id, if_match)
    return _changed(library, found, document, sent, datasets, now)


def patch(
    library: Library,
    type: ResourceType,
    id: str,
    steps: Sequence[Mapping[str, Any]],
    if_match: str | None,
    datasets: Users,
    now: int,
) -> Resource:
    """The resource's next version: what JSON Patch makes of it. ``datasets`` as in ``replace``."""
    shapes.require_shallow(steps)
    found, document = _own(library, type, id, if_match)
    own_steps = [step for step in steps if not step["path"].startswith(COMPUTED)]
    sent = apply_patch(rendering.whole(library, found), own_steps)
    return _changed(library, found, document, sent, datasets, now)


def delete(library: Library, type: ResourceType, id: str, datasets: Users, now: int) -> None:
    """Removes a resource that nothing uses, and the descriptors on it. ``datasets`` as in ``replace``."""
    found, document = _own(library, type, id, None)
    usage.require_unused(library, found, datasets)
    described = [each for each in library.descriptors if each.body["xdm:sourceSchema"] == found.uri]
    library.changes += [Change("delete", each, now) for each in (*described, document)]


def _own(library: Library, type: ResourceType, id: str, if_match: str | None) -> tuple[Resource, Document]:
    found = library.get(id, type)
    if found.document is None:
        raise StandardFixed(
            f"{found.uri} is not a resource of the tenant's making; it cannot be changed or deleted.", id=found.uri
        )
    if if_match not in (None, "*", rendering.etag(found)):
        raise RevisionStale(kind=type.name, id=id)
    return found, found.document


def _changed(
    library: Library, found: Resource, document: Document, sent: Mapping[str, Any], datasets: Users, now: int
) -> Resource:
    body: Body = drafts.read(library, found.type, sent, found.uri)
    if body == document.body:
        return found
    changed = Resource(found.uri, found.type, {"$id": found.uri, **body}, document)
    usage.require_compatible(library, changed, datasets)
    return library.revise(found, document, body, now)


def require_standard(resource: Resource) -> None:
    """NotFound unless the resource is a standard one."""
    if resource.own:
        message = f"There is no standard resource {resource.uri}; the tenant container has it."
        raise NotFound(message, kind=resource.type.name, id=resource.uri)
