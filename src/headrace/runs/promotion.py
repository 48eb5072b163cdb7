"""Promotion: a part's landed pages become data files and quarantine files, and the part balances to the row."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import msgspec
import pyarrow as pa

from headrace import crash_points
from headrace.counts import ZERO, Counts, Warned, total
from headrace.files import FileRef, NamedFile
from headrace.lake import Stamp
from headrace.lake.landing import Landing
from headrace.lake.pages import PageBody
from headrace.lake.writer import DataWriter
from headrace.runs.judging import Judge, Judged
from headrace.runs.keyed import Identify, Keyed, identify
from headrace.runs.pipeline import in_order
from headrace.runs.quarantine import Quarantine, warnings_of
from headrace.sources.gathering import MOST_ROWS
from headrace.sources.keys import Keying
from headrace.sources.reading import Slice

MOST_WARNED = 20  # that a part keeps
BUNDLE_BYTES = 12 << 20  # of pages that are decoded together; no more elements either than a slice holds
Bodies = Iterable[tuple[str, bytes]]  # pages as they came, each with its public name
Slices = Callable[[Bodies], Iterator[Slice]]
Wanted = Mapping[tuple[str, ...], pa.DataType | None]
Choose = Callable[[Iterator[Slice]], Iterator[Slice]]


def every(slices: Iterator[Slice]) -> Iterator[Slice]:
    """Chooses all rows."""
    return slices


@dataclass(frozen=True, slots=True)
class Rows:
    """How the rows of a part are read from its pages.

    decoder  makes the part's decoder, which several threads may use at once, from what is wanted
    choose   which rows are promoted
    """

    decoder: Callable[[Wanted], Slices]
    choose: Choose = every


@dataclass(frozen=True, slots=True)
class PartWork:
    """One part to promote: as whose its rows are written, its pages as they come, and how they are read.

    writer  makes the writer of its rows
    keying  by what its rows are told apart where they are merged
    """

    stamp: Stamp
    writer: Callable[[Stamp], DataWriter]
    pages: Iterable[PageBody]
    rows: Rows
    keying: Keying | None = None


@dataclass(frozen=True, slots=True)
class Promoted:
    """What promoting a part gave: data files, quarantine files, counts."""

    data: list[FileRef]
    errors: list[NamedFile]
    counts: Counts


def promote_part(landing: Landing, work: PartWork, judge: Judge, judges: Executor) -> Promoted:
    """Decodes, maps and checks one part in ``judges``, several slices at once, and writes it here, in its order.

    Files get names of their own; nothing is committed.
    """
    stamp, counts, hidden = work.stamp, ZERO, Counter[str]()
    slices = work.rows.decoder(judge.compiled.wanted)
    judging = partial(_judged, slices, work.rows.choose, identify(work.keying, stamp.part), judge, set())
    with (
        work.writer(stamp) as writer,
        closing(Quarantine(landing, stamp)) as quarantine,
    ):
        for keyed, judged in in_order(judges, judging, _bundles(_counted_hidden(work.pages, hidden))):
            counts = _added(counts, _write(keyed, judged, writer, quarantine))
        counts.require_balance(f"Part {stamp.part} of batch {stamp.batch}")
        data = writer.close()
        crash_points.reach(crash_points.WRITTEN)
        size = sum(file.bytes for file in data)
        return Promoted(
            data, quarantine.land(), msgspec.structs.replace(counts, output_bytes=size, hidden=dict(hidden))
        )


def _added(counts: Counts, sliced: Counts) -> Counts:
    """The sum, with no more warnings shown than a part keeps."""
    summed = total((counts, sliced))
    return msgspec.structs.replace(summed, warned=summed.warned[:MOST_WARNED])


def _counted_hidden(pages: Iterable[PageBody], hidden: Counter[str]) -> Iterator[PageBody]:
    """The pages, once what was hidden in them is added to ``hidden``."""
    for page in pages:
        hidden.update(page.hidden)
        yield page


def _bundles(pages: Iterable[PageBody]) -> Iterator[list[tuple[str, bytes]]]:
    """Pages that follow each other, as many as make a slice, or one that is larger."""
    bundle: list[tuple[str, bytes]] = []
    rows = size = 0
    for page in pages:
        if bundle and (rows + page.count > MOST_ROWS or size + len(page.body) > BUNDLE_BYTES):
            yield bundle
            bundle, rows, size = [], 0, 0
        bundle.append((page.name, page.body))
        rows, size = rows + page.count, size + len(page.body)
    if bundle:
        yield bundle


def _judged(
    slices: Slices, choose: Choose, told_apart: Identify, judge: Judge, known: set[str], bundle: Bodies
) -> Iterator[tuple[Keyed, Judged]]:
    """``known``: the source paths that some slice of the part has had; they are not looked for in vain again."""
    for keyed in map(told_apart, choose(slices(bundle))):
        judged = judge.judged(keyed.slice, frozenset(known))
        known |= judged.present
        crash_points.reach(crash_points.MAPPING)
        yield keyed, judged


def _write(keyed: Keyed, judged: Judged, writer: DataWriter, quarantine: Quarantine) -> Counts:
    slice = keyed.slice
    if judged.accepted.num_rows:
        rows = judged.accepted["_row"].combine_chunks()
        writer.write(judged.accepted, slice.days.take(rows), keyed.of(rows))
    if len(keyed.deletions):
        kinds = judged.accepted.schema
        nothing = pa.Table.from_arrays([pa.nulls(len(keyed.deletions), kind) for kind in kinds.types], schema=kinds)
        writer.write(nothing, slice.days.take(keyed.deletions), keyed.of(keyed.deletions))
    rejected = quarantine.add(slice, judged.errors) if judged.errors.num_rows else 0
    counts = counted(keyed, judged, rejected, warnings_of(slice, judged.warned.slice(0, MOST_WARNED)))
    first = slice.stretches[0]
    counts.require_balance(f"A slice from {first.page}, row {first.first} on,")
    return counts


def counted(keyed: Keyed, judged: Judged, rejected: int, warned: tuple[Warned, ...] = ()) -> Counts:
    """The counts of one slice; deletions are written, for the commit to take them in."""
    slice = keyed.slice
    return Counts(
        read=slice.read,
        written=judged.accepted.num_rows + len(keyed.deletions),
        rejected=rejected,
        dropped=dict(slice.dropped),
        codes=dict(rows_by_code(judged.errors)),
        warnings=dict(judged.warnings),
        warned=warned,
        strayed=dict(judged.strayed),
        unknown=dict(judged.unknown),
        mapped=judged.mapped,
        present=judged.present,
    )


def rows_by_code(errors: pa.Table) -> Counter[str]:
    """How many rows each code turned away; a row with several codes counts under its first."""
    first: dict[int, str] = {}
    for row, code in zip(errors["_row"].to_pylist(), errors["code"].to_pylist(), strict=True):
        first.setdefault(row, code)
    return Counter(first.values())
