"""What a run changes in its table: one lake Change for each source partition, from what its parts recorded."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from headrace.lake import Change, FileRef
from headrace.lake.changes import Append, ReplaceWindow, Replay
from headrace.runs.plan import ALL, REPLACE_WINDOW, FlowPlan
from headrace.sources.reading import Part
from headrace.store.parts import PartRecord


def scope_of(flow_id: str, partition: str) -> str:
    """The scope that a flow owns in a table for one source partition."""
    return f"{flow_id}/{partition}"


def changes(plan: FlowPlan, records: Sequence[PartRecord]) -> list[Change]:
    """The changes of a run whose parts are all promoted; a run that asked nothing appends nothing.

    The batches that a replay stands for go in the same snapshot; one of quarantined rows stands beside its own.
    """
    files: dict[str, list[FileRef]] = defaultdict(list)
    asked: dict[str, list[Part]] = defaultdict(list)
    for part, record in zip(plan.parts, records, strict=True):
        asked[part.partition].append(part)
        files[part.partition].extend(FileRef.from_json(value) for value in record.data)
    if not asked:
        return [_change(plan, "", Append(), [])]
    come = [_change(plan, partition, _delete(plan, asked[partition]), files[partition]) for partition in asked]
    go = [_change(plan, "", Replay(batch), []) for batch in (plan.replay.predecessors if plan.replay else ())]
    return [*come, *go]


def _change(plan: FlowPlan, partition: str, delete: Append | ReplaceWindow | Replay, files: list[FileRef]) -> Change:
    scope = scope_of(plan.flow_id, partition)
    return Change(plan.batch_id, scope, delete, tuple(files), plan.reading.now)


def _delete(plan: FlowPlan, parts: list[Part]) -> Append | ReplaceWindow:
    days = _days(parts)
    # A replay takes rows away by their batch, not by their days. A run that failed has none: its replay does
    # what the run would have done.
    by_days = plan.replay is None or (plan.replay.rows == ALL and not plan.replay.predecessors)
    return ReplaceWindow(*days) if plan.mode == REPLACE_WINDOW and days and by_days else Append()


def _days(parts: list[Part]) -> tuple[date, date] | None:
    first = [part.first_day for part in parts if part.first_day]
    last = [part.last_day for part in parts if part.last_day]
    return (min(first), max(last)) if len(first) == len(parts) == len(last) else None
