"""Which rows of a table a change deletes: whole files by their bounds, parts of files by rewriting them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.conversions import from_bytes
from pyiceberg.expressions import And, BooleanExpression, EqualTo, GreaterThanOrEqual, LessThanOrEqual, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import PrimitiveType

from headrace.errors import WindowSuperseded
from headrace.lake.changes import Append, Change, Merge, ReplaceWindow, Replay, Revert
from headrace.lake.layout import BATCH, DAY, EXTRACTED_AT, OURS, SCOPE

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Condition:
    """The rows whose ``column`` is ``value`` and, when days are given, whose day is one of them."""

    column: str
    value: str
    first_day: date | None = None
    last_day: date | None = None

    def expression(self) -> BooleanExpression:
        """The condition as pyiceberg prunes files by it."""
        same = EqualTo(term=Reference(self.column), value=literal(self.value))
        if self.first_day is None or self.last_day is None:
            return same
        day = Reference(DAY)
        first = GreaterThanOrEqual(term=day, value=literal(self.first_day))
        return And(same, first, LessThanOrEqual(term=day, value=literal(self.last_day)))

    def mask(self, rows: pa.RecordBatch) -> pa.Array:
        """True for each row that it holds for."""
        same = pc.equal(_column(rows, self.column), self.value)
        if self.first_day is not None and self.last_day is not None:
            days = _column(rows, DAY)
            inside = pc.and_(pc.greater_equal(days, self.first_day), pc.less_equal(days, self.last_day))
            same = pc.and_(same, inside)
        return pc.fill_null(same, False)

    def holds_for_all(self, bounds: "Bounds") -> bool:
        """Whether the file's bounds prove it for every row."""
        if bounds.of(self.column) != (self.value, self.value):
            return False
        if self.first_day is None or self.last_day is None:
            return True
        low, high = bounds.of(DAY)
        return low is not None and _day(low) >= self.first_day and _day(high) <= self.last_day


@dataclass(frozen=True, slots=True)
class Bounds:
    """The exact bounds that a data file's metrics give; (None, None) when some value is null or unknown."""

    file: DataFile
    schema: Schema

    def of(self, column: str) -> tuple[object, object]:
        """Smallest and largest value of a column without nulls."""
        place = self.schema.find_field(column)
        low = (self.file.lower_bounds or {}).get(place.field_id)
        high = (self.file.upper_bounds or {}).get(place.field_id)
        nulls = (self.file.null_value_counts or {}).get(place.field_id)
        if low is None or high is None or nulls != 0 or not isinstance(place.field_type, PrimitiveType):
            return None, None
        return from_bytes(place.field_type, low), from_bytes(place.field_type, high)

    def latest_extraction(self) -> int | None:
        """The newest ``_headrace.extracted_at``, in epoch ms."""
        _, latest = self.of(EXTRACTED_AT)
        return latest // 1000 if isinstance(latest, int) else None


@dataclass(frozen=True, slots=True)
class Removal:
    """The rows that one change deletes."""

    change: Change
    condition: Condition

    def require_not_later_than(self, extracted_at: int | None) -> None:
        """WindowSuperseded when rows read at ``extracted_at`` (epoch ms) would be replaced by earlier ones."""
        if extracted_at is not None and extracted_at > self.change.extracted_at and self._replaces():
            raise WindowSuperseded(
                f"The batch '{self.change.batch}' would replace rows of {self._replaced()}.",
                batch=self.change.batch,
                scope=self.change.scope,
                extracted_at=self.change.extracted_at,
                later=extracted_at,
            )

    def _replaces(self) -> bool:
        return not isinstance(self.change.delete, Revert)

    def _replaced(self) -> str:
        if isinstance(self.change.delete, Replay):
            return f"batch '{self.change.delete.batch}' that were read later; open a new batch for the replay"
        return f"'{self.change.scope}' that were read later; run the window again to read it anew"


@dataclass(slots=True)
class Match:
    """A current data file that holds, or may hold, rows to delete, and the removals that may find them there."""

    file: DataFile
    removals: list[Removal] = field(default_factory=list)
    whole: Removal | None = None  # the removal that takes every row


def removals_of(changes: Iterable[Change]) -> list[Removal]:
    """What the changes delete by a condition: appends and merges nothing."""
    found = ((change, _condition_of(change)) for change in changes)
    return [Removal(change, condition) for change, condition in found if condition is not None]


def matching_files(table: Table, schema: Schema, removals: Iterable[Removal]) -> list[Match]:
    """The current files that the removals may touch, each once."""
    matches: dict[str, Match] = {}
    for removal in removals:
        for task in table.scan(row_filter=removal.condition.expression()).plan_files():
            match = matches.setdefault(task.file.file_path, Match(task.file))
            match.removals.append(removal)
            bounds = Bounds(task.file, schema)
            if match.whole is None and removal.condition.holds_for_all(bounds):
                match.whole = removal
                removal.require_not_later_than(bounds.latest_extraction())
    return list(matches.values())


def rows_deleted_by(table: Table, change: Change) -> int:
    """How many rows of the table, as it is now, a change would delete; WindowSuperseded as the commit."""
    rows = 0
    for match in matching_files(table, table.schema(), removals_of([change])):
        if match.whole is not None:
            rows += match.file.record_count
            continue
        [removal] = match.removals
        with pq.ParquetFile(match.file.file_path, pre_buffer=False) as file:
            for batch in file.iter_batches(columns=[removal.condition.column.partition(".")[0], OURS]):
                rows += pc.sum(removal.condition.mask(batch)).as_py() or 0
    return rows


def latest_extraction(rows: pa.RecordBatch) -> int | None:
    """The newest ``_headrace.extracted_at`` of the rows, in epoch ms."""
    latest = pc.max(_column(rows, EXTRACTED_AT).cast(pa.int64())).as_py()
    return None if latest is None else latest // 1000


def days_of(rows: pa.RecordBatch | pa.Table) -> pa.Array:
    """The rows' ``_headrace.day``."""
    return _column(rows, DAY)


def _column(rows: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    outer, _, inner = name.partition(".")
    return pc.struct_field(rows.column(OURS), inner) if outer == OURS else rows.column(outer)


def _day(value: object) -> date:
    return value if isinstance(value, date) else _EPOCH + timedelta(days=int(str(value)))


def _condition_of(change: Change) -> Condition | None:
    match change.delete:
        case Append() | Merge():
            return None
        case ReplaceWindow(first_day, last_day):
            return Condition(SCOPE, change.scope, first_day, last_day)
        case Replay(batch) | Revert(batch):
            return Condition(BATCH, batch)
