"""An answer without rows for days that hold some: the rows would go without a word, so it must be borne out."""

from collections.abc import Sequence

from headrace import sources
from headrace.lake import Change, Lake
from headrace.lake.changes import ReplaceWindow
from headrace.runs.failures import DaysEmptied
from headrace.runs.plan import FlowPlan, Plan, part_of
from headrace.store import parts
from headrace.store.engine import Store
from headrace.store.parts import PartRecord


def require_borne_out(store: Store, lake: Lake, plan: Plan, records: Sequence[PartRecord]) -> None:
    """Records how many rows of each part go because none came for them; DaysEmptied where nothing speaks for that.

    Where rows came and were turned away, the source has answered: what is lost is in quarantine, and is counted.
    What speaks for it: the spec or the flow says that an answer may be empty, or the source has listed what the run
    asks for among what may be read.
    """
    if not isinstance(plan, FlowPlan) or not plan.replaces_days:
        return
    emptied = [(record, rows) for record in records if (rows := _rows_that_go(lake, plan, record))]
    if not emptied:
        return
    unproved = [(record, rows) for record, rows in emptied if not record.counts.read]
    if unproved and not (plan.may_be_empty or sources.is_readable(plan.reading)):
        raise DaysEmptied(_told(unproved))
    with store.write() as conn:
        for record, rows in emptied:
            parts.note_emptied(conn, record, rows)


def _rows_that_go(lake: Lake, plan: FlowPlan, record: PartRecord) -> int:
    part = part_of(record)
    if record.counts.written or part.first_day is None or part.last_day is None:
        return 0
    delete = ReplaceWindow(part.first_day, part.last_day)
    change = Change(plan.batch_id, plan.scope(part.partition), delete, (), plan.extracted_at)
    return lake.rows_deleted_by(plan.target.table, change)


def _told(emptied: Sequence[tuple[PartRecord, int]]) -> str:
    asked = [part_of(record).label for record, _ in emptied]
    more = f" and {len(asked) - 3} more parts" if len(asked) > 3 else ""
    return (
        f"The source answered without a row for {', '.join(asked[:3])}{more}, of which the table holds "
        f"{sum(rows for _, rows in emptied)}; they would go without a word. Nothing was changed. If such days may be "
        "empty, say mayBeEmpty in the source's spec or the flow's options, then trigger the run again."
    )
