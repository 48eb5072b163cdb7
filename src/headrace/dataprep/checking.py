"""Whether a draft fits its schema: each of its items, and what a strict one must map."""

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from headrace import mapping, registry, xdm
from headrace.dataprep import completeness, drafts
from headrace.dataprep.drafts import Draft, Item, Schema
from headrace.errors import MappingInvalid, NotFound
from headrace.registry import Composed
from headrace.store.scope import Caller
from headrace.xdm.arrow_schema import Node


def composed(conn: sa.Connection, caller: Caller, schema: Schema, tenant: str) -> Composed:
    """The draft's schema, composed; MappingSetInvalid when the caller's sandbox has none of this id and version."""
    try:
        return registry.composed(conn, caller, schema.id, schema.major, tenant)
    except NotFound as error:
        message = f"{schema.id} in version {schema.major} is no schema of this sandbox"
        raise drafts.invalid([drafts.problem("xdmSchema", message)]) from error


def require(draft: Draft, full: Node, now: int) -> None:
    """MappingSetInvalid, naming each item that does not fit the schema and each field that a strict set leaves out."""
    found = [
        drafts.problem(f"mappings[{one['index']}].{one['field']}", one["message"])
        for one in problems(draft, xdm.arrow_schema(full), now)
    ]
    found += [drafts.problem("mappings", told) for _, told in completeness.demanded(draft, full)]
    if found:
        raise drafts.invalid(found)


def verdicts(draft: Draft, full: Node, now: int) -> list[dict[str, Any]]:
    """A verdict on each item, in order, and one behind them for each required field that a strict set leaves out."""
    told: list[list[dict[str, Any]]] = [[] for _ in draft.items]
    for one in problems(draft, xdm.arrow_schema(full), now):
        told[one["index"]].append(_error_info(draft.items[one["index"]], one["message"]))
    for path, message in completeness.demanded(draft, full):
        told.append([_error_info({"destination": path, "source": None, "sourceType": None}, message)])
    return [{"status": "FAILED" if errors else "SUCCESS", "errors": errors or None} for errors in told]


def problems(draft: Draft, schema: pa.Schema, now: int) -> list[dict[str, Any]]:
    """Each problem as the mapping engine lists it: index, field, message."""
    try:
        mapping.compile_mapping(draft.items, schema, now)
    except MappingInvalid as error:
        found: list[dict[str, Any]] = error.facts["problems"]  # type: ignore[assignment]
        return found
    return []


def _error_info(item: Item, text: str) -> dict[str, Any]:
    names = ("destination", "source", "sourceType")
    return {"exception": text, "columnName": item["destination"], **{name: item[name] for name in names}}
