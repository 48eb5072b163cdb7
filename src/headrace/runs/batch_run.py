"""An uploaded batch, from its files into the lake: the same promotion as a flow's, without a source to ask.

complete   the client says that its files are all there: loading -> loaded
plan       freeze the schema; one part for each uploaded file
promote    per part, as in a flow run
commit     once, or never, and in the same commit the rows of the batches that it replays go; then it is recorded
"""

import logging
from functools import partial
from typing import Any

import sqlalchemy as sa

from headrace import registry, sandboxes
from headrace.catalog import datasets
from headrace.catalog.uploads import predecessors
from headrace.errors import Conflict, HeadraceError, WindowSuperseded
from headrace.lake import Change, FileRef, Stamp
from headrace.lake.changes import Append, Replay
from headrace.runs import batch_figures, ending, succession, uploads
from headrace.runs.deployment import Deployment
from headrace.runs.plan import Target
from headrace.runs.promotion import PartWork, Tally, promote_part
from headrace.store import batches, parts
from headrace.store.batches import INPUT_FILES, Batch
from headrace.store.parts import PLANNED, PROMOTED, PartRecord
from headrace.store.scope import Caller

log = logging.getLogger(__name__)

BATCH_RUN = "batch_run"
MOST_ATTEMPTS = 4
PERCENT = 100.0
UNDIAGNOSED = "INGEST-1211-400"
EMPTY = {"code": "106", "description": "The batch holds no file with content; upload one before COMPLETE."}
COMPLETED = ("loaded", "staging", "committing", "success")


class TooManyErrors(HeadraceError):
    """More rows were rejected than the batch allows."""


class ReplayTooEarly(HeadraceError):
    """A batch that this one replaces is not over yet."""


def complete(deployment: Deployment, caller: Caller, batch_id: str) -> Batch:
    """Takes no more files and promotes the batch; one without content fails at once. Conflict when it was given up.

    Safe to repeat.
    """
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        batch = batches.get(conn, caller, batch_id)
        if batch.status in COMPLETED:
            return batch
        if batch.status == "loading" and not any(
            file.ref["bytes"] for file in batches.files(conn, batch_id, INPUT_FILES)
        ):
            return batches.move(conn, batch_id, {"loading"}, "failed", at=now, errors=[EMPTY], completed_at=now)
        moved = batches.move(conn, batch_id, {"loading"}, "loaded", at=now, started_at=now)
        deployment.jobs.enqueue(conn, BATCH_RUN, f"{batch_id}:1", batch_id)
        return moved


def abort(deployment: Deployment, caller: Caller, batch_id: str) -> Batch:
    """Ends a batch that is still being loaded; Conflict from COMPLETE on, as on Platform."""
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        batch = batches.get(conn, caller, batch_id)
        if batch.status != "loading":
            message = (
                f"Batch {batch_id} is {batch.status}; ABORT is possible only while it is loading. "
                "Take a batch that succeeded back with action=REVERT."
            )
            raise Conflict(message, kind=batches.KIND, id=batch_id, status=batch.status)
        return batches.move(conn, batch_id, {"loading"}, "aborted", at=now, completed_at=now)


def batch_run(deployment: Deployment, batch_id: str) -> None:
    """Promotes one completed upload; returns early when it is over or this process stops."""
    with deployment.store.write() as conn:
        batch = batches.by_id(conn, batch_id)
        if batch.status not in ("loaded", "staging", "committing"):
            return
        attempt = batches.enter(conn, batch_id)
    try:
        target = _planned(deployment, batch)
        _promote(deployment, batch, target, attempt)
        _commit(deployment, batch_id, target)
    except ending.HandedBack:
        _again(deployment, batch_id, attempt)
    except (TooManyErrors, ending.Stopped) as reason:
        _give_up(deployment, batch_id, batch_figures.PARTIAL if _diagnosed(batch.body) else UNDIAGNOSED, reason.message)
    except (ReplayTooEarly, WindowSuperseded) as reason:
        _give_up(deployment, batch_id, "INGEST-1000-400", reason.message)
    except Exception as trouble:
        log.error("batch %s, attempt %d failed", batch_id, attempt, exc_info=trouble)
        if attempt < MOST_ATTEMPTS:
            _again(deployment, batch_id, attempt)
        else:
            message = trouble.message if isinstance(trouble, HeadraceError) else type(trouble).__name__
            _give_up(deployment, batch_id, "INGEST-1000-500", f"The batch failed {attempt} times: {message}")


