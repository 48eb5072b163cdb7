"""One mapping item as a function of one record, and a column of such values with what went wrong in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from headrace.budget import keep_on
from headrace.mapping.conversion import Converter
from headrace.mapping.failure import Failure
from headrace.mapping.weight import within_room

MOST_WARNED = 5  # of each column, in one table: enough to see what is wrong
# From a record to its value, None or a Failure.
Read = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Cell:
    """One item: ``read`` takes the value from a record, ``convert`` makes it the destination's.

    lenient  a failure gives null and a warning, unless it rejects rows itself; otherwise it rejects the row
    """

    index: int
    destination: str
    source: str
    read: Read
    convert: Converter
    lenient: bool = False

    def of(self, record: object) -> object:
        """The destination's value for one record, None or a Failure."""
        keep_on("its expressions")
        try:
            value = self.made(self.read(record))
            return within_room(value, record) if self.lenient else value
        except RecursionError:
            return Failure("it is nested too deeply", "a flatter value", "object")

    def made(self, value: object) -> object:
        """The destination's value for one source value."""
        return value if value is None or isinstance(value, Failure) else self.convert(value)


@dataclass(frozen=True, slots=True)
class Fault:
    """What one cell could not make of one row; ``position`` counts from 0 within the table."""

    position: int
    cell: Cell
    failure: Failure


@dataclass(slots=True)
class Faults:
    """What went wrong in a column: rejected rows, values that became null with a warning, the first few of those."""

    rejects: list[Fault] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    warned: list[Fault] = field(default_factory=list)

    def settle(self, cell: Cell, position: int, value: object) -> object:
        """``value``, or None in place of a Failure, which is noted as the cell's kind demands."""
        if not isinstance(value, Failure):
            return value
        if cell.lenient and not value.rejects:
            self.warnings[cell.destination] += 1
            if len(self.warned) < MOST_WARNED:
                self.warned.append(Fault(position, cell, value))
        else:
            self.rejects.append(Fault(position, cell, value))
        return None


@dataclass(frozen=True, slots=True)
class Filled:
    """One destination column: a value per row, and its faults."""

    array: pa.Array
    faults: Faults = field(default_factory=Faults)


def filled(cell: Cell, type: pa.DataType, records: Iterable[object]) -> Filled:
    """The column that ``cell`` gives for ``records``."""
    return settled(cell, type, map(cell.of, records))


def settled(cell: Cell, type: pa.DataType, values: Iterable[object]) -> Filled:
    """The column of ``values``, some of which are Failures."""
    faults = Faults()
    kept = [faults.settle(cell, position, value) for position, value in enumerate(values)]
    return Filled(pa.array(kept, type), faults)


def spread(cell: Cell, type: pa.DataType, values: Sequence[object], which: pa.Array) -> Filled:
    """The column whose rows have the one of ``values`` that ``which`` names; a Failure counts in every such row."""
    failed = pa.array([isinstance(value, Failure) for value in values], pa.bool_())
    once = pa.array([None if isinstance(value, Failure) else value for value in values], type)
    faults = Faults()
    for position in pc.indices_nonzero(failed.take(which)).to_pylist():
        faults.settle(cell, position, values[which[position].as_py()])
    return Filled(once.take(which), faults)


def mended(made: pa.Array, declined: pa.Array, positions: Sequence[int], rest: Filled) -> Filled:
    """``made`` with the values of ``rest`` at the declined ``positions``."""
    faults = rest.faults
    rejects, warned = (
        [replace(one, position=positions[one.position]) for one in some] for some in (faults.rejects, faults.warned)
    )
    return Filled(_replaced(made, declined, rest.array), Faults(rejects, faults.warnings, warned))


def _replaced(column: pa.Array, declined: pa.Array, values: pa.Array) -> pa.Array:
    if not pa.types.is_nested(column.type):
        return pc.replace_with_mask(column, declined, values)
    behind = pc.add(pc.cumulative_sum(declined.cast(pa.int64())), len(column) - 1)
    rows = pc.if_else(declined, behind, pa.array(range(len(column)), pa.int64()))
    return pa.concat_arrays([column, values.cast(column.type)]).take(rows)
