"""Which rows of landed pages a replay promotes: all or the rejected ones, and none that was read again since."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from headrace.catalog.diagnostics import lines
from headrace.errors import WindowSuperseded
from headrace.files import NamedFile
from headrace.lake.landing import Landing
from headrace.quarantined import Origins, gathered, origin_of
from headrace.runs.failures import BatchChanged
from headrace.runs.plan import QUARANTINED, REPLACE_WINDOW, FlowPlan, flow_plan_of, part_of
from headrace.runs.promotion import Choose, every
from headrace.sources.reading import Part, Slice
from headrace.store import batches, parts, replays, runs
from headrace.store.engine import Store
from headrace.store.parts import PartRecord
from headrace.store.runs import Run


@dataclass(frozen=True, slots=True)
class Later:
    """Days of one source partition that a later run has read, and replaced, again."""

    partition: str
    first: date
    last: date
    run: str


# -- choosing ---------------------------------------------------------------------------------------------------


def chooser(store: Store, landing: Landing, plan: FlowPlan) -> Callable[[Part], Choose]:
    """What chooses the rows of each part of a run; all of them unless it is a replay."""
    replay = plan.replay
    if replay is None:
        return lambda part: every
    with store.read() as conn:
        before = parts.listed(conn, replay.run)
        later = later_reads(conn, plan, before, replay.run)
    rejected = before if replay.rows == QUARANTINED else None
    return lambda part: choose(landing, part, later, rejected)


def choose(landing: Landing, part: Part, later: Sequence[Later], rejected: Sequence[PartRecord] | None) -> Choose:
    """Chooses a part's rows: those that ``rejected`` (the parts of the run before) turned away, or all (None)."""
    of_partition = [read for read in later if read.partition == part.partition]
    origins = None if rejected is None else rejected_rows(landing, rejected[part.n].errors)

    def chosen(slices: Iterator[Slice]) -> Iterator[Slice]:
        for slice in slices:
            rows = slice if origins is None else slice.only(origins)
            if rows.read:
                _require_newest(rows, of_partition)
                yield rows

    return chosen


def _require_newest(slice: Slice, later: Sequence[Later]) -> None:
    """WindowSuperseded when a row of the slice is of a day that a later run has replaced."""
    if not later:
        return
    rows = pa.chunked_array(
        [chunk for table in (*slice.typed, slice.loose) for chunk in table["_row"].chunks], pa.int64()
    )
    days = slice.days.take(rows.combine_chunks())
    for read in later:
        inside = pc.and_(pc.greater_equal(days, read.first), pc.less_equal(days, read.last))
        if pc.any(inside).as_py():
            day = pc.min(days.filter(inside))
            raise WindowSuperseded(
                f"The rows of {day} were read again by run {read.run}, which has replaced that day. Replay that run, "
                "or only the quarantined rows of this one.",
                later=read.run,
            )


def rejected_rows(landing: Landing, errors: Sequence[NamedFile]) -> Origins:
    """The rows that quarantine files hold, read line by line. FileDamaged."""
    return gathered(origin_of(line) for file in errors for line in lines(landing.stream(file.ref)))


# -- what came later --------------------------------------------------------------------------------------------


def later_reads(conn: sa.Connection, plan: FlowPlan, records: Sequence[PartRecord], run_id: str) -> list[Later]:
    """What runs of the flow that read the source later have replaced of the days of these parts."""
    dated = [part for part in map(part_of, records) if part.first_day and part.last_day]
    if plan.mode != REPLACE_WINDOW or not dated:
        return []
    overlapping = [
        read
        for owner, part in _succeeded_parts(conn, plan.flow_id)
        if owner != run_id and (read := _days_of(owner, part)) and any(_overlap(read, other) for other in dated)
    ]
    newer = {owner for owner in {read.run for read in overlapping} if _read_later(conn, owner, plan)}
    return sorted((read for read in overlapping if read.run in newer), key=lambda read: (read.first, read.run))


def _succeeded_parts(conn: sa.Connection, flow_id: str) -> Iterator[tuple[str, Part]]:
    return ((record.owner, part_of(record)) for record in replays.succeeded_parts(conn, flow_id))


def _days_of(owner: str, part: Part) -> Later | None:
    if part.first_day is None or part.last_day is None:
        return None
    return Later(part.partition, part.first_day, part.last_day, owner)


def _overlap(read: Later, part: Part) -> bool:
    if part.first_day is None or part.last_day is None or part.partition != read.partition:
        return False
    return read.first <= part.last_day and part.first_day <= read.last


def _read_later(conn: sa.Connection, owner: str, plan: FlowPlan) -> bool:
    other = flow_plan_of(runs.by_id(conn, owner))
    return other is not None and other.mode == REPLACE_WINDOW and other.reading.now > plan.reading.now


# -- before the commit --------------------------------------------------------------------------------------------


def require_current(store: Store, run: Run, plan: FlowPlan) -> None:
    """Before a replay may commit: what it stands for, or beside, is still there, and no run came in between."""
    if plan.replay is None:
        return
    with store.read() as conn:
        before = runs.by_id(conn, plan.replay.run)
        beside = (before.batch_id,) if plan.replay.rows == QUARANTINED else ()
        for batch in (batches.by_id(conn, id) for id in (*plan.predecessors, *beside)):
            if batch.status != "success":
                message = f"Batch {batch.id}, whose rows are replayed, became {batch.status}. Nothing was ingested."
                raise BatchChanged(message)
        reads = later_reads(conn, plan, parts.listed(conn, run.id), before.id)
        came = [read for read in reads if _ended_since(conn, read.run, run)]
    if came:
        raise WindowSuperseded(
            f"While the replay waited, run {came[0].run} read days of it again. Nothing was ingested; ask for the "
            "replay again.",
            later=came[0].run,
        )


def _ended_since(conn: sa.Connection, other: str, run: Run) -> bool:
    return (runs.by_id(conn, other).completed_at or 0) > (run.started_at or 0)
