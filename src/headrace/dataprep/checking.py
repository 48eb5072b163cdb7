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
    problems = [drafts.problem(f"mappings[{n}]", text) for n, text in _problems(draft.items, schema, now)]
    if problems:
        raise drafts.invalid(problems)


def verdicts(draft: Draft, schema: pa.Schema, now: int) -> list[dict[str, Any]]:
    """One entry for each item, in order: SUCCESS, or FAILED with its errors."""
    told: list[list[dict[str, Any]]] = [[] for _ in draft.items]
    for n, text in _problems(draft.items, schema, now):
        told[n].append(_error_info(draft.items[n], text))
    return [{"status": "FAILED" if errors else "SUCCESS", "errors": errors or None} for errors in told]


def _problems(items: list[Item], schema: pa.Schema, now: int) -> list[tuple[int, str]]:
    """(index, what is wrong) of each item that does not compile, alone or beside the ones before it."""
    alone = [(n, text) for n, item in enumerate(items) for text in _compile([item], schema, now)]
    if alone or not _compile(items, schema, now):
        return alone
    # Each is right alone: the first one that breaks the set clashes with an earlier one.
    first = next(n for n in range(len(items)) if _compile(items[: n + 1], schema, now))
    return [(first, text) for text in _compile(items[: first + 1], schema, now)]


def _compile(items: list[Item], schema: pa.Schema, now: int) -> list[str]:
    try:
        mapping.compile_mapping(items, schema, now)
    except MappingInvalid as error:
        return [error.message]
    return []


def _error_info(item: Item, text: str) -> dict[str, Any]:
    names = ("destination", "source", "sourceType")
    return {"exception": text, "columnName": item["destination"], **{name: item[name] for name in names}}
