"""What has arrived in a dataset: the part of its schema that holds data, and its first rows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from headrace import registry
from headrace.catalog import datasets, drafts
from headrace.lake import Lake
from headrace.lake.layout import TAIL
from headrace.store.documents import Document
from headrace.store.engine import Store
from headrace.store.scope import Caller

Node = dict[str, Any]

PREVIEW_ROWS = 100


def schema(store: Store, lake: Lake, caller: Caller, dataset: Document, tenant: str) -> Node:
    """The dataset's schema without the fields that no row has a value for."""
    ref = drafts.schema_ref(dataset.body)
    with store.read() as conn:
        full = registry.composed(conn, caller, ref.id, ref.major, tenant).full
    seen = lake.observed_columns(datasets.table_of(dataset))
    properties = _observed(full.get("properties", {}), "", seen)
    return {"type": "object", "meta:xdmType": "object", "properties": properties}


def preview(lake: Lake, dataset: Document) -> list[Node]:
    """The dataset's first rows, nested as in its schema, without empty members."""
    rows = lake.first_rows(datasets.table_of(dataset), PREVIEW_ROWS)
    return [_plain({key: value for key, value in row.items() if key not in TAIL.names}) for row in rows]


def _observed(properties: Mapping[str, Node], above: str, seen: frozenset[str]) -> Node:
    kept: Node = {}
    for name, node in properties.items():
        path = f"{above}{name}"
        inner = node.get("properties")
        if inner:
            below = _observed(inner, f"{path}.", seen)
            if below:
                kept[name] = {**node, "properties": below}
        elif path in seen or any(column.startswith(f"{path}.") for column in seen):
            kept[name] = node
    return kept


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value.hex()
    # A decimal goes out as the JSON number that it is, digit by digit.
    return msgspec.Raw(f"{value:f}".encode()) if isinstance(value, Decimal) else value
