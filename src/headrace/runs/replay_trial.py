"""What a replay would change, without writing anything: both mappings over the same rows, slice by slice."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import reduce
from itertools import tee
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from headrace import sources
from headrace.counts import ZERO, Counts, total
from headrace.exact_json import NotJson, read, spelled
from headrace.lake import Lake, Stamp
from headrace.lake.pages import bodies
from headrace.mapping.values import with_short_decimals
from headrace.runs.judging import Judge, Judged
from headrace.runs.keyed import Keyed, identify
from headrace.runs.merged import counts_after
from headrace.runs.plan import QUARANTINED, REPLACE_WINDOW, part_of
from headrace.runs.promotion import Choose, counted
from headrace.runs.replay_rows import choose, later_reads
from headrace.runs.replaying import Replayable, Replaying, ReplayRequest, batches_going
from headrace.sources.reading import Part
from headrace.store import parts
from headrace.store.parts import PartRecord
from headrace.store.scope import Caller

if TYPE_CHECKING:
    from headrace.lake.merge_trials import Add, MergeTrial

MOST_DIFFERENCES = 20
SIDES = 2  # before and after
NEWEST_BATCH = "Z" * 26  # sorts behind every ULID
GOOD, BAD, CHANGED = "becameGood", "becameBad", "changed"
Place = Callable[[int], tuple[str, int]]  # a row of a slice -> its page, and the index there


@dataclass(slots=True)
class Trial:
    """What was found so far.

    outcomes     rows that changed, became good, became bad
    differences  a sample: {kind, page, row, destination, before, after, message?}
    """

    before: Counts = ZERO
    after: Counts = ZERO
    outcomes: Counter[str] = field(default_factory=Counter)
    differences: list[dict[str, Any]] = field(default_factory=list)

    def compare(self, place: Place, before: Judged, after: Judged) -> None:
        """Counts how the rows of a slice differ; both sides are in the order of the slice."""
        old, new = before.accepted, after.accepted
        both_old, both_new = _within(old, new["_row"]), _within(new, old["_row"])
        self._changed(place, both_old, both_new)
        self._turned(place, GOOD, before.errors, _without(new, old["_row"]))
        self._turned(place, BAD, after.errors, _without(old, new["_row"]))

    def _changed(self, place: Place, old: pa.Table, new: pa.Table) -> None:
        """Rows that are good on both sides: which values differ."""
        left, right = _leaves(old), _leaves(new)
        masks = {}
        for path in dict.fromkeys([*left, *right]):
            mask = _differ(left.get(path), right.get(path), old.num_rows)
            if pc.any(mask).as_py():
                masks[path] = mask
        if not masks:
            return
        anywhere = reduce(pc.or_, masks.values())
        self.outcomes[CHANGED] += pc.sum(anywhere).as_py()
        for at in pc.indices_nonzero(anywhere).to_pylist():
            for path in (path for path, mask in masks.items() if mask[at].as_py()):
                if len(self.differences) == MOST_DIFFERENCES:
                    return
                before, after = _value(left.get(path), at), _value(right.get(path), at)
                self._add(CHANGED, place(new["_row"][at].as_py()), path, before, after)

    def _turned(self, place: Place, kind: str, errors: pa.Table, rows: pa.Table) -> None:
        """Rows that are good on one side only: shown at the destination of the reason that the other side has."""
        self.outcomes[kind] += rows.num_rows
        if not rows.num_rows or len(self.differences) == MOST_DIFFERENCES:
            return
        leaves = _leaves(rows)
        reasons = _first_reasons(errors)
        for at, row in enumerate(rows["_row"].to_pylist()):
            if len(self.differences) == MOST_DIFFERENCES:
                return
            reason = reasons[row]
            path = reason["column"] or ""
            good, bad = _value(leaves.get(path), at), _read(reason["value"])
            before, after = (bad, good) if kind == GOOD else (good, bad)
            self._add(kind, place(row), path, before, after, message=reason["message"])

    def _add(self, kind: str, at: tuple[str, int], path: str, before: Any, after: Any, **more: str) -> None:
        page, row = at
        difference = {"kind": kind, "page": page, "row": row, "destination": path, "before": before, "after": after}
        self.differences.append(difference | more)


def trial(replaying: Replaying, lake: Lake, caller: Caller, request: ReplayRequest) -> dict[str, Any]:
    """Counts before and after, and a sample of differences; refused as the replay itself would be.

    Where rows are merged by key, either side is counted as a commit into the table would decide now.
    """
    source = replaying.replayable(caller, request)
    tried = Trial()
    with replaying.dispatch.store.read() as conn:
        going = batches_going(conn, source.run, request.rows)
    with ExitStack() as stack:
        merges = [
            stack.enter_context(closing(lake.merge_trial(source.target.table, going)))
            for _ in range(SIDES if source.plan.keying is not None else 0)
        ]
        for record, chosen in _chosen(replaying, source, request.rows):
            _try_part(replaying, source, record, chosen, tried, merges)
        if merges:
            tried.before, tried.after = (
                counts_after(counts, merge.decided())
                for counts, merge in zip((tried.before, tried.after), merges, strict=True)
            )
    return {
        "dryRun": True,
        "runId": source.run.id,
        "mappingId": source.target.mapping_id,
        "mappingVersion": {"before": source.plan.target.mapping_version, "after": source.target.mapping_version},
        "rows": request.rows,
        "before": _counts(tried.before),
        "after": _counts(tried.after),
        **{kind: tried.outcomes[kind] for kind in (CHANGED, GOOD, BAD)},
        "differences": tried.differences,
    }


def _chosen(replaying: Replaying, source: Replayable, rows: str) -> Iterator[tuple[PartRecord, Choose]]:
    with replaying.dispatch.store.read() as conn:
        before = parts.listed(conn, source.run.id)
        later = later_reads(conn, source.plan, before, source.run.id)
    rejected = before if rows == QUARANTINED else None
    for record in source.records:
        yield record, choose(replaying.landing, part_of(record), later, rejected)


def _try_part(
    replaying: Replaying, source: Replayable, record: PartRecord, chosen: Choose, tried: Trial,
    merges: "Sequence[MergeTrial]",
) -> None:  # fmt: skip
    sides = [Judge.of(target, replaying.derivations) for target in (source.plan.target, source.target)]
    part, replaces = part_of(record), source.plan.mode == REPLACE_WINDOW
    decoders = [sources.decoder(source.plan.reading, part, side.compiled.wanted, replaces) for side in sides]
    pages = tee((page.name, page.body) for page in bodies(replaying.landing, record.raw))
    # Pages are cut into the same slices whatever is read of their records.
    slices = (chosen(decoder.slices(each)) for decoder, each in zip(decoders, pages, strict=True))
    told_apart = identify(source.plan.keying, part.n)
    with ExitStack() as stack:
        adds = [stack.enter_context(merge.part(_stamp(source, part))) for merge in merges]
        for old, new in zip(*(map(told_apart, each) for each in slices), strict=True):
            before, after = sides[0].judged(old.slice), sides[1].judged(new.slice)
            tried.before = total((tried.before, _counted(old, before)))
            tried.after = total((tried.after, _counted(new, after)))
            tried.compare(old.slice.place, before, after)
            for add, keyed, judged in zip(adds, (old, new), (before, after), strict=False):
                _merge(add, keyed, judged)


def _stamp(source: Replayable, part: Part) -> Stamp:
    """As whose a replay's rows would come: its batch would be newer than any that stands."""
    plan, now = source.plan, source.target.now
    return Stamp(
        batch=NEWEST_BATCH, flow=plan.flow_id, scope=plan.scope(part.partition), part=part.n, attempt=1,
        extracted_at=plan.extracted_at, ingested_at=now,
    )  # fmt: skip


