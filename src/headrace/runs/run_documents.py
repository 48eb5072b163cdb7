"""The run document that the API answers: rendered from what is recorded, so that nothing in it is invented."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from headrace.runs.batch_figures import batch_errors, batch_metrics, skipped
from headrace.runs.succession import replay_of
from headrace.store import parts, replays, runs
from headrace.store.parts import COPIED, COPY, PROMOTED, PROMOTION, Activity, PartRecord
from headrace.store.runs import FAILED, IN_PROGRESS, QUEUED, SUCCESS, Run
from headrace.store.scope import Caller

PROMOTION_FAILED = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}


def listed(conn: sa.Connection, caller: Caller, base_url: str, flow_id: str | None = None) -> list[dict[str, Any]]:
    """The runs of the caller's sandbox (or of one flow), newest first. ``base_url`` starts every link."""
    found = runs.select(conn, caller, flow_id)
    owners = [run.id for run in found]
    recorded, activities = parts.of_owners(conn, owners), parts.activities_of(conn, owners)
    replayed: dict[str | None, list[str]] = defaultdict(list)
    for run in reversed(found):
        if run.state == SUCCESS:
            replayed[run.replays].append(run.id)
    return [
        _document(run, caller, recorded[run.id], activities[run.id], base_url) | _replayed_by(replayed[run.id])
        for run in found
    ]


def one(conn: sa.Connection, caller: Caller, id: str, base_url: str) -> dict[str, Any]:
    """One run; NotFound (facts kind, id) when the caller's sandbox has none with this id."""
    run = runs.get(conn, caller, id)
    activities = parts.activities_of(conn, [id])[id]
    later = [replay.id for replay in replays.of_run(conn, run.flow_id, id)]
    return _document(run, caller, parts.listed(conn, id), activities, base_url) | _replayed_by(later)


def _replayed_by(later: Sequence[str]) -> dict[str, Any]:
    return {"replayedBy": later} if later else {}


def _document(
    run: Run, caller: Caller, records: Sequence[PartRecord], activities: Mapping[str, Activity], base_url: str
) -> dict[str, Any]:
    found = (_copy(run, records, activities.get(COPY)), _promotion(run, records, activities.get(PROMOTION), base_url))
    rendered = [activity for activity in found if activity is not None]
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
        "metrics": _metrics(run, records, [activity["id"] for activity in rendered]),
        "activities": rendered,
    }
    return document | ({"waitsFor": run.waits_for, "notBefore": run.not_before} if run.waits_for else {})


# -- the run as a whole ----------------------------------------------------------------------------------------


def _metrics(run: Run, records: Sequence[PartRecord], begun: Sequence[str]) -> dict[str, Any]:
    """``begun``: the activities that the document has; a run that failed while it was planned has none to refer to."""
    counted = batch_metrics(records, committed=run.state != FAILED)
    judged = PROMOTION if PROMOTION in begun and _copied(records) else COPY
    return {
        "durationSummary": _times(run.started_at or run.created_at, run.completed_at),
        "sizeSummary": {"inputBytes": counted["inputByteSize"], "outputBytes": counted["outputByteSize"]},
        "recordSummary": _records(run, counted, records),
        "fileSummary": {
            "inputFileCount": counted["inputFileCount"],
            "outputFileCount": counted["outputFileCount"],
            "activityRefs": [id for id in begun if id == PROMOTION],
        },
        "statusSummary": _status(run, records) | {"activityRefs": [id for id in begun if id == judged]},
    }


def _status(run: Run, records: Sequence[PartRecord]) -> dict[str, Any]:
    errors = []
    if run.state == FAILED and run.outcome:
        errors.append({"code": run.outcome["code"], "message": run.outcome["message"]})
    elif counted_failures(records):
        errors.append(PROMOTION_FAILED)
    return {"status": run.state} | ({"errors": errors} if errors else {})


def _records(run: Run, counted: Mapping[str, int], records: Sequence[PartRecord]) -> dict[str, Any]:
    """Counts of rows; those that rules dropped are listed by rule."""
    if not any(record.state == PROMOTED for record in records) and records:
        return {}
    names = ("inputRecordCount", "outputRecordCount", "failedRecordCount")
    summary: dict[str, Any] = {name: counted[name] for name in names}
    warnings = _warnings(records)
    if warnings:
        summary["warningRecordCount"] = warnings
    if counted["skippedRecordCount"]:
        summary["skippedRecordCount"] = counted["skippedRecordCount"]
        rules = skipped(records, committed=run.state != FAILED)
        summary["skippedInfo"] = [{"rule": rule, "recordCount": count} for rule, count in rules.items()]
    return summary


def _warnings(records: Sequence[PartRecord]) -> int:
    """Values that became null because an expression failed."""
    return sum(sum(record.counts.get("warnings", {}).values()) for record in records)


def counted_failures(records: Sequence[PartRecord]) -> int:
    """Rows that were turned away."""
    return sum(int(record.counts.get("rejected", 0)) for record in records)


def _copied(records: Sequence[PartRecord]) -> bool:
    return all(record.state in (COPIED, PROMOTED) for record in records)


