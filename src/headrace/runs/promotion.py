"""Promotion: a part's landed pages become data files and quarantine files, and the part balances to the row."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

import msgspec
import pyarrow as pa

from headrace import crash_points, mapping, xdm
from headrace.counts import ZERO, Counts, Warned, total
from headrace.exact_json import NotJson, read
from headrace.files import FileRef, NamedFile
from headrace.lake import Stamp
from headrace.lake.landing import Landing
from headrace.lake.pages import PageBody
from headrace.lake.writer import DataWriter
from headrace.mapping import CompiledMapping, Mapped
from headrace.mapping.derivations import Derivations
from headrace.mapping.paths import Path
from headrace.mapping.steps import present
from headrace.rows import CONVERSION, PARSING, ROW_ERRORS, row_errors
from headrace.runs.keyed import Identify, Keyed, identify
from headrace.runs.pipeline import in_order
from headrace.runs.plan import Target
from headrace.runs.quarantine import Quarantine, warnings_of
from headrace.sources.decoding import UNREADABLE
from headrace.sources.gathering import MOST_ROWS
from headrace.sources.keys import Keying
from headrace.sources.reading import Slice
from headrace.xdm import Checker, KnownFields

MOST_WARNED = 20  # that a part keeps
BUNDLE_BYTES = 12 << 20  # of pages that are decoded together; no more elements either than a slice holds
MOST_UNKNOWN = 100  # fields that a slice names; data may have come as names
UNKNOWN_FIELD = "INGEST-1557-400"
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


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a slice's rows: good ones in the target's columns, ROW_ERRORS of the others, warnings.

    warned   the first few warnings, in the columns of ROW_ERRORS
    strayed  records in which a path steps into what has no such step, by path
    unknown  records with a field that the schema does not know, by its name
    mapped   the paths that were looked for; none where no record could be read
    present  those that some record has
    """

    accepted: pa.Table
    errors: pa.Table
    warnings: Counter[str] = field(default_factory=Counter)
    warned: pa.Table = field(default_factory=ROW_ERRORS.empty_table)
    strayed: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    mapped: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judge:
    """A target's mapping and the check of its schema, made once for all slices."""

    compiled: CompiledMapping
    checker: Checker
    fields: KnownFields | None = None

    @classmethod
    def of(cls, target: Target, derivations: Derivations, keying: Keying | None = None) -> "Judge":
        """The judge of a target; MappingInvalid when its mapping does not fit its schema."""
        compiled = mapping.compile_mapping(target.mappings(), target.arrow_schema(), target.now, derivations)
        # Rows in the schema's own shape have fields that it knows, or a warning says so.
        read = [pa.field(str(keying.deletion.path[0]), pa.string())] if keying and keying.deletion else []
        fields = None if target.mapping_id else KnownFields(pa.schema([*target.arrow_schema(), *read]))
        return cls(compiled, xdm.checker(target.schema), fields)

    def judged(self, slice: Slice, known: frozenset[str] = frozenset()) -> Judged:
        """Maps and checks the rows of a slice. ``known``: source paths that need not be looked for any more."""
        mapped, unreadable = _map(slice, self.compiled)
        judged = self.checked(mapped, slice.rejected, unreadable)
        if self.fields is not None:
            return self._own(judged, slice, self.fields)
        return replace(judged, present=judged.present | self._hidden(slice, judged.mapped - judged.present - known))

    def _own(self, judged: Judged, slice: Slice, fields: KnownFields) -> Judged:
        """Rows in the schema's own shape: which fields it does not know. Those that it has may be left out."""
        unreadable = set(slice.rejected["_row"].to_pylist())
        unknown: Counter[str] = Counter()
        shown: list[dict[str, object]] = []
        for row in range(len(slice.days)):
            names = () if row in unreadable else fields.unknown(slice.original(row))
            for name in (name for name in names if name in unknown or len(unknown) < MOST_UNKNOWN):
                unknown[name] += 1
                if unknown[name] == 1:
                    shown.append(_unknown_field(row, name, fields.like(name)))
        warned = pa.concat_tables([judged.warned, row_errors(shown)])
        return replace(judged, unknown=unknown, warned=warned, mapped=frozenset(), present=frozenset())

    def checked(self, mapped: Sequence[Mapped], *rejected: pa.Table) -> Judged:
        """What became of mapped rows, and of those that were ``rejected`` before (ROW_ERRORS)."""
        accepted, broken = self.checker.check(_in_order([one.table for one in mapped]))
        warnings: Counter[str] = Counter()
        for one in mapped:
            warnings.update(one.warnings)
        strayed: Counter[str] = Counter()
        for one in mapped:
            strayed.update(one.strayed)
        readable = accepted.num_rows + broken.num_rows + sum(one.errors.num_rows for one in mapped)
        return Judged(
            accepted,
            pa.concat_tables([*rejected, *(one.errors for one in mapped), broken]),
            warnings,
            pa.concat_tables([one.warned for one in mapped]),
            strayed,
            Counter(),
            frozenset(source.text for source in self.compiled.sources) if readable else frozenset(),
            frozenset().union(*(one.present for one in mapped)),
        )

    def _hidden(self, slice: Slice, paths: frozenset[str]) -> frozenset[str]:
        """Which of the paths some record of the columns has, if only as a null, which a column does not tell."""
        left = {source.text: source.path for source in self.compiled.sources if source.text in paths}
        left = {text: path for text, path in left.items() if slice.mentions(_last_name(path))}
        seen: set[str] = set()
        for row in chain.from_iterable(table["_row"].to_pylist() for table in slice.typed if left):
            record = slice.record(row)
            seen |= {text for text, path in left.items() if text not in seen and present(record, path)}
            if len(seen) == len(left):
                break
        return frozenset(seen)


