"""The kinds of destination columns; each can be filled from an Arrow table or from JSON records, with one meaning."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from headrace.mapping.casting import cast
from headrace.mapping.cells import Cell, Faults, Filled, filled, mended, settled, spread
from headrace.mapping.distinct import combinations
from headrace.mapping.failure import Failure
from headrace.mapping.nodes import Node
from headrace.mapping.paths import Path, names_of
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
        column = column_at(table, names)
        if len(names) < len(self.path) or pa.types.is_nested(self.type):
            return _by_values(self.cell, self.type, {names: column})
        made, declined = cast(column, self.type)
        if declined is None or not pc.any(declined).as_py():
            return Filled(made)
        positions = pc.indices_nonzero(declined)
        values = [self.cell.made(value) for value in column.take(positions).to_pylist()]
        return mended(made, declined, positions.to_pylist(), settled(self.cell, self.type, values))

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
        rest = self.by_values(some) or self.of_records(_records(some, len(positions)))
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
class ListColumn:
    """An array or a map that several items fill together: each item with its steps inside."""

    entries: tuple[tuple[Cell, Path], ...]
    type: pa.DataType
    wanted: tuple[Names, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(cell for cell, _ in self.entries)

    def of_columns(self, table: pa.Table) -> None:
        return None

    def of_records(self, records: Sequence[object]) -> Filled:
        faults = Faults()
        values = [self._value(record, position, faults) for position, record in enumerate(records)]
        return Filled(pa.array(values, self.type), faults)

    def _value(self, record: object, position: int, faults: Faults) -> object:
        made: list[object] | dict[str, object] = {} if pa.types.is_map(self.type) else []
        for cell, within in self.entries:
            value = faults.settle(cell, position, cell.of(record))
            if value is not None:
                _place(made, within, value)
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


def column_at(table: pa.Table, names: Names) -> pa.Array:
    """The values below ``names`` in a table of nested structs; nulls where there is no such column."""
    if names[0] not in table.column_names:
        return pa.nulls(table.num_rows)
    column = one_array(table[names[0]])
    for name in names[1:]:
        index = column.type.get_field_index(name) if pa.types.is_struct(column.type) else -1
        if index < 0:
            return pa.nulls(table.num_rows)
        column = pc.struct_field(column, index) if column.null_count else column.field(index)
    return column


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, without a copy when it is one already."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _by_values(cell: Cell, type: pa.DataType, columns: Mapping[Names, pa.Array]) -> Filled | None:
    """The column as the reference gives it, once for each combination of values; None when these are not few."""
    found = combinations([*columns.values()], len(next(iter(columns.values()))) // 2)
    if found is None:
        return None
    once = _records({names: column.take(found.first) for names, column in columns.items()}, len(found.first))
    values = [cell.of(record) for record in once]
    if any(is_large(value, len(found.which)) for value in values):
        return None  # for each row what its value takes is counted
    return spread(cell, type, values, found.which)


def records_of(table: pa.Table, wanted: Sequence[Names]) -> list[object]:
    """The rows of ``table`` as records that hold the wanted fields; an absent field is null."""
    return _records({names: column_at(table, names) for names in wanted}, table.num_rows)


def _records(columns: Mapping[Names, pa.Array], rows: int) -> list[object]:
    records: list[dict[str, object]] = [{} for _ in range(rows)]
    for names, column in columns.items():
        for record, value in zip(records, column.to_pylist(), strict=True):
            if value is not None:
                _hold(record, names, value)
    return list(records)


def _hold(record: dict[str, object], names: Names, value: object) -> None:
    for name in names[:-1]:
        inner = record.setdefault(name, {})
        assert isinstance(inner, dict)
        record = inner
    record[names[-1]] = value


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