def _planned(deployment: Deployment, batch: Batch) -> Target:
    with deployment.store.read() as conn:
        recorded = parts.listed(conn, batch.id)
        if recorded:
            return Target.from_json(recorded[0].spec["target"])
        caller = Caller(batch.org, batch.sandbox, "", batch.created_client, batch.created_by)
        dataset = datasets.target(conn, caller, batch.dataset_id)
        tenant = sandboxes.tenant_of(conn, batch.org)
        composed = registry.composed(conn, caller, dataset.schema_id, dataset.major, tenant)
        files = batches.files(conn, batch.id, INPUT_FILES)
    now = deployment.clock.now()
    made = Target(dataset.table, composed.id, composed.version, composed.full, "", 0, (), now)
    specs = [{"target": made.to_json(), "name": file.name, "ref": file.ref, "facts": file.facts} for file in files]
    with deployment.store.write() as conn:
        if batches.by_id(conn, batch.id).status == "loaded":
            batches.move(conn, batch.id, {"loaded"}, "staging", at=now)
        parts.plan(conn, batch.id, specs)
        return Target.from_json(parts.listed(conn, batch.id)[0].spec["target"])


def _promote(deployment: Deployment, batch: Batch, target: Target, attempt: int) -> None:
    with deployment.store.read() as conn:
        records = parts.listed(conn, batch.id)
    for record in records:
        if deployment.stopping.is_set():
            raise ending.HandedBack("The process that worked on this batch was stopped.")
        if record.state == PLANNED:
            record = _landed(deployment, record)
        if record.state != PROMOTED:
            _promote_part(deployment, batch, target, record, attempt)


def _landed(deployment: Deployment, record: PartRecord) -> PartRecord:
    """The upload itself is the landed page."""
    page = {name: record.spec[name] for name in ("name", "ref", "facts")}
    with deployment.store.write() as conn:
        return parts.copied(conn, record, [page], {"inputBytes": page["ref"]["bytes"]})


def _promote_part(deployment: Deployment, batch: Batch, target: Target, record: PartRecord, attempt: int) -> None:
    stamp = Stamp(
        batch=batch.id, flow="", scope=_scope(batch), part=record.n, attempt=attempt,
        extracted_at=batch.created_at, ingested_at=target.now,
    )  # fmt: skip
    own = Target(
        target.table, target.schema_id, target.version, target.schema, "", 0,
        tuple(uploads.own_shape(target.arrow_schema())), target.now,
    )  # fmt: skip
    decoder = partial(uploads.decoder, uploads.multi_line(batch.body))
    promoted = promote_part(deployment.lake, PartWork(own, stamp, record.raw, decoder))
    counts = promoted.tally.to_json() | {"outputBytes": sum(file.bytes for file in promoted.data)}
    with deployment.store.write() as conn:
        parts.promoted(conn, record, [file.to_json() for file in promoted.data], promoted.errors, counts)


def _scope(batch: Batch) -> str:
    return f"upload/{batch.id}"


def _commit(deployment: Deployment, batch_id: str, target: Target) -> None:
    with deployment.store.read() as conn:
        batch, records = batches.by_id(conn, batch_id), parts.listed(conn, batch_id)
    tally = Tally.of([record.counts for record in records])
    tally.require_balance(f"Batch {batch_id}")
    _require_allowed(batch, tally)
    _require_predecessors_over(deployment, batch)
    ending.commit(deployment, batch_id, target, _changes(batch, records))
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        if batches.by_id(conn, batch_id).status == "committing":
            ending.set_files(conn, batch_id, records, now)
            moved = {"metrics": batch_figures.batch_metrics(records), "errors": batch_figures.batch_errors(records)}
            batches.move(conn, batch_id, {"committing"}, "success", at=now, completed_at=now, **moved)
            _retire_predecessors(conn, batch, now)


