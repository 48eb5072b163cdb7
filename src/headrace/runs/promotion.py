"""Promotion: a part's landed pages become data files and quarantine files, and the part balances to the row."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import pyarrow as pa
import zstandard

from headrace import crash_points, mapping, xdm
from headrace.counts import ZERO, Counts, Warned, total
from headrace.exact_json import NotJson, read
from headrace.files import FileRef, NamedFile
from headrace.lake import Lake, Stamp
from headrace.lake.landing import Landing
from headrace.lake.writer import DataWriter
from headrace.mapping import CompiledMapping, Mapped
from headrace.mapping.derivations import Derivations
from headrace.rows import PARSING, ROW_ERRORS, row_errors
from headrace.runs.keyed import Keyed, identify
from headrace.runs.plan import Target
from headrace.runs.quarantine import Quarantine, warnings_of
from headrace.sources.decoding import UNREADABLE
from headrace.sources.keys import Keying
from headrace.sources.reading import Slice
from headrace.xdm import Checker

MOST_WARNED = 20  # that a part keeps
Bodies = Iterable[tuple[str, bytes]]  # pages as they came, each with its public name
Slices = Callable[[Bodies], Iterator[Slice]]
Wanted = Mapping[tuple[str, ...], pa.DataType | None]
Choose = Callable[[Iterator[Slice]], Iterator[Slice]]


def every(slices: Iterator[Slice]) -> Iterator[Slice]:
    """Chooses all rows."""
    return slices


class Answers(Protocol):
    """Where the rows of a part come from."""

    def slices(self, landing: Landing, wanted: Wanted) -> Iterator[Slice]:
        """The rows, slice by slice, whose places are public names of pages; FileDamaged."""
        ...


@dataclass(frozen=True, slots=True)
class Pages:
    """Landed pages, in their order. ``decoder`` makes the part's decoder from what is wanted.

    choose  which rows are promoted
    """

    pages: Sequence[NamedFile]
    decoder: Callable[[Wanted], Slices]
    choose: Choose = every

    def slices(self, landing: Landing, wanted: Wanted) -> Iterator[Slice]:
        """The chosen rows of one page after the other."""
        return self.choose(self.decoder(wanted)(bodies(landing, self.pages)))


@dataclass(frozen=True, slots=True)
class PartWork:
    """One part to promote; with a ``keying``, its rows are merged by key."""

    target: Target
    stamp: Stamp
    answers: Answers
    keying: Keying | None = None


@dataclass(frozen=True, slots=True)
class Promoted:
    """What promoting a part gave: data files, quarantine files, counts."""

    data: list[FileRef]
    errors: list[NamedFile]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a slice's rows: good ones in the target's columns, ROW_ERRORS of the others, warnings.

    warned  the first few warnings, in the columns of ROW_ERRORS
    """

    accepted: pa.Table
    errors: pa.Table
    warnings: Counter[str] = field(default_factory=Counter)
    warned: pa.Table = field(default_factory=ROW_ERRORS.empty_table)


@dataclass(frozen=True, slots=True)
class Judge:
    """A target's mapping and the check of its schema, made once for all slices."""

    compiled: CompiledMapping
    checker: Checker

    @classmethod
    def of(cls, target: Target, derivations: Derivations) -> "Judge":
        """The judge of a target; MappingInvalid when its mapping does not fit its schema."""
        compiled = mapping.compile_mapping(target.mappings(), target.arrow_schema(), target.now, derivations)
        return cls(compiled, xdm.checker(target.schema))

    def judged(self, slice: Slice) -> Judged:
        """Maps and checks the rows of a slice."""
        mapped, unreadable = _map(slice, self.compiled)
        accepted, broken = self.checker.check(_in_order([one.table for one in mapped]))
        warnings: Counter[str] = Counter()
        for one in mapped:
            warnings.update(one.warnings)
        errors = pa.concat_tables([slice.rejected, unreadable, *(one.errors for one in mapped), broken])
        return Judged(accepted, errors, warnings, pa.concat_tables([one.warned for one in mapped]))


