"""A resource as the registry shows it: what the client sent, and what the registry knows about it."""

import hashlib

import msgspec

from headrace.registry import types
from headrace.registry.library import Library
from headrace.registry.resource import Body, Resource
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
    own = resource.own
    shown: Body = {"imsOrg": library.caller.org} if own else {}
    shown |= {"meta:extensible": resource.type.extensible, "meta:abstract": resource.type.abstract}
    if extended := library.extends(resource.body):
        shown["meta:extends"] = extended
    shown |= {"meta:xdmType": resource.body.get("meta:xdmType", "object"), "meta:registryMetadata": _history(resource)}
    if class_uri := library.class_of(resource):
        shown["meta:class"] = class_uri
    shown["meta:containerId"] = "tenant" if own else "global"
    return shown | (_sandbox(library) if own else {"meta:tenantNamespace": "_xdm"})


def _sandbox(library: Library) -> Body:
    return {
        "meta:sandboxId": library.caller.sandbox_id,
        "meta:sandboxType": library.sandbox_type,
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
