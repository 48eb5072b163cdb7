"""Resources carried from one sandbox to another: exported with all they need, imported by id."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headrace.budget import keep_on
from headrace.errors import HeadraceError, ImportFailed
from headrace.registry import drafts, rendering, types, usage
from headrace.registry.library import Library
from headrace.registry.resource import Body, Resource
from headrace.store.documents import Users
from headrace.xdm.walking import references

PLACEHOLDER = "<XDM_TENANTID_PLACEHOLDER>"


def exported(library: Library, id: str) -> list[Body]:
    """The tenant's resource of this id and every other of the tenant's that it needs, none before its parts."""
    found = _parts_first(library, library.need(id), set())
    return [_replaced(rendering.whole(library, one), library.tenant, PLACEHOLDER) for one in found]


def _parts_first(library: Library, one: Resource, seen: set[str]) -> list[Resource]:
    if one.uri in seen or one.document is None:
        return []
    seen.add(one.uri)
    parts = [part for uri in references(one.body) if (part := library.find(uri))]
    return [*(inner for part in parts for inner in _parts_first(library, part, seen)), one]


def imported(library: Library, sent: Sequence[Mapping[str, Any]], datasets: Users, now: int) -> list[Body]:
    """Creates or replaces each resource under its own id; ImportFailed when one cannot be.

    They are written with the library's changes, all or none.

    ``datasets`` names those that have a schema.
    """
    imported = []
    for body in sent:
        keep_on("the resources of its import")
        own = _replaced(body, PLACEHOLDER, library.tenant)
        try:
            imported.append(_taken(library, own, datasets, now))
        except HeadraceError as error:
            message = f"{own.get('title')} ({own.get('$id')}) cannot be imported: {error.message}"
            raise ImportFailed(message, problems=error.facts.get("problems", [])) from error
    return [rendering.whole(library, resource) for resource in imported]


def _taken(library: Library, sent: Body, datasets: Users, now: int) -> Resource:
    uri = str(sent.get("$id"))
    type = types.type_of(uri, library.tenant)
    if type is None:
        raise ImportFailed(f"$id {uri} is not one that an export gives; import what an export answered.")
    body = drafts.read(library, type, sent, uri)
    found = library.find(uri)
    changed = Resource(uri, type, {"$id": uri, **body}, found.document if found else None)
    usage.require_compatible(library, changed, datasets)
    if found is None or found.document is None:
        return library.create(type, uri, body, now)
    if body == found.document.body:
        return found
    return library.revise(found, found.document, body, now)


def _replaced(body: Mapping[str, Any], tenant: str, by: str) -> Body:
    """The body with one tenant id for another, where it is one: in ids, and as the namespace of fields."""
    text = msgspec.json.encode(body).decode()
    for before, after in (("ns.adobe.com/", "/"), ('"_', '"'), ('"_', "."), ("/_", "/"), ("/_", '"')):
        text = text.replace(f"{before}{tenant}{after}", f"{before}{by}{after}")
    replaced: Body = msgspec.json.decode(text)
    return replaced
