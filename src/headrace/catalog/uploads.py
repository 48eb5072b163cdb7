"""Batches that clients load: opened for a dataset, filled file by file, given up or taken back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import IO, Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from headrace.catalog import datasets
from headrace.catalog.upload_content import only_json
from headrace.catalog.upload_settings import upload_settings
from headrace.errors import Conflict, HeadraceError, Invalid, NotFound
from headrace.files import NO_FACTS, FileFacts, FileRef
from headrace.ids import new_ulid
from headrace.lake import Change, Lake, TableRef
from headrace.lake.changes import Revert
from headrace.lake.landing import Landing, Upload
from headrace.store import batches, locks
from headrace.store.batches import INPUT_FILES, Batch, BatchError, BatchFile, BatchMetrics
from headrace.store.engine import Store
from headrace.store.scope import Caller

Body = dict[str, Any]

CHUNK = 1 << 20
MOST_UPLOADS = 25_000
LONGEST_NAME = 1024
LONGEST_ID = 64
MOST_PREDECESSORS = 1000
FORMATS = ("json",)
REVERT = "revert-"  # with the batch's id: how the table's history names the removal of its rows
KEPT = ("inputFormat", "tags", "replay", "enableErrorDiagnostics", "partialIngestionPercentage")
_TYPES: dict[str, tuple[type, str]] = {
    "datasetId": (str, "a text: the id of a dataset"),
    "inputFormat": (dict, 'an object like {"format": "json"}'),
    "externalId": (str, "a text"),
    "tags": (dict, "an object"),
    "replay": (dict, 'an object like {"predecessors": ["<batch id>"], "reason": "replace"}'),
    "enableErrorDiagnostics": (bool, "true or false"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an upload goes: one file name of one dataset in one batch."""

    batch_id: str
    dataset_id: str
    name: str


def open_batch(store: Store, caller: Caller, sent: Body, now: int) -> Batch:
    """A new batch in ``loading``; the batch that is open already when ``externalId`` names one."""
    body = _checked(sent)
    dataset_id, external_id = sent["datasetId"], sent.get("externalId")
    with store.write() as conn:
        datasets.get(conn, caller, dataset_id)
        _require_predecessors(conn, caller, dataset_id, upload_settings(body).predecessors)
        if external_id:
            locks.hold(conn, f"external ids/{caller.org}/{caller.sandbox}/{dataset_id}/{external_id}")
            found = batches.open_with_external_id(conn, caller, dataset_id, external_id)
            if found is not None:
                return found
        id = new_ulid(now)
        return batches.insert(
            conn, caller, id=id, dataset_id=dataset_id, at=now, external_id=external_id or None, body=body
        )


def require_wanted(conn: sa.Connection, caller: Caller, place: Place) -> None:
    """Refuses, before it comes, an upload that ``take`` would refuse for its place."""
    check_name(place.name)
    found = require_batch(conn, caller, place)
    if found.status != "loading":
        message = f"Batch {found.id} is {found.status}; it takes files only while it is loading."
        raise Conflict(message, kind=batches.KIND, id=found.id, status=found.status)


def take(store: Store, landing: Landing, caller: Caller, place: Place, content: IO[bytes], now: int) -> None:
    """Lands an upload under its name; a later upload of the name stands for it. Conflict unless loading."""
    check_name(place.name)
    with store.write() as conn:
        if require_batch(conn, caller, place).uploads >= MOST_UPLOADS:
            raise Invalid(f"Batch {place.batch_id} has {MOST_UPLOADS} uploads; open another batch.", field="files")
        n = batches.begin_upload(conn, place.batch_id)
    content.seek(0)
    land(store, landing, place, INPUT_FILES, n, iter(lambda: content.read(CHUNK), b""), now)


def land(
    store: Store, landing: Landing, place: Place, directory: str, n: int, chunks: Iterator[bytes], now: int,
    facts: FileFacts = NO_FACTS,
) -> FileRef:  # fmt: skip
    """Writes one landed file and records it under its public name; what cannot be recorded is removed again."""
    if directory == INPUT_FILES:
        chunks = only_json(place.name, chunks)
    # The public name may hold anything; the stored one is the upload's number, given once.
    ref = landing.put(Upload(place.batch_id, n), chunks)
    name = place.name if directory == INPUT_FILES else f"{n:06}"
    described = msgspec.structs.replace(facts, path=place.name, size=ref.bytes, format="json")
    try:
        with store.write() as conn:
            batches.record_upload(conn, place.batch_id, BatchFile(directory, name, ref, described, n), now)
    except HeadraceError:
        landing.remove([ref])
        raise
    return ref


def require_batch(conn: sa.Connection, caller: Caller, place: Place) -> Batch:
    """The place's batch; NotFound unless it is one of this dataset, which still exists."""
    found = batches.get(conn, caller, place.batch_id)
    datasets.get(conn, caller, place.dataset_id)
    if found.dataset_id != place.dataset_id:
        message = f"Batch {found.id} is for dataset {found.dataset_id}, not {place.dataset_id}."
        raise NotFound(message, kind=batches.KIND, id=found.id)
    return found


