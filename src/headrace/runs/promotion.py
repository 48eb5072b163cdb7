"""Promotion: a part's landed pages become data files and quarantine files, and the part balances to the row."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import zstandard

from headrace import crash_points, mapping, xdm
from headrace.errors import Broken
from headrace.lake import FileRef, Lake, Stamp
from headrace.lake.writer import DataWriter
from headrace.mapping import CompiledMapping, Mapped
from headrace.mapping.values import EXACT_JSON
from headrace.rows import PARSING, ROW_ERRORS, row_errors
from headrace.runs.plan import Target
from headrace.runs.quarantine import Quarantine, reasons_of
from headrace.sources.decoding import UNREADABLE
from headrace.sources.reading import Slice
from headrace.xdm import Checker

MOST_WARNED = 20  # that a part keeps
Slices = Callable[[bytes], Iterator[Slice]]
Wanted = Mapping[tuple[str, ...], pa.DataType | None]
Choose = Callable[[str, Iterator[Slice]], Iterator[Slice]]


def every(page: str, slices: Iterator[Slice]) -> Iterator[Slice]:
    """Chooses all that a page holds."""
    return slices


@dataclass(frozen=True, slots=True)
class PartWork:
    """One part to promote. ``decoder`` makes the part's decoder from what is wanted.

    pages   landed pages as the part recorded them: [{name, ref, facts}]
    choose  which rows of a page, by its name, are promoted
    """

    target: Target
    stamp: Stamp
    pages: list[dict[str, Any]]
    decoder: Callable[[Wanted], Slices]
    choose: Choose = every


@dataclass(slots=True)
class Tally:
    """The rows of a part: read = written + rejected + dropped by a named rule; warned: the first few warnings."""

    read: int = 0
    written: int = 0
    rejected: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    warned: list[dict[str, Any]] = field(default_factory=list)

    def require_balance(self, what: str) -> None:
        """Broken when a row is missing or counted twice: nothing of it may be committed."""
        if self.read != self.written + self.rejected + self.dropped.total():
            raise Broken(
                f"{what} does not balance: {self.read} rows read, {self.written} written, {self.rejected} rejected, "
                f"{self.dropped.total()} dropped by rule. Nothing was committed."
            )

    def to_json(self) -> dict[str, Any]:
        """The counts as a part records them."""
        return {
            "read": self.read,
            "written": self.written,
            "rejected": self.rejected,
            "dropped": dict(self.dropped),
            "codes": dict(self.codes),
            "warnings": dict(self.warnings),
            "warned": self.warned,
        }

    def add(self, other: "Tally") -> None:
        """Counts ``other``'s rows too."""
        self.read += other.read
        self.written += other.written
        self.rejected += other.rejected
        for mine, others in zip(self._named(), other._named(), strict=True):
            mine.update(others)
        self.warned += other.warned

    def _named(self) -> tuple[Counter[str], ...]:
        return self.dropped, self.codes, self.warnings

    @classmethod
    def of(cls, counts: list[Mapping[str, Any]]) -> "Tally":
        """The sum of what parts recorded."""
        total = cls()
        for one in counts:
            dropped, codes, warnings = (Counter(one.get(name, {})) for name in ("dropped", "codes", "warnings"))
            rows = one.get("read", 0), one.get("written", 0), one.get("rejected", 0)
            total.add(cls(*rows, dropped, codes, warnings, list(one.get("warned", ()))))
        return total


@dataclass(frozen=True, slots=True)
class Promoted:
    """What promoting a part gave: data files, quarantine files [{name, ref, facts}], counts."""

    data: list[FileRef]
    errors: list[dict[str, Any]]
    tally: Tally


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
    def of(cls, target: Target) -> "Judge":
        """The judge of a target; MappingInvalid when its mapping does not fit its schema."""
        compiled = mapping.compile_mapping(target.items, target.arrow_schema(), target.now)
        return cls(compiled, xdm.checker(dict(target.schema)))

    def judged(self, slice: Slice) -> Judged:
        """Maps and checks the rows of a slice."""
        mapped, unreadable = _map(slice, self.compiled)
        accepted, broken = self.checker.check(_in_order([one.table for one in mapped]))
        warnings: Counter[str] = Counter()
        for one in mapped:
            warnings.update(one.warnings)
        errors = pa.concat_tables([slice.rejected, unreadable, *(one.errors for one in mapped), broken])
        return Judged(accepted, errors, warnings, pa.concat_tables([one.warned for one in mapped]))


def promote_part(lake: Lake, work: PartWork) -> Promoted:
    """Decodes, maps, checks and writes one part. Files get names of their own; nothing is committed."""
    judge = Judge.of(work.target)
    stamp, tally = work.stamp, Tally()
    slices = work.decoder(judge.compiled.wanted)
    with (
        lake.writer(work.target.table, judge.compiled.target, stamp) as writer,
        closing(Quarantine(lake.landing, stamp)) as quarantine,
    ):
        for page in work.pages:
            for slice in work.choose(page["name"], slices(page_body(lake, page))):
                _promote_slice(page["name"], slice, judge, writer, quarantine, tally)
        tally.require_balance(f"Part {stamp.part} of batch {stamp.batch}")
        data = writer.close()
        crash_points.reach(crash_points.WRITTEN)
        return Promoted(data, quarantine.land(), tally)


def page_body(lake: Lake, page: Mapping[str, Any]) -> bytes:
    """A landed page as the source gave it; FileDamaged."""
    content = lake.landing.read(FileRef.from_json(page["ref"]))
    return zstandard.decompress(content) if page["facts"].get("encoding") == "zstd" else content


def _promote_slice(
    page: str, slice: Slice, judge: Judge, writer: DataWriter, quarantine: Quarantine, tally: Tally
) -> None:
    found = judge.judged(slice)
    crash_points.reach(crash_points.MAPPING)
    if found.accepted.num_rows:
        positions = pc.subtract(found.accepted["_row"], slice.first_row)
        writer.write(found.accepted, slice.days.take(positions.combine_chunks()))
    rejected = quarantine.add(page, slice, found.errors) if found.errors.num_rows else 0
    read = tallied(slice, found, rejected)
    read.require_balance(f"A slice of {page} from row {slice.first_row} on")
    read.warned = reasons_of(page, found.warned.slice(0, MOST_WARNED - len(tally.warned)))
    tally.add(read)


def tallied(slice: Slice, found: Judged, rejected: int) -> Tally:
    """The counts of one slice."""
    dropped, codes = Counter(slice.dropped), rows_by_code(found.errors)
    return Tally(slice.read, found.accepted.num_rows, rejected, dropped, codes, found.warnings)


def _map(slice: Slice, compiled: CompiledMapping) -> tuple[list[Mapped], pa.Table]:
    """The mapped rows, and ROW_ERRORS of loose records that have a number which nothing can hold."""
    mapped = [compiled.map_table(slice.typed)]
    read: dict[int, object] = {}
    unreadable: list[dict[str, object]] = []
    for row, text in zip(slice.loose["_row"].to_pylist(), slice.loose["record"].to_pylist(), strict=True):
        try:
            read[row] = EXACT_JSON.decode(text)
        except msgspec.DecodeError as error:
            unreadable.append(_unreadable(row, text, error))
    if read:
        mapped.append(compiled.map_records(list(read), list(read.values())))
    return mapped, row_errors(unreadable)


def _unreadable(row: int, text: str, error: msgspec.DecodeError) -> dict[str, object]:
    why = str(error).partition(" - at `")[0]
    message = f"The element cannot be read as a record: {why}."
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
