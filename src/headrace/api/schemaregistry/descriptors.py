"""Descriptors: listed by kind or in pages, created, read, replaced and deleted."""

from typing import Any

from headrace.api.request import NO_CONTENT, Reply, Request
from headrace.api.schemaregistry import accept
from headrace.api.schemaregistry.routes import (
    GLOBAL,
    container,
    list_body,
    own_container,
    reading,
    schemaregistry,
    selection,
    writing,
)
from headrace.identity import namespaces
from headrace.registry import descriptors, listing
from headrace.registry.views import View

Body = dict[str, Any]


@schemaregistry.get("/{container}/descriptors")
def list_descriptors(request: Request) -> Reply:
    """The descriptors by kind; in pages for the v2 forms of Accept."""
    accepted = accept.parse(request.headers.get("accept", ""), accept.DESCRIPTOR_LIST)
    with reading(request) as library:
        found = [] if container(request) == GLOBAL else descriptors.listed(library)
    page = listing.select(found, selection(request, "xdm:sourceSchema", None), key="@id")
    if "v2" in accepted.view.options:
        body = list_body(request, page, [_shown(one, accepted.view) for one in page.items])
        return Reply(200, body, media=accepted.media)
    grouped: dict[str, list[object]] = {}
    for one in page.items:
        grouped.setdefault(one["@type"], []).append(_shown(one, accepted.view))
    return Reply(200, grouped, media=accepted.media)


@schemaregistry.post("/{container}/descriptors")
def create_descriptor(request: Request) -> Reply:
    """A new descriptor."""
    own_container(request)
    body = request.json_object()
    with writing(request) as library:
        known = namespaces.listed(library.conn, request.caller)
        return Reply(201, descriptors.create(library, body, known, request.clock.now()))


@schemaregistry.get("/{container}/descriptors/{id}")
def get_descriptor(request: Request) -> Reply:
    """One descriptor."""
    accepted = accept.parse(request.headers.get("accept", ""), accept.DESCRIPTOR_LOOKUP)
    with reading(request) as library:
        return Reply(200, descriptors.get(library, request.path_params["id"]), media=accepted.media)


@schemaregistry.put("/{container}/descriptors/{id}")
def replace_descriptor(request: Request) -> Reply:
    """The descriptor as the body says it now."""
    own_container(request)
    body = request.json_object()
    with writing(request) as library:
        known = namespaces.listed(library.conn, request.caller)
        return Reply(200, descriptors.replace(library, request.path_params["id"], body, known, request.clock.now()))


@schemaregistry.delete("/{container}/descriptors/{id}")
def delete_descriptor(request: Request) -> Reply:
    """Removes a descriptor."""
    own_container(request)
    with writing(request) as library:
        descriptors.delete(library, request.path_params["id"], request.clock.now())
    return NO_CONTENT


def _shown(one: Body, view: View) -> object:
    if "id" in view.options:
        return one["@id"]
    return f"/tenant/descriptors/{one['@id']}" if "link" in view.options else one
