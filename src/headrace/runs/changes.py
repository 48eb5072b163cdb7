"""What a run changes in its table: one lake Change for each source partition, from what its parts recorded."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from headrace.files import FileRef
from headrace.lake import Change
from headrace.lake.changes import Append, Delete, Merge, ReplaceWindow, Replay
from headrace.runs.plan import Plan, part_of
from headrace.sources.reading import Part
from headrace.store.parts import PartRecord


def changes(plan: Plan, records: Sequence[PartRecord]) -> list[Change]:
    """The changes of a run whose parts are all promoted; a run that asked nothing appends nothing.

    The batches that it stands for go in the same snapshot; a replay of quarantined rows stands beside its own.
    """
    files: dict[str, list[FileRef]] = defaultdict(list)
    parts: dict[str, list[Part]] = defaultdict(list)
    for record in records:
        part = part_of(record)
        parts[part.partition].append(part)
        files[part.partition].extend(record.data)
    if not parts:
        return [_change(plan, "", Append(), [])]
    come = [_change(plan, partition, _delete(plan, parts[partition]), files[partition]) for partition in parts]
    go = [_change(plan, "", Replay(batch), []) for batch in plan.predecessors]
    return [*come, *go]


def _change(plan: Plan, partition: str, delete: Delete, files: list[FileRef]) -> Change:
    return Change(plan.batch_id, plan.scope(partition), delete, tuple(files), plan.extracted_at)


def _delete(plan: Plan, parts: list[Part]) -> Delete:
    if plan.keying is not None:
        return Merge()
    days = _days(parts)
    return ReplaceWindow(*days) if plan.replaces_days and days else Append()


def _days(parts: list[Part]) -> tuple[date, date] | None:
    first = [part.first_day for part in parts if part.first_day]
    last = [part.last_day for part in parts if part.last_day]
    return (min(first), max(last)) if len(first) == len(parts) == len(last) else None
