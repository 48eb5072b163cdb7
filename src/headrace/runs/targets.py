"""Freezing where rows go: the dataset's table, its schema as it is now, and the mapping that fills it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace import registry, sandboxes
from headrace.catalog import datasets
from headrace.dataprep.mapping_sets import Pinned
from headrace.runs.plan import Target
from headrace.sources import keys
from headrace.sources.keys import Deletion, Field, Keying
from headrace.store.scope import Caller
from headrace.xdm.arrow_schema import json_type

# The column of a change that says what kind it is: consumed, never stored.
CHANGE_TYPE = "_change_request_type"
_DELETION = Deletion((CHANGE_TYPE,), ('"d"', '"D"'), ('"u"', '"U"'))
_KINDS = {"integer": keys.NUMBER, "number": keys.NUMBER, "string": keys.TEXT}
_FORMATS = {"date": keys.DAY, "date-time": keys.INSTANT}


def freeze_target(conn: sa.Connection, caller: Caller, dataset_id: str, mapping: Pinned | None, now: int) -> Target:
    """The target of a dataset; ``mapping`` None: rows come in the schema's own shape. ``now``: epoch ms. NotFound."""
    dataset = datasets.target(conn, caller, dataset_id)
    schema = registry.composed(conn, caller, dataset.schema_id, dataset.major, sandboxes.tenant_of(conn, caller.org))
    id, version, items = (mapping.id, mapping.version, tuple(mapping.items)) if mapping else ("", 0, ())
    return Target(dataset.table, schema.id, schema.version, schema.full, id, version, items, now)


def told_apart(conn: sa.Connection, caller: Caller, target: Target) -> tuple[Target, Keying | None]:
    """How descriptors tell uploaded rows apart, if they do; the target then has no column for the kind of a change."""
    declared = registry.primary_key(conn, caller, target.schema_id)
    if declared is None:
        return target, None
    key = tuple(Field(path, _kind(target.schema, path)) for path in declared.key)
    version = None if declared.version is None else Field(declared.version)
    properties = {name: field for name, field in target.schema.get("properties", {}).items() if name != CHANGE_TYPE}
    schema = {**target.schema, "properties": properties}
    return msgspec.structs.replace(target, schema=schema), Keying(key, version, _DELETION)


def _kind(schema: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """What values of the field are brought to before they are compared: equal in the table is equal as a key."""
    field = schema
    for name in path:
        field = field.get("properties", {}).get(name, {})
    return _FORMATS.get(str(field.get("format"))) or _KINDS.get(json_type(field) or "", keys.AS_IT_IS)