def _changes(batch: Batch, records: list[PartRecord]) -> list[Change]:
    """The batch's rows come, those of its predecessors go: one snapshot."""
    files = tuple(FileRef.from_json(value) for record in records for value in record.data)
    come = Change(batch.id, _scope(batch), Append(), files, batch.created_at)
    go = (Change(batch.id, _scope(batch), Replay(old), (), batch.created_at) for old in predecessors(batch.body))
    return [come, *go]


def _require_predecessors_over(deployment: Deployment, batch: Batch) -> None:
    """Rows that are still to come cannot be replaced. Asked once: what is over stays over."""
    if batch.status == "committing":
        return
    with deployment.store.read() as conn:
        for old in (batches.by_id(conn, id) for id in predecessors(batch.body)):
            if old.status in batches.UNFINISHED:
                raise ReplayTooEarly(
                    f"Batch {old.id}, which this one replaces, is {old.status} still. Nothing was ingested; "
                    "replay it when it is over."
                )


def _retire_predecessors(conn: sa.Connection, batch: Batch, now: int) -> None:
    for id in predecessors(batch.body):
        succession.retire(conn, batches.by_id(conn, id), batch.id, now)


def _require_allowed(batch: Batch, tally: Tally) -> None:
    """Platform's rule for uploads: without diagnostics any bad row fails the batch; else the percentage decides.

    Without a percentage a batch of bad rows only fails too, as a run does.
    """
    if tally.rejected and not tally.written and _percentage(batch.body) is None:
        raise TooManyErrors(f"All {tally.rejected} rows were rejected. Nothing was ingested; see the row errors.")
    allowed = _allowed_percent(batch.body)
    if tally.rejected * 100 > allowed * (tally.written + tally.rejected):
        raise TooManyErrors(
            f"{tally.rejected} of {tally.written + tally.rejected} rows were rejected, more than the allowed "
            f"{allowed:g} %. Nothing was ingested; see the row errors."
        )


def _allowed_percent(body: dict[str, Any]) -> float:
    percent = _percentage(body)
    if percent is not None:
        return float(percent)
    return PERCENT if _diagnosed(body) else 0.0


def _diagnosed(body: dict[str, Any]) -> bool:
    """Whether the batch asked for diagnostics; a share that it allows asks for them too."""
    return str(body.get("enableErrorDiagnostics", "")).lower() == "true" or _percentage(body) is not None


def _percentage(body: dict[str, Any]) -> Any:
    return body.get("partialIngestionPercentage", body.get("partialIngestionPercent"))


def _again(deployment: Deployment, batch_id: str, attempt: int) -> None:
    with deployment.store.write() as conn:
        deployment.jobs.enqueue(conn, BATCH_RUN, f"{batch_id}:{attempt + 1}", batch_id)


def _give_up(deployment: Deployment, batch_id: str, code: str, message: str) -> None:
    with deployment.store.read() as conn:
        batch, records = batches.by_id(conn, batch_id), parts.listed(conn, batch_id)
    if batch.status not in batches.UNFINISHED:
        return
    if batch.status == "committing":
        target = Target.from_json(records[0].spec["target"])
        if deployment.lake.abort(target.table, batch_id).state == "committed":
            _commit(deployment, batch_id, target)
            return
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        ending.set_files(conn, batch_id, records, now, data=False)
        errors = [{"code": code, "description": message}, *batch_figures.errors_by_code(records)]
        metrics = batch_figures.batch_metrics(records, committed=False)
        batches.move(conn, batch_id, {batch.status}, "failed", at=now, metrics=metrics, errors=errors, completed_at=now)
