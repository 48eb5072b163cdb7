"""The run document that the API answers: rendered from what is recorded, so that nothing in it is invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import UNSET

from headrace.counts import Counts, total, warnings_by_rule
from headrace.runs.batch_figures import batch_errors, batch_metrics
from headrace.runs.plan import FlowPlan, flow_plan_of
from headrace.store import batches, parts, replays, runs
from headrace.store.batches import BatchError, BatchMetrics
from headrace.store.parts import COPIED, COPY, PROMOTED, PROMOTION, Activity, PartRecord
from headrace.store.runs import FAILED, IN_PROGRESS, QUEUED, SUCCESS, Run
from headrace.store.scope import Caller

WHERE_THERE_ARE_ANY = (
    "replacedRecordCount", "deletedRecordCount", "emptiedRecordCount", "skippedRecordCount", "skippedInfo",
)  # fmt: skip
WHERE_TAKEN_BACK = ("revertedRecordCount", "alreadyGoneRecordCount")
PROMOTION_FAILED = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}


def listed(conn: sa.Connection, caller: Caller, base_url: str, flow_id: str | None = None) -> list[dict[str, Any]]:
    """The runs of the caller's sandbox (or of one flow), newest first. ``base_url`` starts every link."""
    return rendered(conn, caller, runs.select(conn, caller, flow_id), base_url)


def rendered(conn: sa.Connection, caller: Caller, listed: Sequence[Run], base_url: str) -> list[dict[str, Any]]:
    """These runs, in their order."""
    owners = [run.id for run in listed]
    recorded, activities = parts.of_owners(conn, owners), parts.activities_of(conn, owners)
    replayed = replays.by_run(conn, {run.flow_id for run in listed if run.flow_id is not None})
    reverted = _reverted(conn, caller, listed)
    return [
        _document(run, caller, recorded[run.id], activities[run.id], reverted.get(run.batch_id), base_url)
        | _replayed_by(replayed.get(run.id, ()))
        for run in listed
    ]


def one(conn: sa.Connection, caller: Caller, id: str, base_url: str) -> dict[str, Any]:
    """One run; NotFound (facts kind, id) when the caller's sandbox has none with this id."""
    run = runs.get(conn, caller, id)
    activities = parts.activities_of(conn, [id])[id]
    later = [replay.id for replay in replays.of_run(conn, run.flow_id or "", id)]
    reverted = _reverted(conn, caller, [run]).get(run.batch_id)
    return _document(run, caller, parts.listed(conn, id), activities, reverted, base_url) | _replayed_by(later)


def _reverted(conn: sa.Connection, caller: Caller, listed: Sequence[Run]) -> dict[str, BatchMetrics]:
    """The figures of those batches of the runs that were taken back, by their ids."""
    gone = batches.select(conn, caller, ids=[run.batch_id for run in listed], statuses=("inactive",))
    return {
        batch.id: batch.metrics for batch in gone if batch.metrics and batch.metrics.reverted_record_count is not UNSET
    }


