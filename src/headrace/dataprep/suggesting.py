"""A mapping set that nobody has stored: what a source's fields most likely fill in a target schema."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from headrace import xdm
from headrace.dataprep import checking, drafts, mapper_schemas, parsing, rendering
from headrace.dataprep.drafts import Schema
from headrace.dataprep.fields import fields_of
from headrace.dataprep.matching import Match, matched
from headrace.errors import Invalid, NotFound
from headrace.mapping.checker import ATTRIBUTE
from headrace.store import documents
from headrace.store.engine import Store
from headrace.store.scope import Caller

Body = dict[str, Any]

WAYS = "inputSchema (with id, schemaRef or jsonSchema) or sampleData"
INPUT = ("id", "schemaRef", "jsonSchema")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a proposal is wanted for.

    target         the schema to fill
    given          the source as sent: an ``inputSchema``, or ``sampleData`` of one
    with_unmapped  whether source fields that fit nothing are listed too, with no destination
    """

    target: Schema
    given: Mapping[str, Any]
    with_unmapped: bool


def asked(body: Mapping[str, Any]) -> Asked:
    """What a body asks for; Invalid names what it lacks."""
    leave_out = body.get("excludeUnmapped", True)
    if not isinstance(leave_out, bool):
        raise Invalid("excludeUnmapped must be true or false.", field="excludeUnmapped")
    return Asked(drafts.target_of(body), body, not leave_out)


def proposed(store: Store, caller: Caller, wanted: Asked, tenant: str, now: int) -> Body:
    """The proposal, as a mapping set without an id: it can be sent to be stored, once it holds no unmapped field."""
    with store.read() as conn:
        full = checking.composed(conn, caller, wanted.target, tenant).full
        source = _source(conn, caller, wanted.given, tenant)
    fields = fields_of(source, "inputSchema")
    found = matched(fields, fields_of(full, "outputSchema"))
    kept = {match.source: match for match in _standing(found, xdm.arrow_schema(full), wanted.target, now)}
    listed = [_item(kept.get(one), one.path) for one in fields if one in kept or wanted.with_unmapped]
    return {**rendering.envelope(wanted.target), **_input(wanted.given), "status": "DRAFT", "mappings": listed}


def _source(conn: sa.Connection, caller: Caller, given: Mapping[str, Any], tenant: str) -> Body:
    """The JSON Schema of the source."""
    if not parsing.is_absent(given.get("sampleData")):
        return parsing.schema(parsing.sample_text(given["sampleData"], given.get("sampleType")))
    sent = given.get("inputSchema")
    named = [name for name in INPUT if isinstance(sent, Mapping) and sent.get(name) is not None]
    if not isinstance(sent, Mapping) or not named:
        raise Invalid(f"Name the source to propose mappings for in {WAYS}.", field="inputSchema")
    if named[-1] == "jsonSchema":
        return mapper_schemas.checked(sent["jsonSchema"])
    if named[-1] == "schemaRef":
        return mapper_schemas.of_registry(conn, caller, mapper_schemas.reference_of(sent["schemaRef"]), tenant)
    return _kept(conn, caller, sent["id"])


def _kept(conn: sa.Connection, caller: Caller, id: object) -> Body:
    found = documents.find(conn, caller, mapper_schemas.KIND, id) if isinstance(id, str) else None
    if found is None:
        raise NotFound(f"inputSchema names {id}, which is no schema of /schemas.", kind=mapper_schemas.KIND, id=id)
    schema: Body = found.body["jsonSchema"]
    return schema


def _standing(found: Sequence[Match], target: pa.Schema, schema: Schema, now: int) -> list[Match]:
    """The pairs that the mapping engine takes: a proposal that could not be stored helps nobody."""
    items = [drafts.normalised(_item(match, match.source.path)) for match in found]
    wrong = {one["index"] for one in checking.problems(drafts.Draft(schema, items, {}), target, now)}
    return [match for n, match in enumerate(found) if n not in wrong]


def _item(match: Match | None, source: str) -> Body:
    destination = match.target.path if match else None
    return {
        "sourceType": ATTRIBUTE,
        "source": source,
        "destination": destination,
        "identity": False,
        "primaryIdentity": False,
        "matchScore": match.score if match else 0.0,
        "functionVersion": 1,
        "sourceAttribute": source,
        "destinationXdmPath": destination,
    }


def _input(given: Mapping[str, Any]) -> Body:
    sent = given.get("inputSchema")
    return {"inputSchema": dict(_told(sent))} if isinstance(sent, Mapping) else {}


def _told(sent: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in sent.items() if name != "jsonSchema")
