"""A batch as Catalog answers it, and what of it clients filter by."""

from typing import Any

import msgspec

from headrace.store.batches import Batch

Body = dict[str, Any]

# Statuses of ours that Platform has another word for.
WORDS = {"committing": "staged"}
COUNTERS = {
    "recordsRead": "inputRecordCount",
    "recordsWritten": "outputRecordCount",
    "recordsFailed": "failedRecordCount",
}
TOP_LEVEL = {
    "recordCount": "inputRecordCount",
    "failedRecordCount": "failedRecordCount",
    "size": "inputByteSize",
}


def rendered(batch: Batch, sandbox_id: str) -> Body:
    """The whole batch object. ``relatedObjects`` has the dataset first and ``tags`` is always an object."""
    times = {"started": batch.started_at, "completed": batch.completed_at}
    metrics = _counters(batch)
    counts = {name: metrics[counter] for name, counter in TOP_LEVEL.items() if metrics}
    return {
        "id": batch.id,
        "externalId": batch.external_id,
        "imsOrg": batch.org,
        "sandboxId": sandbox_id,
        "status": WORDS.get(batch.status, batch.status),
        "created": batch.created_at,
        "updated": batch.updated_at,
        **{name: at for name, at in times.items() if at is not None},
        "createdClient": batch.created_client,
        "createdUser": batch.created_by,
        "updatedUser": batch.updated_by,
        "version": f"1.0.{batch.version}",
        "inputFormat": batch.body.get("inputFormat", {"format": "json"}),
        "tags": _tags(batch),
        "relatedObjects": [{"type": "dataSet", "id": batch.dataset_id}],
        "metrics": _metrics(batch),
        "errors": [msgspec.to_builtins(error) for error in batch.errors],
        **counts,
        "replay": batch.body.get("replay", {}),
        "availableDates": batch.body.get("availableDates", {}),
    }


def _tags(batch: Batch) -> Body:
    # The two diagnostics flags are scalars; Platform's other acp_ tags are arrays.
    flags = {
        "acp_enableErrorDiagnostics": batch.body.get("enableErrorDiagnostics"),
        "acp_partialIngestionPercent": batch.body.get("partialIngestionPercentage"),
    }
    return {**{key: value for key, value in flags.items() if value is not None}, **batch.body.get("tags", {})}


def _counters(batch: Batch) -> Body:
    counters: Body = msgspec.to_builtins(batch.metrics) or {}
    return counters


def _metrics(batch: Batch) -> Body:
    counters = _counters(batch)
    if not counters:
        return {}
    aliases = {name: counters[counter] for name, counter in COUNTERS.items()}
    times = {"startTime": batch.started_at, "endTime": batch.completed_at}
    return {**counters, **aliases, **{name: at for name, at in times.items() if at is not None}}
