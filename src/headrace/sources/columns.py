"""Decoded elements as Arrow columns, exactly; a value that no column can hold is named, not bent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.sources.shapes import BOOLEAN, DECIMAL, INTEGER, NESTED, NUMBER, TEXT, UNSEEN, Leaf, Node

DIGITS, SCALE = 38, 18
_EXACT = float(2**53)
_INT64 = range(-(2**63), 2**63)
TYPES: dict[str, pa.DataType] = {
    NUMBER: pa.float64(),
    TEXT: pa.string(),
    BOOLEAN: pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one leaf: one step (an attribute, or an index of a list) below each item of a level."""

    level: Sequence[Any]
    step: str | int
    name: str

    def __len__(self) -> int:
        return len(self.level)

    def listed(self) -> list[Any]:
        """The values; None where there is none."""
        if isinstance(self.step, int):
            at = self.step
            return [items[at] if items is not None and len(items) > at else None for items in self.level]
        try:
            return list(map(attrgetter(self.name), self.level))
        except AttributeError:
            return [None if one is None else getattr(one, self.name) for one in self.level]

    def integers(self) -> pa.Array:
        """The values as int64; they go straight into the column when none is absent, which is what pages are like."""
        if isinstance(self.step, str):
            try:
                return pa.array(np.fromiter(map(attrgetter(self.name), self.level), np.int64, len(self.level)))
            except (AttributeError, TypeError):
                pass
        return pa.array(self.listed(), pa.int64())


def values_by_leaf(structs: Sequence[Any], node: Node) -> dict[int, Values]:
    """For each leaf (by number) its values, one per struct."""
    found: dict[int, Values] = {}
    _collect(structs, node, found)
    return found


def _collect(level: Sequence[Any], node: Node, found: dict[int, Values]) -> None:
    for step, n in node.leaves:
        found[n] = Values(level, step, f"l{n}")
    for n, (step, below) in enumerate(node.levels):
        _collect(Values(level, step, f"n{n}").listed(), below, found)


def array_of(leaf: Leaf, values: Values) -> pa.Array:
    """The column of a leaf; ArrowInvalid, OverflowError or ValueError when a value does not fit exactly."""
    if leaf.kind == INTEGER:
        return values.integers()
    if leaf.kind == DECIMAL:
        return pa.array(values.listed(), _decimal_type(leaf))
    if leaf.kind in (UNSEEN, NESTED):
        return pa.nulls(len(values), leaf.wanted or pa.string())
    column = pa.array(values.listed(), TYPES[leaf.kind])
    if leaf.kind == NUMBER and len(column) > column.null_count and _largest(column) >= _EXACT:
        raise ValueError("a number this large may have been an integer that a float cannot hold")
    return column


def _largest(column: pa.Array) -> float:
    found = pc.max(pc.abs(column)).as_py()
    return float(found)


def _decimal_type(leaf: Leaf) -> pa.DataType:
    """All the digits there are, at the destination's scale; a value with more decimals is a misfit, not rounded."""
    wanted = leaf.wanted is not None and pa.types.is_decimal(leaf.wanted)
    return pa.decimal128(DIGITS, leaf.wanted.scale if leaf.wanted is not None and wanted else SCALE)


def misfits(leaf: Leaf, values: Values) -> Iterator[int]:
    """The positions of the values that a column of this leaf cannot hold exactly."""
    scale = _decimal_type(leaf).scale
    for n, value in enumerate(values.listed()):
        if value is not None and not _fits(leaf.kind, value, scale):
            yield n


def _fits(kind: str, value: Any, scale: int) -> bool:
    if kind == INTEGER:
        return value in _INT64
    if kind == NUMBER:
        return bool(abs(value) < _EXACT)
    if kind == DECIMAL:
        return _fits_decimal(value, scale)
    return kind != TEXT or bool(value.encode("utf-8", "ignore").decode() == value)


def _fits_decimal(value: Decimal, scale: int) -> bool:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    return -exponent <= scale and len(digits) + exponent <= DIGITS - scale


def nested_table(rows: pa.Array, columns: Mapping[tuple[str, ...], pa.Array]) -> pa.Table:
    """``_row`` and the columns put into structs by their paths."""
    return pa.table({"_row": rows, **_structs(columns)})


def _structs(columns: Mapping[tuple[str, ...], pa.Array]) -> dict[str, pa.Array]:
    groups: dict[str, dict[tuple[str, ...], pa.Array]] = {}
    for path, column in columns.items():
        groups.setdefault(path[0], {})[path[1:]] = column
    return {name: _struct(group) for name, group in groups.items()}


def _struct(group: Mapping[tuple[str, ...], pa.Array]) -> pa.Array:
    if () in group:
        return group[()]
    fields = _structs(group)
    return pa.StructArray.from_arrays(list(fields.values()), list(fields))