def _replayed_by(later: Sequence[str]) -> dict[str, Any]:
    return {"replayedBy": later} if later else {}


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What is recorded of one run; counts and metrics are summed over its parts."""

    run: Run
    plan: FlowPlan | None
    parts: Sequence[PartRecord]
    counts: Counts
    metrics: BatchMetrics
    errors: Sequence[BatchError]

    @property
    def copied(self) -> bool:
        """Whether the pages of every part are landed."""
        return all(part.state in (COPIED, PROMOTED) for part in self.parts)


def _document(
    run: Run, caller: Caller, records: Sequence[PartRecord], activities: Mapping[str, Activity],
    reverted: BatchMetrics | None, base_url: str,
) -> dict[str, Any]:  # fmt: skip
    plan, committed = flow_plan_of(run), run.state != FAILED
    metrics = batch_metrics(records, committed=committed)
    if reverted is not None:
        went, gone = reverted.reverted_record_count, reverted.already_gone_record_count
        metrics = msgspec.structs.replace(metrics, reverted_record_count=went, already_gone_record_count=gone)
    recorded = _Recorded(
        run, plan, records, total(record.counts for record in records), metrics,
        batch_errors(records, committed=committed),
    )  # fmt: skip
    rendered = []
    if plan is not None and COPY in activities:
        rendered.append(_copy(recorded, plan, activities[COPY]))
    if plan is not None and PROMOTION in activities:
        rendered.append(_promotion(recorded, plan, activities[PROMOTION], base_url))
    document = {
        "createdAt": run.created_at,
        "updatedAt": run.updated_at,
        "createdBy": run.user,
        "updatedBy": run.user,
        "createdClient": run.client,
        "updatedClient": run.client,
        "sandboxId": caller.sandbox_id,
        "sandboxName": run.sandbox,
        "imsOrgId": run.org,
        "id": run.id,
        "flowId": run.flow_id,
        "etag": run.etag,
        "state": run.state,
        "metrics": _metrics(recorded, [activity["id"] for activity in rendered]),
        "activities": rendered,
    }
    retry = {"retryOf": run.retries} if run.retries else {}
    return document | retry | ({"waitsFor": run.waits_for, "notBefore": run.not_before} if run.waits_for else {})


# -- the run as a whole ----------------------------------------------------------------------------------------


def _metrics(recorded: _Recorded, begun: Sequence[str]) -> dict[str, Any]:
    """``begun``: the activities that the document has; a run that failed while it was planned has none to refer to."""
    run, metrics = recorded.run, recorded.metrics
    judged = PROMOTION if PROMOTION in begun and recorded.copied else COPY
    return {
        "durationSummary": _times(run.started_at or run.created_at, run.completed_at),
        "sizeSummary": {"inputBytes": metrics.input_byte_size, "outputBytes": metrics.output_byte_size},
        "recordSummary": _records(recorded),
        "fileSummary": {
            "inputFileCount": metrics.input_file_count,
            "outputFileCount": metrics.output_file_count,
            "activityRefs": [id for id in begun if id == PROMOTION],
        },
        "statusSummary": _status(recorded) | {"activityRefs": [id for id in begun if id == judged]},
    }


def _status(recorded: _Recorded) -> dict[str, Any]:
    run = recorded.run
    errors = _failure(run) or ([PROMOTION_FAILED] if recorded.counts.rejected else [])
    return {"status": run.state} | ({"errors": errors} if errors else {})


def _failure(run: Run) -> list[dict[str, str]]:
    """Why the run failed; nothing when it did not."""
    if run.state != FAILED or run.outcome is None:
        return []
    return [{"code": run.outcome.code, "message": run.outcome.message}]


def _records(recorded: _Recorded) -> dict[str, Any]:
    """Counts of rows; those that rules dropped are listed by rule."""
    metrics = recorded.metrics
    if recorded.parts and not any(part.state == PROMOTED for part in recorded.parts):
        return {}
    summary: dict[str, Any] = {
        "inputRecordCount": metrics.input_record_count,
        "outputRecordCount": metrics.output_record_count,
        "failedRecordCount": metrics.failed_record_count,
    }
    if recorded.counts.warnings:
        summary["warningRecordCount"] = _warnings(recorded)
    if told := warnings_by_rule(recorded.counts):
        summary["warningInfo"] = told
    figures = msgspec.to_builtins(metrics)
    summary |= {name: figures[name] for name in WHERE_THERE_ARE_ANY if figures.get(name)}
    return summary | {name: figures[name] for name in WHERE_TAKEN_BACK if name in figures}


def _warnings(recorded: _Recorded) -> int:
    """Values that became null because an expression failed."""
    return sum(recorded.counts.warnings.values())


# -- activities -------------------------------------------------------------------------------------------------


def _copy(recorded: _Recorded, plan: FlowPlan, activity: Activity) -> dict[str, Any]:
    run = recorded.run
    pages, size = recorded.metrics.input_file_count, recorded.metrics.input_byte_size
    replayed = _replayed(plan, pages)
    if replayed:
        pages = size = 0  # nothing was asked of the source
    return {
        "id": COPY,
        "updatedAtUTC": activity.completed_at or run.updated_at,
        "durationSummary": _times(activity.started_at, _ended(run, activity)) | {"extensions": _windows(plan)},
        "sizeSummary": {"inputBytes": size, "outputBytes": size},
        "recordSummary": {},
        "fileSummary": {"inputFileCount": pages, "outputFileCount": pages},
        "statusSummary": _activity_status(run, activity) | {"extensions": {"type": _kind(run)} | replayed},
        "sourceInfo": [_source(run, plan)],
    }


def _windows(plan: FlowPlan) -> dict[str, Any]:
    """The window that was read, and the one that the schedule asked for where that is another."""
    read = {"windowStart": plan.reading.window.start, "windowEnd": plan.reading.window.end}
    if plan.reading.window == plan.requested:
        return read
    requested = {"requestedWindowStart": plan.requested.start, "requestedWindowEnd": plan.requested.end}
    looked_back = {"lookbackDays": plan.lookback} if plan.lookback else {}
    return read | requested | looked_back | ({"clamps": plan.clamps} if plan.clamps or not plan.lookback else {})


def _promotion(recorded: _Recorded, plan: FlowPlan, activity: Activity, base_url: str) -> dict[str, Any]:
    run, metrics = recorded.run, recorded.metrics
    files = {"inputFileCount": metrics.input_file_count, "outputFileCount": metrics.output_file_count}
    meta = f"{base_url}/data/foundation/export/batches/{run.batch_id}/meta?path="
    return {
        "id": PROMOTION,
        "updatedAtUTC": activity.completed_at or run.updated_at,
        "durationSummary": _times(activity.started_at, _ended(run, activity)),
        "sizeSummary": {"inputBytes": metrics.input_byte_size, "outputBytes": metrics.output_byte_size},
        "recordSummary": _records(recorded),
        "fileSummary": files | {"extensions": {"manifest": {"fileInfo": f"{meta}input_files"}}},
        "statusSummary": _promotion_status(recorded, activity, meta),
        "targetInfo": [_target(run, plan)],
    }


def _promotion_status(recorded: _Recorded, activity: Activity, meta: str) -> dict[str, Any]:
    status = _activity_status(recorded.run, activity)
    warned = {"sampleWarnings": f"{meta}row_warning_samples.json"} if recorded.counts.warned else {}
    if not recorded.errors:
        return status | ({"extensions": {"manifest": warned}} if warned else {})
    manifest = {"failedRecords": f"{meta}row_errors", "sampleErrors": f"{meta}row_error_samples.json", **warned}
    extensions = {"manifest": manifest, "errors": [_listed_error(error) for error in recorded.errors]}
    return status | {"errors": status.get("errors", [PROMOTION_FAILED]), "extensions": extensions}


def _listed_error(error: BatchError) -> dict[str, Any]:
    counted = {} if error.record_count is None else {"recordCount": error.record_count}
    return {"code": error.code, **counted, "message": error.description}


def _activity_status(run: Run, activity: Activity) -> dict[str, Any]:
    if activity.completed_at is not None:
        return {"status": SUCCESS}
    if failure := _failure(run):
        return {"status": FAILED, "errors": failure}
    return {"status": IN_PROGRESS if run.state in (IN_PROGRESS, QUEUED) else run.state}


def _ended(run: Run, activity: Activity) -> int | None:
    return activity.completed_at or run.completed_at


def _times(started: int, completed: int | None) -> dict[str, Any]:
    return {"startedAtUTC": started} | ({"completedAtUTC": completed} if completed is not None else {})


def _kind(run: Run) -> str:
    """What kind of copy it was, in Platform's words."""
    if run.cause != runs.SCHEDULE and run.retries is None:
        return "one-time"
    return "backfill" if run.backfill else "incremental"


def _replayed(plan: FlowPlan, pages: int) -> dict[str, Any]:
    """What a replay took instead of asking the source."""
    replay = plan.replay
    if replay is None:
        return {}
    version = plan.target.mapping_version
    return {"replay": {"runId": replay.run, "rows": replay.rows, "mappingVersion": version, "pages": pages}}


def _source(run: Run, plan: FlowPlan) -> dict[str, Any]:
    """Where the pages came from: this run's own reading, or that of the run it replays."""
    reference = {"type": "AdfRunId", "ids": [run.replays or run.id]}
    return {"id": plan.source_connection_id, "type": "SourceConnection", "reference": reference}


def _target(run: Run, plan: FlowPlan) -> dict[str, Any]:
    reference = {"type": "Batch", "ids": [run.batch_id]}
    return {"id": plan.target_connection_id, "type": "TargetConnection", "reference": reference}