def file(conn: sa.Connection, caller: Caller, place: Place) -> BatchFile | None:
    """The upload in force under this name, if any."""
    require_batch(conn, caller, place)
    return batches.file(conn, place.batch_id, INPUT_FILES, place.name)


def fail(store: Store, caller: Caller, id: str, now: int) -> Batch:
    """Gives up a batch that is being loaded, marked as failed."""
    error = BatchError("INGEST-1100-400", "The client marked the batch as failed (action=FAIL).")
    with store.write() as conn:
        batches.get(conn, caller, id)
        return batches.move(conn, id, {"loading"}, "failed", at=now, errors=(error,), completed_at=now)


def revert(store: Store, lake: Lake, caller: Caller, id: str, now: int) -> Batch:
    """Takes those of a committed batch's rows that its table still holds out of it, in one snapshot. Safe to repeat.

    The batch is inactive then, and says how many rows went, and how many had gone before.
    """
    with store.read() as conn:
        found = batches.get(conn, caller, id)
    if found.status == "inactive":
        return found
    if found.status != "success":
        message = f"Batch {id} is {found.status}; only a batch that succeeded can be reverted."
        raise Conflict(message, kind=batches.KIND, id=id, status=found.status)
    table = TableRef(found.org, found.sandbox, found.dataset_id)
    taken_back = Change(f"{REVERT}{id}", id, Revert(id), (), now)
    went = lake.commit(table, pa.schema([]), [taken_back])[taken_back.batch].rows_deleted
    metrics = found.metrics or BatchMetrics()
    gone = max(metrics.output_record_count - went, 0)
    counted = msgspec.structs.replace(metrics, reverted_record_count=went, already_gone_record_count=gone)
    with store.write() as conn:
        return batches.move(conn, id, {"success"}, "inactive", at=now, metrics=counted)


def check_name(name: str) -> None:
    """A file's public name: a path without empty or climbing parts."""
    if len(name) > LONGEST_NAME or any(part in ("", ".", "..") for part in name.split("/")):
        raise Invalid(
            f"The file name {name[:80]} must be a path of at most {LONGEST_NAME} characters.", field="filePath"
        )


def _checked(sent: Body) -> Body:
    if "datasetId" not in sent:
        raise Invalid("A batch needs a datasetId: the dataset that its files are for.", field="datasetId")
    for member, (wanted, words) in _TYPES.items():
        if sent.get(member) is not None and not isinstance(sent[member], wanted):
            raise Invalid(f"{member} must be {words}.", field=member)
    if not isinstance(sent["datasetId"], str):
        raise Invalid("datasetId must be the id of a dataset.", field="datasetId")
    if len(sent.get("externalId") or "") > LONGEST_ID:
        raise Invalid(f"externalId must have at most {LONGEST_ID} characters.", field="externalId")
    _check_format(sent.get("inputFormat") or {})
    _check_percentage(sent.get("partialIngestionPercentage"))
    body = {key: sent[key] for key in KEPT if sent.get(key) is not None}
    if "replay" in body:
        body["replay"] = _replay(body["replay"])
    return body


def _check_format(format: Body) -> None:
    # Platform's own default is the dataset's format, parquet.
    wanted = format.get("format", "parquet")
    if not isinstance(wanted, str) or wanted.lower() not in FORMATS:
        message = f'inputFormat.format {wanted} cannot be ingested; send {{"format": "json"}} and JSON files.'
        raise Invalid(message, field="inputFormat.format")
    if not isinstance(format.get("isMultiLineJson", False), bool):
        raise Invalid("inputFormat.isMultiLineJson must be true or false.", field="inputFormat.isMultiLineJson")


def _check_percentage(value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        message = "partialIngestionPercentage must be a number from 0 to 100."
        raise Invalid(message, field="partialIngestionPercentage")


def _replay(replay: Body) -> Body:
    named = replay.get("predecessors")
    if not isinstance(named, list) or not all(isinstance(one, str) and one for one in named):
        raise Invalid("replay.predecessors must be an array of batch ids.", field="replay.predecessors")
    if len(named) > MOST_PREDECESSORS:
        message = f"replay.predecessors names {len(named)} batches; at most {MOST_PREDECESSORS} are possible."
        raise Invalid(message, field="replay.predecessors")
    return {**replay, "predecessors": list(dict.fromkeys(one.removeprefix("$") for one in named))}


def _require_predecessors(conn: sa.Connection, caller: Caller, dataset_id: str, named: Collection[str]) -> None:
    known = {batch.id for batch in batches.select(conn, caller, ids=named, dataset_ids=[dataset_id])}
    for id in named:
        if id not in known:
            message = f"replay.predecessors names {id}, which is no batch of dataset {dataset_id}."
            raise Invalid(message, field="replay.predecessors")
