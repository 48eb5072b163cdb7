"""Descriptors: listed by kind or in pages, created, read, replaced and deleted."""

from functools import partial
from typing import Any

from headrace.api.operation import CREATE, CREATED, NO_CONTENT
from headrace.api.request import Reply, Request
from headrace.api.schemaregistry import accept
from headrace.api.schemaregistry.routes import (
    GLOBAL,
    changing,
    container,
    list_body,
    own_container,
    reading,
    schemaregistry,
    selection,
)
from headrace.catalog import datasets
from headrace.identity import namespaces
from headrace.registry import descriptors, listing
from headrace.registry.library import Library
from headrace.registry.views import View

Body = dict[str, Any]


@schemaregistry.get("/{container}/descriptors", kind="descriptors", answers=accept.SHOWN)
def list_descriptors(request: Request) -> Reply:
    """The descriptors by kind; in pages for the v2 forms of Accept."""
    accepted = accept.parse(request.headers.get("accept", ""), accept.DESCRIPTOR_LIST)
    with reading(request) as library:
        known = [] if container(request) == GLOBAL else descriptors.listed(library)
    page = listing.select(known, selection(request, "xdm:sourceSchema", None), key="@id")
    if "v2" in accepted.view.options:
        body = list_body(request, page, [_shown(descriptor, accepted.view) for descriptor in page.items])
        return Reply(body, media=accepted.media)
    grouped: dict[str, list[object]] = {}
    for descriptor in page.items:
        grouped.setdefault(descriptor["@type"], []).append(_shown(descriptor, accepted.view))
    return Reply(grouped, media=accepted.media)


@schemaregistry.post("/{container}/descriptors", verb=CREATE, kind="descriptors", answers=CREATED)
def create_descriptor(request: Request) -> Reply:
    """A new descriptor."""
    own_container(request)
    body = request.json_object()
    now = request.clock.now()

    def created(library: Library) -> Reply:
        known = namespaces.listed(library.conn, request.caller)
        return Reply(descriptors.create(library, body, known, now))

    return changing(request, created)


@schemaregistry.get("/{container}/descriptors/{id}", kind="descriptors", answers=accept.SHOWN)
def get_descriptor(request: Request) -> Reply:
    """One descriptor."""
    accepted = accept.parse(request.headers.get("accept", ""), accept.DESCRIPTOR_LOOKUP)
    with reading(request) as library:
        return Reply(descriptors.get(library, request.path_params["id"]), media=accepted.media)


@schemaregistry.put("/{container}/descriptors/{id}", kind="descriptors")
def replace_descriptor(request: Request) -> Reply:
    """The descriptor as the body says it now."""
    own_container(request)
    body = request.json_object()
    id, rows, now = request.path_params["id"], datasets.holding_rows(request.lake), request.clock.now()

    def replaced(library: Library) -> Reply:
        known = namespaces.listed(library.conn, request.caller)
        return Reply(descriptors.replace(library, id, body, known, rows, now))

    return changing(request, replaced, still=partial(descriptors.require_stays, holding_rows=rows))


@schemaregistry.delete("/{container}/descriptors/{id}", kind="descriptors", answers=NO_CONTENT)
def delete_descriptor(request: Request) -> Reply:
    """Removes a descriptor."""
    own_container(request)
    id, rows, now = request.path_params["id"], datasets.holding_rows(request.lake), request.clock.now()

    def deleted(library: Library) -> Reply:
        descriptors.delete(library, id, rows, now)
        return Reply()

    return changing(request, deleted, still=partial(descriptors.require_stays, holding_rows=rows))


def _shown(descriptor: Body, view: View) -> object:
    if "id" in view.options:
        return descriptor["@id"]
    return f"/tenant/descriptors/{descriptor['@id']}" if "link" in view.options else descriptor
