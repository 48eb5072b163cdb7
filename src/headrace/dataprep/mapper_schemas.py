"""Schemas that only mapping knows: sent as they are, made of a sample, or frozen from the registry."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from headrace import registry
from headrace.dataprep import drafts, parsing, samples
from headrace.dataprep.drafts import DEFAULT_VERSION, Schema
from headrace.errors import Invalid, NotFound
from headrace.ids import new_hex
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.engine import Store
from headrace.store.scope import Caller

KIND = "mapperSchemas"
ID_DIGITS = 32
ORIGINS = ("jsonSchema", "sampleId", "schemaRef")

Body = dict[str, Any]


def create(store: Store, caller: Caller, sent: Body, tenant: str, now: int) -> Document:
    """A new schema at version 0, of exactly one of ``jsonSchema``, ``sampleId``, ``schemaRef``."""
    named = [one for one in ORIGINS if sent.get(one) is not None]
    if len(named) != 1:
        raise Invalid(f"Send one of {', '.join(ORIGINS)}, not {' and '.join(named) or 'none'}.", field="jsonSchema")
    if not isinstance(sent.get("name"), str | None):
        raise Invalid("name must be text.", field="name")
    name = {"name": sent["name"]} if sent.get("name") else {}
    with store.read() as conn:
        made = _made(conn, caller, named[0], sent[named[0]], tenant)
    with store.write() as conn:
        return documents.create(conn, caller, KIND, new_hex(ID_DIGITS), {**name, **made}, now)


def rendered(found: Document) -> Body:
    """A schema as Data Prep answers it."""
    return {**samples.stamped(found), **found.body}


def parsed(content: bytes) -> Body:
    """An uploaded file as the body of a new schema."""
    return {"jsonSchema": parsing.json_value(content.removeprefix(BOM_UTF8), "file")}


def _made(conn: sa.Connection, caller: Caller, origin: str, value: object, tenant: str) -> Body:
    if origin == "jsonSchema":
        return {"jsonSchema": checked(value)}
    if origin == "sampleId":
        return {"jsonSchema": _of_sample(conn, caller, value), "sampleId": value}
    reference = reference_of(value)
    return {"jsonSchema": of_registry(conn, caller, reference, tenant), "schemaRef": value}


def checked(value: object) -> Body:
    """A JSON Schema of records; Invalid for anything else."""
    properties = value.get("properties") if isinstance(value, dict) else None
    if not isinstance(value, dict) or value.get("type", "object") != "object" or not isinstance(properties, dict):
        raise Invalid(
            "jsonSchema must be a JSON Schema of an object with properties; send records as a sample.",
            field="jsonSchema",
        )
    return value


def of_registry(conn: sa.Connection, caller: Caller, reference: Schema, tenant: str) -> Body:
    """The registry's schema with all its fields; Invalid when the caller's sandbox has no such schema."""
    try:
        return registry.composed(conn, caller, reference.id, reference.major, tenant).full
    except NotFound as error:
        message = f"schemaRef names {reference.id} in version {reference.major}, which is no schema of this sandbox."
        raise Invalid(message, field="schemaRef.id") from error


def reference_of(value: object) -> Schema:
    """The registry's schema that a ``schemaRef`` names."""
    id = value.get("id") if isinstance(value, Mapping) else None
    if not isinstance(id, str) or not id:
        raise Invalid("schemaRef must name a schema by its id.", field="schemaRef.id")
    assert isinstance(value, Mapping)
    return drafts.schema_named(id, value.get("contentType") or DEFAULT_VERSION, "schemaRef.contentType")


def _of_sample(conn: sa.Connection, caller: Caller, id: object) -> Body:
    found = documents.find(conn, caller, samples.KIND, id) if isinstance(id, str) else None
    if found is None:
        raise Invalid(f"sampleId names {id}, which is no sample of this sandbox.", field="sampleId")
    return {**parsing.schema(found.body["sampleData"]), "title": f"SampleSchema:{found.id}"}
