"""The kinds of destination columns; each can be filled from an Arrow table or from JSON records, with one meaning."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from headrace.json_columns import at, leads_into, values_of
from headrace.mapping.casting import cast
from headrace.mapping.cells import Cell, Faults, Filled, filled, mended, settled, spread
from headrace.mapping.distinct import combinations
from headrace.mapping.elements import by_elements
from headrace.mapping.failure import Failure
from headrace.mapping.nodes import Node
from headrace.mapping.paths import Path, names_of
from headrace.mapping.tables import column_at, records_from, records_of
from headrace.mapping.values import type_name
from headrace.mapping.vectorised import vector
from headrace.mapping.vectors import NULL, Frame, NotVectorised, Vector, computed, kind_of
from headrace.mapping.weight import is_large

log = logging.getLogger(__name__)

Names = tuple[str, ...]
# So many expressions share a pass: all that they keep is in memory at once.
MOST_TOGETHER = 8
# Up to so many rows, the reference has filled an expression's column before a pass over columns has begun.
FEW_ROWS = 24


class Column(Protocol):
    """What fills one destination column."""

    @property
    def cells(self) -> Sequence[Cell]:
        """The items that fill it."""

    @property
    def wanted(self) -> Sequence[Names]:
        """The source fields that it reads."""

    def of_columns(self, table: pa.Table) -> Filled | None:
        """The column for the rows of ``table``; None when they have to be read one by one, as records."""

    def of_records(self, records: Sequence[object]) -> Filled:
        """The column for JSON records."""


@dataclass(frozen=True, slots=True)
class AttributeColumn:
    """A source field, taken over as it is."""

    cell: Cell
    path: Path
    type: pa.DataType

    @property
    def cells(self) -> tuple[Cell]:
        return (self.cell,)

    @property
    def wanted(self) -> tuple[Names]:
        return (names_of(self.path),)

    def of_columns(self, table: pa.Table) -> Filled | None:
        [names] = self.wanted
        column, within = column_at(table, names), self.path[len(names) :]
        if not leads_into(column.type, within):
            return _by_values(self.cell, self.type, {names: column})
        column = at(column, within)
        cast_column, declined = cast(column, self.type)
        if declined is None or not pc.any(declined).as_py():
            return Filled(cast_column)
        positions = pc.indices_nonzero(declined)
        values = [self.cell.made(value) for value in values_of(column.take(positions))]
        return mended(cast_column, declined, positions.to_pylist(), settled(self.cell, self.type, values))

    def of_records(self, records: Sequence[object]) -> Filled:
        return filled(self.cell, self.type, records)


@dataclass(frozen=True, slots=True)
class StaticColumn:
    """The same value in every row; one that does not fit is refused when the mapping is made."""

    cell: Cell
    type: pa.DataType
    wanted: tuple[Names, ...] = ()

    @property
    def cells(self) -> tuple[Cell]:
        return (self.cell,)

    def of_columns(self, table: pa.Table) -> Filled:
        return self._repeated(table.num_rows)

    def of_records(self, records: Sequence[object]) -> Filled:
        return self._repeated(len(records))

    def _repeated(self, rows: int) -> Filled:
        return Filled(pa.repeat(pa.scalar(self.cell.of(None), self.type), rows))


@dataclass(frozen=True, slots=True)
class ExpressionColumn:
    """What an expression makes of each row: as Polars where it vectorises, by the reference where it does not.

    exact     its numbers are decimals
    decimals  source fields that are decoded as decimals; their numbers do not vectorise
    repeats   equal fields give equal values, so that the reference is asked once for all rows that have them
    """

    cell: Cell
    type: pa.DataType
    node: Node
    wanted: tuple[Names, ...]
    exact: bool
    decimals: frozenset[Names]
    repeats: bool

    @property
    def cells(self) -> tuple[Cell]:
        return (self.cell,)

    def of_columns(self, table: pa.Table) -> Filled | None:
        return together([self], table)[0]

    def of_records(self, records: Sequence[object]) -> Filled:
        return filled(self.cell, self.type, records)

    def constant(self, rows: int) -> Filled:
        """The column of an expression that reads no field."""
        if not self.repeats:
            return self.of_records([{}] * rows)
        value = self.cell.of({})
        if isinstance(value, Failure) or value is None or pa.types.is_nested(self.type) or is_large(value, rows):
            return filled(self.cell, self.type, [{}] * rows)
        return Filled(pa.repeat(pa.scalar(value, self.type), rows))

    def by_values(self, fields: Mapping[Names, pa.Array]) -> Filled | None:
        """The column as the reference gives it for each combination of fields; None when too many are different."""
        if not self.repeats:
            return None
        return _by_values(self.cell, self.type, {names: fields[names] for names in self.wanted})

    def completed(self, fields: Mapping[Names, pa.Array], value: pa.Array, declined: pa.Array) -> Filled | None:
        """The column of a vectorised ``value``; the reference fills in what is declined."""
        made, not_cast = cast(value, self.type)
        refused = declined if not_cast is None else pc.or_(declined, not_cast)
        if not pc.any(refused).as_py():
            return Filled(made)
        positions = pc.indices_nonzero(refused)
        if len(positions) == len(made):
            return self.by_values(fields)
        some = {names: fields[names].take(positions) for names in self.wanted}
        rest = self.by_values(some) or self.of_records(records_from(some, len(positions)))
        return mended(made, refused, positions.to_pylist(), rest)

    def why_not_vectorised(self, kinds: Mapping[Names, str]) -> str | None:
        """Why rows whose fields are of these ``kinds`` go by the reference; None when they do not."""
        try:
            self.vectorised({names: (str(names), kind) for names, kind in kinds.items()}, {})
        except NotVectorised as error:
            return str(error)
        return None

    def vectorised(self, fields: Mapping[Names, tuple[str, str]], kept: dict[str, pl.Expr]) -> Vector:
        """The expression over whole columns, each with its name and kind; NotVectorised when it has no such form."""
        if pa.types.is_nested(self.type):
            raise NotVectorised(f"a result of {self.type}")
        made = vector(self.node, Frame(fields, self.exact, self.decimals, kept))
        if made.kind == NULL:
            raise NotVectorised("only null")
        return made


def together(columns: Sequence[ExpressionColumn], table: pa.Table) -> list[Filled | None]:
    """Expressions over the rows of ``table``; those that vectorise take one pass over the fields that they share.

    None stands for a column whose rows have to be read one by one, or are so few that this is faster.
    """
    if table.num_rows <= FEW_ROWS:
        return [None] * len(columns)
    fields = {names: column_at(table, names) for column in columns for names in column.wanted}
    return _surely(columns, fields, table.num_rows)


def _surely(columns: Sequence[ExpressionColumn], fields: Mapping[Names, pa.Array], rows: int) -> list[Filled | None]:
    """In one pass; where that ends in an error, each by itself: a defect in a form costs time, but no run."""
    try:
        return _in_one_pass(columns, fields, rows)
    except pl.exceptions.PolarsError as error:
        if len(columns) > 1:
            return [made for column in columns for made in _surely([column], fields, rows)]
        source = columns[0].cell.source
        # The error's own words may hold values.
        log.warning("%s goes by the reference: its form over columns failed (%s)", source, type(error).__name__)
        return [columns[0].by_values(fields)]


def _in_one_pass(
    columns: Sequence[ExpressionColumn], fields: Mapping[Names, pa.Array], rows: int
) -> list[Filled | None]:
    labels = {names: f"c{n}" for n, names in enumerate(fields)}
    kept: dict[str, pl.Expr] = {}
    vectors = {n: made for n, column in enumerate(columns) if (made := _vector_or_none(column, fields, labels, kept))}
    used = dict.fromkeys(names for n in vectors for names in columns[n].wanted)
    read = pl.DataFrame({labels[names]: pl.from_arrow(fields[names]) for names in used})
    found = computed(read, kept, vectors)
    return [
        column.constant(rows) if not column.wanted
        else column.completed(fields, _arrow(found[f"value{n}"]), _arrow(found[f"declined{n}"])) if n in vectors
        else column.by_values(fields)
        for n, column in enumerate(columns)
    ]  # fmt: skip


def _vector_or_none(
    column: ExpressionColumn,
    fields: Mapping[Names, pa.Array],
    labels: Mapping[Names, str],
    kept: dict[str, pl.Expr],
) -> Vector | None:
    before = len(kept)
    try:
        if not column.wanted:
            return None
        return column.vectorised({names: (labels[names], kind_of(fields[names])) for names in column.wanted}, kept)
    except NotVectorised:
        for name in list(kept)[before:]:
            del kept[name]
        return None


def all_of_table(columns: Mapping[Names, Column], table: pa.Table) -> dict[Names, Filled]:
    """Every column for the rows of ``table``."""
    made: dict[Names, Filled | None] = dict(_expressions(columns, table))
    for names, column in columns.items():
        if names not in made:
            made[names] = column.of_columns(table)
    left = {names: columns[names] for names, filled in made.items() if filled is None}
    if left:
        # They share records that are made once, with all that any of them reads.
        records = records_of(table, list(dict.fromkeys(field for column in left.values() for field in column.wanted)))
        made |= {names: column.of_records(records) for names, column in left.items()}
    return {names: filled for names in columns if (filled := made[names])}


def _expressions(columns: Mapping[Names, Column], table: pa.Table) -> Iterator[tuple[Names, Filled | None]]:
    """The columns of expressions, as many at a time as share a pass."""
    found = [(names, column) for names, column in columns.items() if isinstance(column, ExpressionColumn)]
    for first in range(0, len(found), MOST_TOGETHER):
        group = found[first : first + MOST_TOGETHER]
        made = together([column for _, column in group], table)
        yield from zip([names for names, _ in group], made, strict=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a ListColumn: the steps that it fills inside, and the path that it reads, where it reads just one."""

    cell: Cell
    within: Path
    source: Path | None = None


