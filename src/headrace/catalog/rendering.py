"""Datasets as Catalog answers them: the client's members, and what the server knows."""

from typing import Any

import sqlalchemy as sa

from headrace.errors import TableMissing
from headrace.lake import Figures, Lake, TableRef
from headrace.store import batches
from headrace.store.batches import Batch
from headrace.store.documents import Document
from headrace.store.scope import Caller

Body = dict[str, Any]

TABLE_FORMAT = {"adobe/siphon/table/format": ["iceberg"]}


def light(found: Document, caller: Caller) -> Body:
    """What the document alone tells: enough to filter and sort by."""
    return {
        **found.body,
        "tags": {**TABLE_FORMAT, **found.body["tags"]},
        "id": found.id,
        "state": "ACTIVE",
        "imsOrg": found.org,
        "sandboxId": caller.sandbox_id,
        "version": f"1.0.{found.revision}",
        "created": found.created_at,
        "updated": found.updated_at,
        "createdClient": found.created_client,
        "createdUser": found.created_by,
        "updatedUser": found.updated_by,
        "files": f"@/dataSetFiles?dataSetId={found.id}",
    }


def last_batches(conn: sa.Connection, caller: Caller, dataset_id: str) -> Body:
    """The dataset's newest batch, and the newest that succeeded and that failed."""

    def newest(*statuses: str) -> Batch | None:
        found = batches.select(conn, caller, dataset_ids=[dataset_id], statuses=statuses or None, limit=1)
        return found[0] if found else None

    last, good, bad = newest(), newest("success"), newest("failed")
    named = {
        "lastBatchId": last and last.id,
        "lastBatchStatus": last and last.status,
        "lastSuccessfulBatch": good and good.id,
        "lastFailedBatch": bad and bad.id,
    }
    return {key: value for key, value in named.items() if value is not None}


def with_figures(body: Body, lake: Lake, table: TableRef, now: int) -> Body:
    """The whole answer: ``body`` and what the dataset's table holds now."""
    extensions = body.get("extensions", {})
    figures = _figures(lake, table)
    measured = {
        "metrics": {"storageSize": figures.bytes, "rowCount": figures.rows, "asOf": now},
        "tableHealthMetrics": {"noOfFilesTotal": figures.files},
    }
    lake_house = {**(extensions.get("adobe_lakeHouse") or {}), **measured}
    whole = {**body, "extensions": {"adobe_unifiedProfile": {}, **extensions, "adobe_lakeHouse": lake_house}}
    return {key: value for key, value in whole.items() if key != "id"}


def _figures(lake: Lake, table: TableRef) -> Figures:
    try:
        return lake.figures(table)
    except TableMissing:
        # Deleted between reading the document and reading its table.
        return Figures(0, 0, 0, None, "")
