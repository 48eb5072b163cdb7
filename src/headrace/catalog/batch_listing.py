"""Catalog's listings of batches: the database narrows, orders and pages them where columns show what is asked for."""

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa

from headrace.catalog import datasets, rendering
from headrace.catalog.batch_columns import column_query
from headrace.catalog.batch_shape import rendered
from headrace.catalog.selection import Pairs, Selection
from headrace.store import batches
from headrace.store.scope import Caller

Body = dict[str, Any]


def one(conn: sa.Connection, caller: Caller, id: str) -> Body:
    """The batch; NotFound."""
    return rendered(batches.get(conn, caller, id), caller.sandbox_id)


def page(conn: sa.Connection, caller: Caller, pairs: Pairs, chosen: Selection) -> list[Body]:
    """The page of batches that the query asks for."""
    query = column_query(pairs, chosen)
    if query is not None:
        listed = batches.select(conn, caller, query=query, limit=chosen.limit, start=chosen.start)
        return [rendered(batch, caller.sandbox_id) for batch in listed]
    values = {name: value for name, value in pairs if value}
    ids, dataset_ids = _plain(values.get("batch")), _plain(values.get("dataSet"))
    narrowed = batches.select(conn, caller, ids=ids, dataset_ids=dataset_ids)
    return chosen.page(rendered(batch, caller.sandbox_id) for batch in narrowed)


def last(conn: sa.Connection, caller: Caller) -> Iterator[Body]:
    """For each dataset that has batches: which was the last, the last good and the last bad one."""
    for found in datasets.listed(conn, caller):
        known = rendering.last_batches(conn, caller, found.id)
        if not known:
            continue
        renamed = {"lastSuccessfulBatch": "lastSuccessfulBatchId", "lastFailedBatch": "lastFailedBatchId"}
        item = {renamed.get(key, key): value for key, value in known.items()}
        times = {"created": found.created_at, "updated": found.updated_at}
        yield {"id": found.id, "imsOrg": found.org, "sandboxId": caller.sandbox_id, **times, **item}


def _plain(text: str | None) -> Collection[str] | None:
    # Wildcards and negations are left to the filter.
    return None if not text or "*" in text or text.startswith("!") else text.split(",")