def promote_part(lake: Lake, work: PartWork, derivations: Derivations) -> Promoted:
    """Decodes, maps, checks and writes one part. Files get names of their own; nothing is committed."""
    judge = Judge.of(work.target, derivations)
    stamp, counts, told_apart = work.stamp, ZERO, identify(work.keying, work.stamp.part)
    with (
        lake.writer(work.target.table, judge.compiled.target, stamp) as writer,
        closing(Quarantine(lake.landing, stamp)) as quarantine,
    ):
        for slice in work.answers.slices(lake.landing, judge.compiled.wanted):
            sliced = _promote_slice(told_apart(slice), judge, writer, quarantine)
            counts = _added(counts, sliced)
        counts.require_balance(f"Part {stamp.part} of batch {stamp.batch}")
        data = writer.close()
        crash_points.reach(crash_points.WRITTEN)
        size = sum(file.bytes for file in data)
        return Promoted(data, quarantine.land(), msgspec.structs.replace(counts, output_bytes=size))


def _added(counts: Counts, sliced: Counts) -> Counts:
    """The sum, with no more warnings shown than a part keeps."""
    summed = total((counts, sliced))
    return msgspec.structs.replace(summed, warned=summed.warned[:MOST_WARNED])


def bodies(landing: Landing, pages: Iterable[NamedFile]) -> Iterator[tuple[str, bytes]]:
    """Landed pages as the source gave them, each with its public name; FileDamaged."""
    for page in pages:
        content = landing.read(page.ref)
        yield page.name, zstandard.decompress(content) if page.facts.encoding == "zstd" else content


def _promote_slice(keyed: Keyed, judge: Judge, writer: DataWriter, quarantine: Quarantine) -> Counts:
    slice = keyed.slice
    judged = judge.judged(slice)
    crash_points.reach(crash_points.MAPPING)
    if judged.accepted.num_rows:
        rows = judged.accepted["_row"].combine_chunks()
        writer.write(judged.accepted, slice.days.take(rows), keyed.of(rows))
    if len(keyed.deletions):
        nothing = pa.Table.from_arrays([pa.nulls(len(keyed.deletions), kind) for kind in judge.compiled.target.types],
                                       schema=judge.compiled.target)  # fmt: skip
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
    )


def _map(slice: Slice, compiled: CompiledMapping) -> tuple[list[Mapped], pa.Table]:
    """The mapped rows, and ROW_ERRORS of loose records that have a number which nothing can hold."""
    mapped = [compiled.map_table(table) for table in slice.typed]
    records: dict[int, object] = {}
    unreadable: list[dict[str, object]] = []
    for row, text in zip(slice.loose["_row"].to_pylist(), slice.loose["record"].to_pylist(), strict=True):
        try:
            records[row] = read(text)
        except NotJson as error:
            unreadable.append(_unreadable(row, text, error))
    if records or not mapped:
        mapped.append(compiled.map_records(list(records), list(records.values())))
    return mapped, row_errors(unreadable)


def _unreadable(row: int, text: str, error: NotJson) -> dict[str, object]:
    message = f"The element cannot be read as a record: {error.reason}."
    return {"_row": row, "family": PARSING, "code": UNREADABLE, "message": message, "source": "$", "value": text}


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """One table in the order of the page; the loose rows go back between the typed ones."""
    filled = [table for table in tables if table.num_rows] or tables[:1]
    return filled[0] if len(filled) == 1 else pa.concat_tables(filled).sort_by("_row")


def rows_by_code(errors: pa.Table) -> Counter[str]:
    """How many rows each code turned away; a row with several codes counts under its first."""
    first: dict[int, str] = {}
    for row, code in zip(errors["_row"].to_pylist(), errors["code"].to_pylist(), strict=True):
        first.setdefault(row, code)
    return Counter(first.values())
