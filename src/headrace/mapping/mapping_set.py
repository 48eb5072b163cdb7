"""A compiled mapping: a function from a batch to a batch and a list of row errors."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from headrace.allowance import batch_allowance
from headrace.mapping.cells import Fault, Faults, Filled
from headrace.mapping.checker import placed
from headrace.mapping.columns import all_of_table
from headrace.mapping.derivations import NO_DERIVATIONS, Derivations
from headrace.mapping.failure import Failure
from headrace.mapping.functions.declaring import Context
from headrace.mapping.planner import Plan, plan
from headrace.mapping.steps import Followed, Source, Stray, followed, followed_in_columns
from headrace.mapping.tables import one_array
from headrace.mapping.values import json_text
from headrace.rows import CONVERSION, row_errors

CODE = "MAPPER-3700-400"
_LONGEST_VALUE = 200

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a batch became.

    table     ``_row`` + exactly the target's columns in its order and types; rejected rows are absent
    errors    ROW_ERRORS (family conversion), at least one per rejected row
    warnings  destination -> how many of its values became null with a warning
    warned    the first few of those, and of records in which a path strayed, in the columns of ROW_ERRORS
    strayed   source path -> in how many records it steps into what has no such step
    present   the source paths that some record has, as far as that can be told of columns
    """

    table: pa.Table
    errors: pa.Table
    warnings: Mapping[str, int]
    warned: pa.Table
    strayed: Mapping[str, int] = field(default_factory=dict)
    present: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """A mapping set made for one target schema."""

    target: pa.Schema
    plan: Plan = field(repr=False)

    @property
    def wanted(self) -> dict[Names, pa.DataType | None]:
        """The source fields that the mapping reads, and the type that each one's destination wants."""
        return dict(self.plan.wanted)

    @property
    def sources(self) -> Sequence[Source]:
        """The source paths as they are written, each once."""
        return self.plan.sources

    def map_table(self, typed: pa.Table, record: Callable[[int], object] | None = None) -> Mapped:
        """Maps decoded rows column by column; ``typed`` has ``_row``.

        ``record`` reads the record of a ``_row``: what does not fit is shown as it came, and a column may hold only
        what was wanted of an array or object, or a double without its spelling.
        """
        if any(column.num_chunks > 1 for column in typed.columns):
            typed = typed.combine_chunks()
        with batch_allowance():
            columns = all_of_table(self.plan.columns, typed)
        guards = [guard.faults_of_table(typed) for guard in self.plan.guards]
        rows = one_array(typed["_row"]).cast(pa.int64())
        mapped = self._mapped(rows, columns, guards, lambda n: record(rows[n].as_py()) if record else None)
        return _noted(mapped, rows, followed_in_columns(typed, self.sources))

    def map_records(self, rows: Sequence[int], records: Sequence[object]) -> Mapped:
        """Maps JSON records one by one: the reference that ``map_table`` is held to."""
        with batch_allowance():
            columns = {names: column.of_records(records) for names, column in self.plan.columns.items()}
        guards = [guard.faults_of_records(records) for guard in self.plan.guards]
        numbers = pa.array(rows, pa.int64())
        return _noted(self._mapped(numbers, columns, guards), numbers, followed(records, self.sources))

    def _mapped(
        self,
        rows: pa.Array,
        columns: Mapping[Names, Filled],
        guards: Sequence[Faults],
        record: Callable[[int], object] = lambda _: None,
    ) -> Mapped:
        arrays = [_assembled(one, (one.name,), columns, len(rows)) for one in self.target]
        schema = pa.schema([pa.field("_row", pa.int64(), nullable=False), *self.target])
        table = pa.Table.from_arrays([rows, *arrays], schema=schema)
        faults = [filled.faults for filled in columns.values()] + list(guards)
        rejects = [_whole(reject, record) for one in faults for reject in one.rejects]
        warnings: Counter[str] = Counter()
        for one in faults:
            warnings.update(one.warnings)
        warned = [_whole(fault, record) for one in faults for fault in one.warned]
        return Mapped(_without(table, rejects), _errors(rows, rejects), dict(warnings), _errors(rows, warned))


