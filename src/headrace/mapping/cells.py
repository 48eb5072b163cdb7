"""One mapping item as a function of one record, and a column of such values with what went wrong in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from headrace.mapping.conversion import Converter
from headrace.mapping.failure import Failure

# From a record to its value, None or a Failure.
Read = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Cell:
    """One item: ``read`` takes the value from a record, ``convert`` makes it the destination's.

    lenient  a failure gives null and a warning; otherwise it rejects the row
    """

    index: int
    destination: str
    source: str
    read: Read
    convert: Converter
    lenient: bool = False

    def of(self, record: object) -> object:
        """The destination's value for one record, None or a Failure."""
        try:
            return self.made(self.read(record))
        except RecursionError:
            return Failure("it is nested too deeply", "a flatter value", "object")

    def made(self, value: object) -> object:
        """The destination's value for one source value."""
        return value if value is None or isinstance(value, Failure) else self.convert(value)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that a cell turned away; ``position`` counts from 0 within the table."""

    position: int
    cell: Cell
    failure: Failure


@dataclass(slots=True)
class Faults:
    """What went wrong in a column: rejected rows, and values that became null with a warning."""

    rejects: list[Reject] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)

    def settle(self, cell: Cell, position: int, value: object) -> object:
        """``value``, or None in place of a Failure, which is noted as the cell's kind demands."""
        if not isinstance(value, Failure):
            return value
        if cell.lenient:
            self.warnings[cell.destination] += 1
        else:
            self.rejects.append(Reject(position, cell, value))
        return None


@dataclass(frozen=True, slots=True)
class Filled:
    """One destination column: a value per row, and its faults."""

    array: pa.Array
    faults: Faults = field(default_factory=Faults)


def filled(cell: Cell, type: pa.DataType, records: Iterable[object]) -> Filled:
    """The column that ``cell`` gives for ``records``."""
    faults = Faults()
    values = [faults.settle(cell, position, cell.of(record)) for position, record in enumerate(records)]
    return Filled(pa.array(values, type), faults)


def mended(
    cell: Cell, made: pa.Array, declined: pa.Array, positions: Sequence[int], values: Sequence[object]
) -> Filled:
    """``made`` with ``values`` (of which some are Failures) at the declined ``positions``."""
    faults = Faults()
    settled = [faults.settle(cell, position, value) for position, value in zip(positions, values, strict=True)]
    return Filled(pc.replace_with_mask(made, declined, pa.array(settled, made.type)), faults)
