"""Which rows of a table a change deletes: whole files by their bounds, parts of files by rewriting them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.conversions import from_bytes
from pyiceberg.expressions import And, BooleanExpression, EqualTo, GreaterThanOrEqual, LessThanOrEqual
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import PrimitiveType

from headrace.errors import WindowSuperseded
from headrace.lake.changes import Append, Change, ReplaceWindow, Replay
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
        same: BooleanExpression = EqualTo(self.column, self.value)
        if self.first_day is None or self.last_day is None:
            return same
        days = And(GreaterThanOrEqual(DAY, self.first_day.isoformat()), LessThanOrEqual(DAY, self.last_day.isoformat()))
        return And(same, days)

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
        field = self.schema.find_field(column)
        low = (self.file.lower_bounds or {}).get(field.field_id)
        high = (self.file.upper_bounds or {}).get(field.field_id)
        nulls = (self.file.null_value_counts or {}).get(field.field_id)
        if low is None or high is None or nulls != 0 or not isinstance(field.field_type, PrimitiveType):
            return None, None
        return from_bytes(field.field_type, low), from_bytes(field.field_type, high)


@dataclass(frozen=True, slots=True)
class Match:
    """A data file that holds, or may hold, rows to delete."""

    file: DataFile
    whole: bool


def condition_of(change: Change) -> Condition | None:
    """The rows that the change deletes; None for an append."""
    match change.delete:
        case Append():
            return None
        case ReplaceWindow(first_day, last_day):
            return Condition(SCOPE, change.scope, first_day, last_day)
        case Replay(batch):
            return Condition(BATCH, batch)
    return Condition(SCOPE, change.scope)


def matching_files(table: Table, schema: Schema, condition: Condition) -> Iterator[Match]:
    """The current files that the condition may touch."""
    for task in table.scan(row_filter=condition.expression()).plan_files():
        yield Match(task.file, condition.holds_for_all(Bounds(task.file, schema)))


def require_not_later(change: Change, file: DataFile, schema: Schema) -> None:
    """WindowSuperseded when a file that goes as a whole holds rows read after the change's."""
    _, latest = Bounds(file, schema).of(EXTRACTED_AT)
    if isinstance(latest, int):
        refuse_later(change, latest // 1000)


def refuse_later(change: Change, extracted_at: int) -> None:
    """WindowSuperseded when ``extracted_at`` is after the change's, unless the change is no replacement."""
    if extracted_at > change.extracted_at and not isinstance(change.delete, Replay):
        raise WindowSuperseded(
            f"The batch '{change.batch}' would replace rows of '{change.scope}' that were read later; "
            "run the window again to read it anew.",
            batch=change.batch,
            scope=change.scope,
            extracted_at=change.extracted_at,
            later=extracted_at,
        )


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
