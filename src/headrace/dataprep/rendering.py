"""Mapping sets and mappings as Data Prep answers them: both spellings of every member."""

from typing import Any

from headrace.dataprep.drafts import OLD_NAMES, TEXTS, Item, normalised
from headrace.dataprep.mapping_sets import MappingSet
from headrace.ids import derived_uuid
from headrace.mapping.checker import ATTRIBUTE

OPTIONAL = ("name", "description", "inputSchema", "tags")


def short(found: MappingSet) -> dict[str, Any]:
    """What a creation answers."""
    return {
        "id": found.id,
        "version": found.version,
        "createdDate": found.created_at,
        "modifiedDate": found.modified_at,
        "createdBy": found.created_by,
        "modifiedBy": found.modified_by,
    }


def whole(found: MappingSet, json_schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A set with its mappings; ``json_schema`` when the client asked for the expanded schema."""
    schema = found.schema
    reference = {"id": schema.id, "contentType": schema.version}
    output: dict[str, Any] = {"id": _schema_id(schema.id, schema.version), "version": 0, "schemaRef": reference}
    optional = {name: found.body[name] for name in OPTIONAL if found.body.get(name) is not None}
    return {
        **short(found),
        **optional,
        "supportVersion": "1.1",
        "status": found.body.get("status") or "PUBLISHED",
        "strictMapping": bool(found.body.get("strictMapping", False)),
        "allowNullValues": bool(found.body.get("allowNullValues", False)),
        "outputSchema": output | ({"jsonSchema": json_schema} if json_schema is not None else {}),
        "schemaRef": reference,
        "xdmSchema": schema.id,
        "xdmVersion": schema.version,
        "mappings": [mapping(found, one) for one in found.body["mappings"]],
    }


def mapping(found: MappingSet, one: Item) -> dict[str, Any]:
    """One mapping of ``found``; its sourceType is spelled as it was sent."""
    written = normalised(one)
    copies = {old: written[name] for name, old in OLD_NAMES.items()}
    return {
        **short(found),
        "id": one["id"],
        "version": 0,
        "sourceType": one.get("sourceType") or ATTRIBUTE,
        "source": written["source"],
        "destination": written["destination"],
        **{name: one[name] for name in TEXTS if one.get(name) is not None},
        "identity": bool(one.get("identity")),
        "primaryIdentity": bool(one.get("primaryIdentity")),
        "matchScore": 0.0,
        "functionVersion": 1,
        **copies,
    }


def _schema_id(id: str, version: str) -> str:
    return derived_uuid("outputSchema", id, version).replace("-", "")
