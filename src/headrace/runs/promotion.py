"""Promotion: a part's landed pages become data files and quarantine files, and the part balances to the row."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
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
from headrace.runs.plan import Target
from headrace.runs.quarantine import Place, Quarantine
from headrace.sources.reading import Slice
from headrace.xdm import Checker

_EXACT = msgspec.json.Decoder(float_hook=Decimal)
Slices = Callable[[bytes], Iterator[Slice]]
Wanted = Mapping[tuple[str, ...], pa.DataType | None]


@dataclass(frozen=True, slots=True)
class PartWork:
    """One part to promote: serialisable but for ``decoder``, which makes the part's decoder from what is wanted.

    pages  landed pages as the part recorded them: [{name, ref, facts}]
    """

    target: Target
    stamp: Stamp
    pages: list[dict[str, Any]]
    decoder: Callable[[Wanted], Slices]


@dataclass(slots=True)
class Tally:
    """The rows of a part: read = written + rejected + dropped by a named rule."""

    read: int = 0
    written: int = 0
    rejected: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

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
        }

    @classmethod
    def of(cls, counts: list[Mapping[str, Any]]) -> "Tally":
        """The sum of what parts recorded."""
        total = cls()
        for one in counts:
            total.read += one.get("read", 0)
            total.written += one.get("written", 0)
            total.rejected += one.get("rejected", 0)
            total.dropped.update(one.get("dropped", {}))
            total.codes.update(one.get("codes", {}))
            total.warnings.update(one.get("warnings", {}))
        return total


@dataclass(frozen=True, slots=True)
class Promoted:
    """What promoting a part gave: data files, quarantine files [{name, ref, facts}], counts."""

    data: list[FileRef]
    errors: list[dict[str, Any]]
    tally: Tally


def promote_part(lake: Lake, work: PartWork) -> Promoted:
    """Decodes, maps, checks and writes one part. Files get names of their own; nothing is committed."""
    schema = work.target.arrow_schema()
    compiled = mapping.compile_mapping(work.target.items, schema, work.target.now)
    checker = xdm.checker(dict(work.target.schema))
    stamp, tally = work.stamp, Tally()
    slices = work.decoder(compiled.wanted)
    with (
        lake.writer(work.target.table, schema, stamp) as writer,
        closing(Quarantine(lake, Place(stamp.batch, stamp.part, stamp.attempt))) as quarantine,
    ):
        for page in work.pages:
            for slice in slices(_body(lake, page)):
                _promote_slice(page["name"], slice, compiled, checker, writer, quarantine, tally)
        tally.require_balance(f"Part {stamp.part} of batch {stamp.batch}")
        data = writer.close()
        crash_points.reach(crash_points.WRITTEN)
        return Promoted(data, quarantine.land(), tally)


def _body(lake: Lake, page: Mapping[str, Any]) -> bytes:
    content = lake.read(FileRef.from_json(page["ref"]))
    return zstandard.decompress(content) if page["facts"].get("encoding") == "zstd" else content


def _promote_slice(
    page: str,
    slice: Slice,
    compiled: CompiledMapping,
    checker: Checker,
    writer: DataWriter,
    quarantine: Quarantine,
    tally: Tally,
) -> None:
    mapped = _map(slice, compiled)
    accepted, broken = checker.check(_in_order([one.table for one in mapped]))
    crash_points.reach(crash_points.MAPPING)
    errors = pa.concat_tables([slice.rejected, *(one.errors for one in mapped), broken])
    if accepted.num_rows:
        positions = pc.subtract(accepted["_row"], slice.first_row)
        writer.write(accepted, slice.days.take(positions.combine_chunks()))
    read = Tally(slice.read, accepted.num_rows, quarantine.add(page, slice, errors) if errors.num_rows else 0)
    read.dropped.update(slice.dropped)
    read.require_balance(f"A slice of {page} from row {slice.first_row} on")
    tally.read += read.read
    tally.written += read.written
    tally.rejected += read.rejected
    tally.dropped.update(read.dropped)
    tally.codes.update(_rows_by_code(errors))
    for one in mapped:
        tally.warnings.update(one.warnings)


def _map(slice: Slice, compiled: CompiledMapping) -> list[Mapped]:
    mapped = [compiled.map_table(slice.typed)]
    if slice.loose.num_rows:
        records = [_EXACT.decode(text) for text in slice.loose["record"].to_pylist()]
        mapped.append(compiled.map_records(slice.loose["_row"].to_pylist(), records))
    return mapped


def _in_order(tables: list[pa.Table]) -> pa.Table:
    """One table in the order of the page; the loose rows go back between the typed ones."""
    filled = [table for table in tables if table.num_rows] or tables[:1]
    return filled[0] if len(filled) == 1 else pa.concat_tables(filled).sort_by("_row")


def _rows_by_code(errors: pa.Table) -> Counter[str]:
    """How many rows each code turned away; a row with several codes counts under its first."""
    first: dict[int, str] = {}
    for row, code in zip(errors["_row"].to_pylist(), errors["code"].to_pylist(), strict=True):
        first.setdefault(row, code)
    return Counter(first.values())