def _merge(add: "Add", keyed: Keyed, judged: Judged) -> None:
    """Gives what would be written of a slice to be merged: its good rows, and its deletions."""
    rows = pa.chunked_array([*judged.accepted["_row"].chunks, keyed.deletions], pa.int64()).combine_chunks()
    columns = keyed.of(rows)
    if columns is not None and len(rows):
        add(keyed.slice.days.take(rows), columns)


def _counted(keyed: Keyed, judged: Judged) -> Counts:
    return counted(keyed, judged, len(pc.unique(judged.errors["_row"])))


def _counts(counts: Counts) -> dict[str, Any]:
    going = {"replaced": counts.replaced, "deleted": counts.deleted}  # rows of the table, no part of the sum
    return {"read": counts.read, "written": counts.written, "rejected": counts.rejected} | {
        "rejectedByCode": counts.codes,
        "droppedByRule": {rule: count for rule, count in counts.dropped.items() if count > 0},
        "warnings": sum(counts.warnings.values()),
        **{name: count for name, count in going.items() if count},
    }


# -- tables -------------------------------------------------------------------------------------------------------


def _within(table: pa.Table, rows: pa.ChunkedArray) -> pa.Table:
    return table.filter(pc.is_in(table["_row"], rows)).combine_chunks()


def _without(table: pa.Table, rows: pa.ChunkedArray) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table["_row"], rows))).combine_chunks()


def _leaves(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """The columns below all objects, by their dotted destination."""
    found: dict[str, pa.ChunkedArray] = {}
    for column in table.schema:
        if column.name != "_row":
            _descend(column.name, table[column.name], found)
    return found


def _descend(path: str, column: pa.ChunkedArray, found: dict[str, pa.ChunkedArray]) -> None:
    if not pa.types.is_struct(column.type):
        found[path] = column
        return
    for inner in column.type:
        _descend(f"{path}.{inner.name}", pc.struct_field(column, [inner.name]), found)


def _differ(old: pa.ChunkedArray | None, new: pa.ChunkedArray | None, rows: int) -> pa.Array:
    """Where two columns have different values; one that a side does not have is null there."""
    if old is None or new is None:
        there = new if old is None else old
        return _flat(there.is_valid()) if there is not None else pa.array([False] * rows)
    if old.type != new.type or pa.types.is_nested(old.type):
        pairs = zip(old.to_pylist(), new.to_pylist(), strict=True)
        return pa.array([left != right for left, right in pairs], pa.bool_())
    unlike = pc.fill_null(pc.not_equal(old, new), False)
    return _flat(pc.or_(unlike, pc.xor(old.is_null(), new.is_null())))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _value(column: pa.ChunkedArray | None, at: int) -> Any:
    return None if column is None else with_short_decimals(column[at].as_py())


def _read(text: str | None) -> Any:
    """A value that a reason quotes as JSON, numbers as they were written; as text when it was cut short."""
    try:
        return None if text is None else spelled(read(text))
    except NotJson:
        return text


def _first_reasons(errors: pa.Table) -> dict[int, Mapping[str, Any]]:
    """The first reason of each row."""
    found: dict[int, Mapping[str, Any]] = {}
    for error in errors.to_pylist():
        found.setdefault(error["_row"], error)
    return found
