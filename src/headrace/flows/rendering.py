"""A stored document as Flow Service shows it: the client's JSON with the service's own members around it."""

from typing import Any

from headrace.store.documents import Document
from headrace.store.scope import Caller

Json = dict[str, Any]

METADATA = (
    "id", "createdAt", "updatedAt", "createdBy", "updatedBy", "createdClient", "updatedClient", "sandboxId",
    "sandboxName", "imsOrgId", "etag",
)  # fmt: skip
COMPUTED = ("inheritedAttributes", "lastRunDetails", "runs", "gaps", "warnings", "lastOperation")


def metadata(document: Document, caller: Caller) -> Json:
    """What every document shows about itself."""
    return {
        "id": document.id,
        "createdAt": document.created_at,
        "updatedAt": document.updated_at,
        "createdBy": document.created_by,
        "updatedBy": document.updated_by,
        "createdClient": document.created_client,
        "updatedClient": document.updated_client,
        "sandboxId": caller.sandbox_id,
        "sandboxName": document.sandbox,
        "imsOrgId": document.org,
        "etag": document.etag,
    }


def item(document: Document, caller: Caller) -> Json:
    """A connection, source or target connection, or flow; ``version`` is the etag, as Platform has it."""
    return {"name": document.id, **document.body, **metadata(document, caller), "version": document.etag}


def spec(found: Document | Json, caller: Caller) -> Json:
    """A connection spec or a flow spec, whose ``version`` is its own."""
    return {**found.body, **metadata(found, caller)} if isinstance(found, Document) else found


def without_metadata(body: Json) -> Json:
    """The client's JSON without the members that the service writes itself."""
    return {name: value for name, value in body.items() if name not in METADATA}
