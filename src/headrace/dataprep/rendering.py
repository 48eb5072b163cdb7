"""Mapping sets and mappings as Data Prep answers them: both spellings of every member."""

from functools import lru_cache
from typing import Any

from headrace.dataprep.drafts import OLD_NAMES, TEXTS, Item, Schema, normalised
from headrace.dataprep.mapping_sets import MappingSet
from headrace.errors import MappingSyntax
from headrace.ids import derived_uuid
from headrace.mapping import parse_expression
from headrace.mapping.checker import ATTRIBUTE, EXPRESSION
from headrace.mapping.nodes import fields_read
from headrace.mapping.paths import format_path

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
    optional = {name: found.body[name] for name in OPTIONAL if found.body.get(name) is not None}
    return {
        **short(found),
        **optional,
        **envelope(found.schema, json_schema),
        "status": found.body.get("status") or "PUBLISHED",
        "strictMapping": bool(found.body.get("strictMapping", False)),
        "allowNullValues": bool(found.body.get("allowNullValues", False)),
        "mappings": [mapping(found, one) for one in found.body["mappings"]],
    }


def envelope(schema: Schema, json_schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A set's target schema, in each spelling that clients read."""
    reference = {"id": schema.id, "contentType": schema.version}
    output: dict[str, Any] = {"id": _schema_id(schema.id, schema.version), "version": 0, "schemaRef": reference}
    return {
        "supportVersion": "1.1",
        "outputSchema": output | ({"jsonSchema": json_schema} if json_schema is not None else {}),
        "schemaRef": reference,
        "xdmSchema": schema.id,
        "xdmVersion": schema.version,
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
        "matchScore": one.get("matchScore") or 0.0,
        "functionVersion": 1,
        **copies,
        **({"expressionAttributes": read_by(written["source"])} if written["sourceType"] == EXPRESSION else {}),
    }


def read_by(expression: str) -> list[str]:
    """The source fields that an expression uses, in its order; none where a set of an older day cannot be read."""
    return list(_read(expression))


@lru_cache(10_000)
def _read(expression: str) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(format_path(names) for names in fields_read(parse_expression(expression))))
    except MappingSyntax:
        return ()


def _schema_id(id: str, version: str) -> str:
    return derived_uuid("outputSchema", id, version).replace("-", "")
