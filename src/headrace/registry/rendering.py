"""A resource as the registry shows it: what the client sent, and what the registry knows about it."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.registry import types
from headrace.registry.library import Body, Library, Resource
from headrace.registry.types import CLASSES, RELATIONAL, SCHEMAS
from headrace.store import sandboxes
from headrace.xdm.walking import references

# When the standard resources that this release ships were written.
STANDARD_SINCE = 1_755_648_000_000
LIBRARY_VERSION = "1.0.0"


def whole(library: Library, resource: Resource) -> Body:
    """The resource with every member that the registry adds."""
    body = {key: value for key, value in resource.body.items() if key != "$id"}
    return {
        "$id": resource.uri,
        "meta:altId": types.alt_id(resource.uri),
        "meta:resourceType": resource.type.label,
        "version": resource.version,
        **body,
        "refs": references(resource.body),
        **_bookkeeping(library, resource),
    }


def summary(resource: Resource) -> Body:
    """What lists of ids show."""
    return {
        "$id": resource.uri,
        "meta:altId": types.alt_id(resource.uri),
        "version": resource.version,
        "title": resource.body["title"],
    }


def _bookkeeping(library: Library, resource: Resource) -> Body:
    own = resource.document is not None
    shown: Body = {"imsOrg": library.caller.org} if own else {}
    shown |= {"meta:extensible": resource.type.extensible, "meta:abstract": resource.type.abstract}
    if extended := extends(library, resource.body):
        shown["meta:extends"] = extended
    shown |= {"meta:xdmType": resource.body.get("meta:xdmType", "object"), "meta:registryMetadata": _history(resource)}
    if class_uri := class_of(library, resource):
        shown["meta:class"] = class_uri
    shown["meta:containerId"] = "tenant" if own else "global"
    return shown | (_sandbox(library) if own else {"meta:tenantNamespace": "_xdm"})


def _sandbox(library: Library) -> Body:
    found = sandboxes.find(library.conn, library.caller.org, library.caller.sandbox)
    return {
        "meta:sandboxId": library.caller.sandbox_id,
        "meta:sandboxType": found.type if found else "production",
        "meta:tenantNamespace": f"_{library.tenant}",
    }


def _history(resource: Resource) -> Body:
    document = resource.document
    if document is None:
        written = {"repo:createdDate": STANDARD_SINCE, "repo:lastModifiedDate": STANDARD_SINCE}
        return {**written, "eTag": _digest(resource.body), "meta:globalLibVersion": LIBRARY_VERSION}
    return {
        "repo:createdDate": document.created_at,
        "repo:lastModifiedDate": document.updated_at,
        "xdm:createdClientId": document.created_client,
        "xdm:lastModifiedClientId": document.updated_client,
        "xdm:createdUserId": document.created_by,
        "xdm:lastModifiedUserId": document.updated_by,
        "eTag": etag(resource),
        "meta:globalLibVersion": LIBRARY_VERSION,
    }


def etag(resource: Resource) -> str:
    """64 hex digits that change with every version."""
    return _digest(resource.document.etag if resource.document else resource.body)


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()


def extends(library: Library, body: Mapping[str, Any]) -> list[str]:
    """Everything that a resource extends: what its ``allOf`` names, and what those extend in turn."""
    found = dict.fromkeys([RELATIONAL] if RELATIONAL in body.get("meta:extends", ()) else [])
    waiting = named_parts(body)
    while waiting:
        uri = waiting.pop(0)
        if uri in found:
            continue
        found[uri] = None
        resource = library.find(uri)
        waiting += named_parts(resource.body) if resource else []
    return list(found)


def named_parts(body: Mapping[str, Any]) -> list[str]:
    refs = [part["$ref"] for part in body.get("allOf", ()) if isinstance(part.get("$ref"), str)]
    return [ref.partition("#")[0] for ref in refs if not ref.startswith("#")]


def class_of(library: Library, resource: Resource) -> str | None:
    """The class of a schema; a class is its own."""
    if resource.type is CLASSES:
        return resource.uri
    if resource.type is not SCHEMAS:
        return None
    if RELATIONAL in resource.body.get("meta:extends", ()):
        return RELATIONAL
    named = (library.find(uri) for uri in named_parts(resource.body))
    return next((one.uri for one in named if one and one.type is CLASSES), None)