@dataclass(frozen=True, slots=True)
class ListColumn:
    """An array or a map that several items fill together."""

    entries: tuple[Entry, ...]
    type: pa.DataType
    wanted: tuple[Names, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(entry.cell for entry in self.entries)

    @property
    def places(self) -> list[tuple[Path, Path]]:
        """The steps that each item fills, and the path that it reads; none for one that is computed or constant."""
        return [(entry.within, entry.source or ()) for entry in self.entries]

    def of_columns(self, table: pa.Table) -> Filled | None:
        column = by_elements(self.places, self.type, table) if pa.types.is_list(self.type) else None
        if column is None:
            return None
        arrays, declined = column
        if not pc.any(declined).as_py():
            return Filled(arrays)
        positions = pc.indices_nonzero(declined)
        rest = self.of_records(records_of(table.take(positions), self.wanted))
        return mended(arrays, declined, positions.to_pylist(), rest)

    def of_records(self, records: Sequence[object]) -> Filled:
        faults = Faults()
        values = [self._value(record, position, faults) for position, record in enumerate(records)]
        return Filled(pa.array(values, self.type), faults)

    def _value(self, record: object, position: int, faults: Faults) -> object:
        made: list[object] | dict[str, object] = {} if pa.types.is_map(self.type) else []
        for entry in self.entries:
            value = faults.settle(entry.cell, position, entry.cell.of(record))
            if value is not None:
                _place(made, entry.within, value)
        return made or None


@dataclass(frozen=True, slots=True)
class ObjectGuard:
    """Fills nothing: turns away rows whose source of an object copy is no object."""

    cell: Cell
    names: Names

    def faults_of_table(self, table: pa.Table) -> Faults:
        """The faults in the rows of ``table``."""
        column = column_at(table, self.names)
        if pa.types.is_struct(column.type) or column.null_count == len(column):
            return Faults()
        return self.faults_of_records(records_of(table, [self.names]))

    def faults_of_records(self, records: Sequence[object]) -> Faults:
        """The faults in JSON records."""
        faults = Faults()
        for position, record in enumerate(records):
            faults.settle(self.cell, position, self.cell.of(record))
        return faults


def as_object(value: object) -> object:
    """``value`` when it is an object, else the Failure."""
    return value if isinstance(value, dict) else Failure("", "object", type_name(value), value)


def _arrow(series: pl.Series) -> pa.Array:
    array = series.to_arrow()
    # Polars texts are views; every other type is Arrow's own.
    return array.cast(pa.string()) if series.dtype == pl.String else array


def _by_values(cell: Cell, type: pa.DataType, columns: Mapping[Names, pa.Array]) -> Filled | None:
    """The column as the reference gives it, once for each combination of values; None when these are not few."""
    found = combinations([*columns.values()], len(next(iter(columns.values()))) // 2)
    if found is None:
        return None
    once = records_from({names: column.take(found.first) for names, column in columns.items()}, len(found.first))
    values = [cell.of(record) for record in once]
    if any(is_large(value, len(found.which)) for value in values):
        return None  # for each row what its value takes is counted
    return spread(cell, type, values, found.which)


def _place(container: list[object] | dict[str, object], steps: Path, value: object) -> None:
    """Puts ``value`` where ``steps`` lead, making elements and objects on the way."""
    step, rest = steps[0], steps[1:]
    if step is None:
        assert isinstance(value, list)
        for position, element in enumerate(value):
            _place(container, (position, *rest), element)
    elif isinstance(container, dict):
        assert isinstance(step, str)
        container[step] = value if not rest else _inner(container.get(step), rest, value)
    else:
        assert isinstance(step, int)
        container.extend([None] * (step + 1 - len(container)))
        container[step] = value if not rest else _inner(container[step], rest, value)


def _inner(found: object, rest: Path, value: object) -> object:
    if value is None and None in rest:
        return found  # there is no array to walk
    inner: list[object] | dict[str, object] = {} if isinstance(rest[0], str) else []
    if isinstance(found, dict | list):
        inner = found
    _place(inner, rest, value)
    return inner
