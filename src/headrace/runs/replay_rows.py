"""Which rows of landed pages a replay promotes: all or the rejected ones, and none that was read again since."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from headrace.catalog.diagnostics import lines
from headrace.errors import WindowSuperseded
from headrace.lake import FileRef, Lake
from headrace.runs.deployment import Deployment
from headrace.runs.ending import Failure
from headrace.runs.plan import QUARANTINED, REPLACE_WINDOW, FlowPlan
from headrace.runs.promotion import Choose, every
from headrace.sources.reading import Part, Slice
from headrace.store import batches, parts, replays, runs
from headrace.store.parts import PartRecord
from headrace.store.runs import Run

Rows = Mapping[str, pa.Array]  # by the name of a page, the rows of it
_RECORD = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Later:
    """Days of one source partition that a later run has read, and replaced, again."""

    partition: str
    first: date
    last: date
    run: str


# -- choosing ---------------------------------------------------------------------------------------------------


def chooser(deployment: Deployment, run: Run, plan: FlowPlan) -> Callable[[Part], Choose]:
    """What chooses the rows of each part of a run; all of them unless it is a replay."""
    if plan.replay is None:
        return lambda part: every
    with deployment.store.read() as conn:
        later = later_reads(conn, plan, plan.replay.run)
        rejected = parts.listed(conn, plan.replay.run) if plan.replay.rows == QUARANTINED else None
    return lambda part: choose(deployment.lake, plan, part, later, rejected)


def choose(
    lake: Lake, plan: FlowPlan, part: Part, later: Sequence[Later], rejected: Sequence[PartRecord] | None
) -> Choose:
    """Chooses a part's rows: those that ``rejected`` (the parts of the run before) turned away, or all (None)."""
    of_part = [one for one in later if one.partition == part.partition]
    rows = None if rejected is None else rejected_rows(lake, rejected[part.n].errors)

    def chosen(page: str, slices: Iterator[Slice]) -> Iterator[Slice]:
        for slice in slices:
            kept = slice if rows is None else slice.only(rows.get(page, _NONE))
            if kept.read:
                _require_newest(kept, of_part)
                yield kept

    return chosen


_NONE = pa.array([], pa.int64())


def _require_newest(slice: Slice, later: Sequence[Later]) -> None:
    """WindowSuperseded when a row of the slice is of a day that a later run has replaced."""
    if not later:
        return
    rows = pa.chunked_array(
        [chunk for table in (slice.typed, slice.loose) for chunk in table["_row"].chunks], pa.int64()
    )
    days = slice.days.take(pc.subtract(rows, slice.first_row).combine_chunks())
    for one in later:
        inside = pc.and_(pc.greater_equal(days, one.first), pc.less_equal(days, one.last))
        if pc.any(inside).as_py():
            day = pc.min(days.filter(inside))
            raise WindowSuperseded(
                f"The rows of {day} were read again by run {one.run}, which has replaced that day. Replay that run, "
                "or only the quarantined rows of this one.",
                later=one.run,
            )


def rejected_rows(lake: Lake, errors: Sequence[Mapping[str, Any]]) -> Rows:
    """By page, the rows that quarantine files hold; read line by line. FileDamaged."""
    found: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for file in errors:
        for line in lines(lake.landing.stream(FileRef.from_json(file["ref"]))):
            members = _RECORD.decode(line)  # ours are the last of their names
            page = msgspec.json.decode(members["_filename"], type=str)
            found[page].append(msgspec.json.decode(members["_row"], type=int))
    return {page: pa.array(rows, pa.int64()) for page, rows in found.items()}


# -- what came later --------------------------------------------------------------------------------------------


def later_reads(conn: sa.Connection, plan: FlowPlan, run_id: str) -> list[Later]:
    """What runs of the flow that read the source later have replaced of the plan's days."""
    asked = [part for part in plan.parts if part.first_day and part.last_day]
    if plan.mode != REPLACE_WINDOW or not asked:
        return []
    found = [
        one
        for owner, spec in replays.succeeded_specs(conn, plan.flow_id)
        if owner != run_id and (one := _days_of(owner, spec)) and any(_overlap(one, part) for part in asked)
    ]
    newer = {owner for owner in {one.run for one in found} if _read_later(conn, owner, plan)}
    return sorted((one for one in found if one.run in newer), key=lambda one: (one.first, one.run))


def _days_of(owner: str, spec: Mapping[str, Any]) -> Later | None:
    if not spec["firstDay"] or not spec["lastDay"]:
        return None
    return Later(spec["partition"], date.fromisoformat(spec["firstDay"]), date.fromisoformat(spec["lastDay"]), owner)


def _overlap(one: Later, part: Part) -> bool:
    if part.first_day is None or part.last_day is None or part.partition != one.partition:
        return False
    return one.first <= part.last_day and part.first_day <= one.last


def _read_later(conn: sa.Connection, owner: str, plan: FlowPlan) -> bool:
    other = runs.by_id(conn, owner).plan or {}
    return bool(other["mode"] == REPLACE_WINDOW and other["reading"]["now"] > plan.reading.now)


# -- before the commit --------------------------------------------------------------------------------------------


def require_current(deployment: Deployment, run: Run, plan: FlowPlan) -> None:
    """Before a replay may commit: what it stands for, or beside, is still there, and no run came in between."""
    if plan.replay is None:
        return
    with deployment.store.read() as conn:
        before = runs.by_id(conn, plan.replay.run)
        beside = (before.batch_id,) if plan.replay.rows == QUARANTINED else ()
        for batch in (batches.by_id(conn, id) for id in (*plan.replay.predecessors, *beside)):
            if batch.status != "success":
                message = f"Batch {batch.id}, whose rows are replayed, became {batch.status}. Nothing was ingested."
                raise Failure("CONNECTOR-2001-500", message)
        came = [one for one in later_reads(conn, plan, before.id) if _ended_since(conn, one.run, run)]
    if came:
        raise WindowSuperseded(
            f"While the replay waited, run {came[0].run} read days of it again. Nothing was ingested; ask for the "
            "replay again.",
            later=came[0].run,
        )


def _ended_since(conn: sa.Connection, other: str, run: Run) -> bool:
    return (runs.by_id(conn, other).completed_at or 0) > (run.started_at or 0)