def compile_mapping(
    items: Sequence[Mapping[str, object]], target: pa.Schema, now: int, derivations: Derivations = NO_DERIVATIONS
) -> CompiledMapping:
    """The mapping of ``items`` onto ``target``; MappingInvalid lists everything that is wrong with them.

    ``now`` is the moment that ``now()`` means, in epoch milliseconds. A mapping that maps no row needs no
    ``derivations``.
    """
    located, problems = placed(items, target)
    return CompiledMapping(target, plan(located, problems, Context(now, derivations=derivations)))


def _whole(fault: Fault, record: Callable[[int], object]) -> Fault:
    """The fault with the value that did not fit as the record has it."""
    if not isinstance(fault.failure.value, dict | list | float):
        return fault
    origin = record(fault.position)
    failure = None if origin is None else fault.cell.of(origin)
    return replace(fault, failure=failure) if isinstance(failure, Failure) else fault


def _noted(mapped: Mapped, rows: pa.Array, fared: Followed) -> Mapped:
    """What became of rows, with how the paths fared in them."""
    strays = [stray_warning(rows[position].as_py(), source, away) for position, source, away in fared.shown]
    warned = pa.concat_tables([mapped.warned, row_errors(strays)])
    return replace(mapped, warned=warned, strayed=dict(fared.strayed), present=frozenset(fared.present))


def stray_warning(row: int, source: Source, stray: Stray) -> dict[str, object]:
    """A row whose path strays, in the columns of ROW_ERRORS."""
    return {
        "_row": row,
        "family": CONVERSION,
        "code": CODE,
        "message": stray.reason(source),
        "column": source.destination,
        "source": source.text,
        "value": json_text(stray.value),
        "expected": stray.expected,
        "actual": stray.actual,
    }


def _assembled(one: pa.Field, names: Names, columns: Mapping[Names, Filled], rows: int) -> pa.Array:
    """The column of one target field; a parent is null where all its children are."""
    if names in columns:
        return columns[names].array
    if not pa.types.is_struct(one.type) or not any(column[: len(names)] == names for column in columns):
        return pa.nulls(rows, one.type)
    fields = [one.type.field(n) for n in range(one.type.num_fields)]
    children = [_assembled(inner, (*names, inner.name), columns, rows) for inner in fields]
    return pa.StructArray.from_arrays(children, fields=fields, mask=_all_null(children))


def _all_null(children: Sequence[pa.Array]) -> pa.Array | None:
    if any(child.null_count == 0 for child in children):
        return None
    some = [child.is_null() for child in children if child.null_count < len(child)]
    return reduce(pc.and_, some) if some else children[0].is_null()


def _without(table: pa.Table, rejects: Sequence[Fault]) -> pa.Table:
    if not rejects:
        return table
    bad = pa.array(sorted({reject.position for reject in rejects}), pa.int64())
    return table.filter(pc.invert(pc.is_in(pa.array(range(table.num_rows), pa.int64()), bad)))


def _errors(rows: pa.Array, rejects: Sequence[Fault]) -> pa.Table:
    ordered = sorted(rejects, key=lambda one: (one.position, one.cell.index, one.cell.destination))
    numbers = rows.take(pa.array([one.position for one in ordered], pa.int64())).to_pylist() if ordered else []
    return row_errors(_error(row, reject) for row, reject in zip(numbers, ordered, strict=True))


def _error(row: int, reject: Fault) -> dict[str, object]:
    cell, failure = reject.cell, reject.failure
    # A function that failed says in its reason what it could not use.
    value = None if failure.expected is None and failure.value is None else json_text(failure.value)
    shown = value if value is None or len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}..."
    if failure.expected is None:
        made = cell.source if shown is None else f"{cell.source}, from {shown},"
        message = f"{made} gives {cell.destination} no value: {failure.reason}."
    else:
        reason = f": {failure.reason}" if failure.reason else ""
        wanted = f"{failure.expected}, the type of {cell.destination}"
        message = f"{shown} from {cell.source} cannot become {wanted}{reason}."
    return {
        "_row": row,
        "family": CONVERSION,
        "code": CODE,
        "message": message,
        "column": cell.destination,
        "source": cell.source,
        "value": value,
        "expected": failure.expected,
        "actual": failure.actual,
    }
