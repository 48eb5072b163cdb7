"""Changing a document from the version that its client read: If-Match, JSON Patch, members that are read-only."""

from typing import Any

import sqlalchemy as sa

from headrace.errors import Invalid, RevisionMissing, RevisionStale
from headrace.flows.members import MISSING, optional_text
from headrace.flows.rendering import COMPUTED, METADATA
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.scope import Caller
from headrace.wire.patch import apply_patch, instructions

Json = dict[str, Any]

READ_ONLY = (*METADATA, *COMPUTED, "version")


def read_for_change(conn: sa.Connection, caller: Caller, kind: str, id: str, if_match: str | None) -> Document:
    """The document, if ``if_match`` names its current version; RevisionMissing or RevisionStale otherwise."""
    found = documents.get(conn, caller, kind, id)
    if if_match is None:
        raise RevisionMissing(kind=kind, id=id)
    return require_version(found, if_match)


def require_version(found: Document, if_match: str | None) -> Document:
    """The document again, unless ``if_match`` is given and names another version."""
    if if_match is not None and if_match != found.etag.strip('"'):
        raise RevisionStale(
            f"Supplied version [{if_match}] does not match the current version on entity [{found.id}]; "
            "read it again and send its etag.",
            kind=found.kind,
            id=found.id,
        )
    return found


def patched(document: Json, patch: object) -> tuple[Json, list[Json]]:
    """The patched copy of ``document`` and the instructions that made it."""
    steps = instructions(patch)
    for step in steps:
        first = step["path"].split("/")[1] if "/" in step["path"] else ""
        if first in READ_ONLY or first == "":
            raise Invalid(f"{step['path'] or 'The whole document'} cannot be patched.", code="1365", field=step["path"])
    changed = apply_patch(document, steps)
    if changed.get("connectionSpec") != document.get("connectionSpec"):
        raise Invalid("The connectionSpec cannot be changed; make a new one instead.", code="1414")
    if optional_text(document, "name") and not optional_text(changed, "name"):
        raise Invalid("The name cannot be taken away; replace it with another.", code=MISSING, field="name")
    return changed, steps