def _unknown_field(row: int, name: str, like: str | None) -> dict[str, object]:
    known = f"; it knows {like}, and names differ by case" if like else ""
    message = f"The schema does not know the field {name}, which was left out{known}."
    return {"_row": row, "family": CONVERSION, "code": UNKNOWN_FIELD, "message": message, "source": name}


def _last_name(path: Path) -> str:
    return next(step for step in reversed(path) if isinstance(step, str))


def promote_part(landing: Landing, work: PartWork, judge: Judge, judges: Executor) -> Promoted:
    """Decodes, maps and checks one part in ``judges``, several slices at once, and writes it here, in its order.

    Files get names of their own; nothing is committed.
    """
    stamp, counts = work.stamp, ZERO
    slices = work.rows.decoder(judge.compiled.wanted)
    judging = partial(_judged, slices, work.rows.choose, identify(work.keying, stamp.part), judge, set())
    with (
        work.writer(stamp) as writer,
        closing(Quarantine(landing, stamp)) as quarantine,
    ):
        for keyed, judged in in_order(judges, judging, _bundles(work.pages)):
            counts = _added(counts, _write(keyed, judged, writer, quarantine))
        counts.require_balance(f"Part {stamp.part} of batch {stamp.batch}")
        data = writer.close()
        crash_points.reach(crash_points.WRITTEN)
        size = sum(file.bytes for file in data)
        return Promoted(data, quarantine.land(), msgspec.structs.replace(counts, output_bytes=size))


def _added(counts: Counts, sliced: Counts) -> Counts:
    """The sum, with no more warnings shown than a part keeps."""
    summed = total((counts, sliced))
    return msgspec.structs.replace(summed, warned=summed.warned[:MOST_WARNED])


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


def _map(slice: Slice, compiled: CompiledMapping) -> tuple[list[Mapped], pa.Table]:
    """The mapped rows, and ROW_ERRORS of loose records that have a number which nothing can hold."""
    mapped = [compiled.map_table(table, slice.record) for table in slice.typed]
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