# -- activities -------------------------------------------------------------------------------------------------


def _copy(run: Run, records: Sequence[PartRecord], activity: Activity | None) -> dict[str, Any] | None:
    if activity is None or run.plan is None:
        return None
    pages = sum(len(record.raw) for record in records)
    size = sum(int(record.counts.get("inputBytes", 0)) for record in records)
    start, end = run.plan["reading"]["window"]
    asked_start, asked_end = run.plan["asked"]
    window = {"windowStart": start, "windowEnd": end}
    if [start, end] != [asked_start, asked_end]:
        window |= {"requestedWindowStart": asked_start, "requestedWindowEnd": asked_end, "clamps": run.plan["clamps"]}
    done = activity.completed_at is not None
    taken = _taken(run, pages)
    if taken:
        pages = size = 0  # nothing was asked of the source
    return {
        "id": COPY,
        "updatedAtUTC": activity.completed_at or run.updated_at,
        "durationSummary": _times(activity.started_at, _ended(run, activity)) | {"extensions": window},
        "sizeSummary": {"inputBytes": size, "outputBytes": size},
        "recordSummary": {},
        "fileSummary": {"inputFileCount": pages, "outputFileCount": pages},
        "statusSummary": _activity_status(run, done) | {"extensions": {"type": _kind(run)} | taken},
        "sourceInfo": [_source(run)],
    }


def _promotion(
    run: Run, records: Sequence[PartRecord], activity: Activity | None, base_url: str
) -> dict[str, Any] | None:
    if activity is None or run.plan is None:
        return None
    counted = batch_metrics(records, committed=run.state != FAILED)
    files = {"inputFileCount": counted["inputFileCount"], "outputFileCount": counted["outputFileCount"]}
    meta = f"{base_url}/data/foundation/export/batches/{run.batch_id}/meta?path="
    return {
        "id": PROMOTION,
        "updatedAtUTC": activity.completed_at or run.updated_at,
        "durationSummary": _times(activity.started_at, _ended(run, activity)),
        "sizeSummary": {"inputBytes": counted["inputByteSize"], "outputBytes": counted["outputByteSize"]},
        "recordSummary": _records(run, counted, records),
        "fileSummary": files | {"extensions": {"manifest": {"fileInfo": f"{meta}input_files"}}},
        "statusSummary": _promotion_status(run, records, activity, meta),
        "targetInfo": [_target(run)],
    }


def _promotion_status(run: Run, records: Sequence[PartRecord], activity: Activity, meta: str) -> dict[str, Any]:
    status = _activity_status(run, activity.completed_at is not None)
    told = batch_errors(records, committed=run.state != FAILED)
    warned = {"sampleWarnings": f"{meta}row_warning_samples.json"} if _warnings(records) else {}
    if not told:
        return status | ({"extensions": {"manifest": warned}} if warned else {})
    listed = [
        {name: error[name] for name in ("code", "recordCount") if name in error} | {"message": error["description"]}
        for error in told
    ]
    manifest = {"failedRecords": f"{meta}row_errors", "sampleErrors": f"{meta}row_error_samples.json", **warned}
    errors = status.get("errors", [PROMOTION_FAILED])
    return status | {"errors": errors, "extensions": {"manifest": manifest, "errors": listed}}


def _activity_status(run: Run, done: bool) -> dict[str, Any]:
    if done:
        return {"status": SUCCESS}
    if run.state == FAILED and run.outcome:
        return {"status": FAILED, "errors": [{"code": run.outcome["code"], "message": run.outcome["message"]}]}
    return {"status": IN_PROGRESS if run.state in (IN_PROGRESS, QUEUED) else run.state}


def _ended(run: Run, activity: Activity) -> int | None:
    return activity.completed_at or run.completed_at


def _times(started: int, completed: int | None) -> dict[str, Any]:
    return {"startedAtUTC": started} | ({"completedAtUTC": completed} if completed is not None else {})


def _kind(run: Run) -> str:
    """What kind of copy it was, in Platform's words."""
    if run.cause != runs.SCHEDULE:
        return "one-time"
    return "backfill" if run.backfill else "incremental"


def _taken(run: Run, pages: int) -> dict[str, Any]:
    """What a replay took instead of asking the source."""
    replay = replay_of(run)
    if replay is None:
        return {}
    version = (run.plan or {})["target"]["mappingVersion"]
    return {"replay": {"runId": replay.run, "rows": replay.rows, "mappingVersion": version, "pages": pages}}


def _source(run: Run) -> dict[str, Any]:
    """Where the pages came from: this run's own reading, or that of the run it replays."""
    reference = {"type": "AdfRunId", "ids": [run.replays or run.id]}
    return {"id": (run.plan or {})["sourceConnectionId"], "type": "SourceConnection", "reference": reference}


def _target(run: Run) -> dict[str, Any]:
    reference = {"type": "Batch", "ids": [run.batch_id]}
    return {"id": (run.plan or {})["targetConnectionId"], "type": "TargetConnection", "reference": reference}
