"""Whether a draft fits its schema, and what it makes of sample records."""

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from headrace import mapping, registry, xdm
from headrace.dataprep import drafts
from headrace.dataprep.drafts import Draft, Item, Schema
from headrace.errors import MappingInvalid, NotFound
from headrace.registry import Composed
from headrace.store.scope import Caller


def target(conn: sa.Connection, caller: Caller, schema: Schema, tenant: str) -> pa.Schema:
    """The Arrow schema that the draft's items fill; MappingSetInvalid when there is no such schema."""
    return xdm.arrow_schema(composed(conn, caller, schema, tenant).full)


def composed(conn: sa.Connection, caller: Caller, schema: Schema, tenant: str) -> Composed:
    """The draft's schema, composed; MappingSetInvalid when the caller's sandbox has none of this id and version."""
    try:
        return registry.composed(conn, caller, schema.id, schema.major, tenant)
    except NotFound as error:
        message = f"{schema.id} in version {schema.major} is no schema of this sandbox"
        raise drafts.invalid([drafts.problem("xdmSchema", message)]) from error


def require(draft: Draft, schema: pa.Schema, now: int) -> None:
    """MappingSetInvalid, naming each item that does not fit ``schema``."""
    found = [
        drafts.problem(f"mappings[{one['index']}].{one['field']}", one["message"])
        for one in problems(draft, schema, now)
    ]
    if found:
        raise drafts.invalid(found)


def verdicts(draft: Draft, schema: pa.Schema, now: int) -> list[dict[str, Any]]:
    """One entry for each item, in order: SUCCESS, or FAILED with its errors."""
    told: list[list[dict[str, Any]]] = [[] for _ in draft.items]
    for one in problems(draft, schema, now):
        told[one["index"]].append(error_info(draft.items[one["index"]], one["message"]))
    return [{"status": "FAILED" if errors else "SUCCESS", "errors": errors or None} for errors in told]


def error_info(item: Item, text: str) -> dict[str, Any]:
    """What went wrong with an item, as Data Prep words it."""
    names = ("destination", "source", "sourceType")
    return {"exception": text, "columnName": item["destination"], **{name: item[name] for name in names}}


def problems(draft: Draft, schema: pa.Schema, now: int) -> list[dict[str, Any]]:
    """Each problem as the mapping engine lists it: index, field, message."""
    try:
        mapping.compile_mapping(draft.items, schema, now)
    except MappingInvalid as error:
        found: list[dict[str, Any]] = error.facts["problems"]  # type: ignore[assignment]
        return found
    return []
