"""What a replay would change, without writing anything: both mappings over the same rows, slice by slice."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from headrace import sources
from headrace.runs.deployment import Deployment
from headrace.runs.plan import QUARANTINED
from headrace.runs.promotion import Judge, Judged, Tally, page_body, tallied
from headrace.runs.replay_rows import choose, later_reads
from headrace.runs.replaying import Asked, Replayable, replayable
from headrace.sources.reading import Part, Slice
from headrace.store import parts
from headrace.store.parts import PartRecord
from headrace.store.scope import Caller

MOST_DIFFERENCES = 20
GOOD, BAD, CHANGED = "becameGood", "becameBad", "changed"


@dataclass(slots=True)
class Trial:
    """What was found so far.

    outcomes     rows that changed, became good, became bad
    differences  a sample: {kind, page, row, destination, before, after, message?}
    """

    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    outcomes: Counter[str] = field(default_factory=Counter)
    differences: list[dict[str, Any]] = field(default_factory=list)

    def compare(self, page: str, before: Judged, after: Judged) -> None:
        """Counts how the rows of a slice differ; both sides are in the order of the page."""
        old, new = before.accepted, after.accepted
        both_old, both_new = _within(old, new["_row"]), _within(new, old["_row"])
        self._changed(page, both_old, both_new)
        self._turned(page, GOOD, before.errors, _without(new, old["_row"]))
        self._turned(page, BAD, after.errors, _without(old, new["_row"]))

    def _changed(self, page: str, old: pa.Table, new: pa.Table) -> None:
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
                self._add(CHANGED, page, new["_row"][at].as_py(), path, before, after)

    def _turned(self, page: str, kind: str, errors: pa.Table, rows: pa.Table) -> None:
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
            self._add(kind, page, row, path, before, after, message=reason["message"])

    def _add(self, kind: str, page: str, row: int, path: str, before: Any, after: Any, **more: str) -> None:
        difference = {"kind": kind, "page": page, "row": row, "destination": path, "before": before, "after": after}
        self.differences.append(difference | more)


def trial(deployment: Deployment, caller: Caller, asked: Asked) -> dict[str, Any]:
    """Counts before and after, and a sample of differences; refused as the replay itself would be."""
    found = replayable(deployment, caller, asked)
    tried = Trial()
    for part, record, chosen in _chosen(deployment, found, asked.rows):
        _try_part(deployment, found, part, record, chosen, tried)
    return {
        "dryRun": True,
        "runId": found.run.id,
        "mappingId": found.target.mapping_id,
        "mappingVersion": {"before": found.plan.target.mapping_version, "after": found.target.mapping_version},
        "rows": asked.rows,
        "before": _counts(tried.before),
        "after": _counts(tried.after),
        **{kind: tried.outcomes[kind] for kind in (CHANGED, GOOD, BAD)},
        "differences": tried.differences,
    }


def _chosen(deployment: Deployment, found: Replayable, rows: str) -> Iterator[tuple[Part, PartRecord, Any]]:
    with deployment.store.read() as conn:
        later = later_reads(conn, found.plan, found.run.id)
        rejected = parts.listed(conn, found.run.id) if rows == QUARANTINED else None
    for part, record in zip(found.plan.parts, found.records, strict=True):
        yield part, record, choose(deployment.lake, found.plan, part, later, rejected)


def _try_part(
    deployment: Deployment, found: Replayable, part: Part, record: PartRecord, chosen: Any, tried: Trial
) -> None:
    sides = [Judge.of(target) for target in (found.plan.target, found.target)]
    decoders = [sources.decoder(found.plan.reading, part, side.compiled.wanted) for side in sides]
    for page in record.raw:
        body = page_body(deployment.lake, page)
        # A page is cut into the same slices whatever is read of its records.
        for old, new in zip(*(chosen(page["name"], one.slices(body)) for one in decoders), strict=True):
            before, after = sides[0].judged(old), sides[1].judged(new)
            tried.before.add(_tally(old, before))
            tried.after.add(_tally(new, after))
            tried.compare(page["name"], before, after)


def _tally(slice: Slice, judged: Judged) -> Tally:
    return tallied(slice, judged, len(pc.unique(judged.errors["_row"])))


def _counts(tally: Tally) -> dict[str, Any]:
    return {"read": tally.read, "written": tally.written, "rejected": tally.rejected} | {
        "rejectedByCode": dict(tally.codes),
        "droppedByRule": dict(+tally.dropped),
        "warnings": tally.warnings.total(),
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
    return None if column is None else column[at].as_py()


def _read(text: str | None) -> Any:
    """A value that a reason quotes as JSON; as text when it was cut short."""
    try:
        return None if text is None else msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _first_reasons(errors: pa.Table) -> dict[int, Mapping[str, Any]]:
    """The first reason of each row."""
    found: dict[int, Mapping[str, Any]] = {}
    for error in errors.to_pylist():
        found.setdefault(error["_row"], error)
    return found
