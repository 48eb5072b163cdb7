"""Decoded elements as Arrow columns, exactly; a value that no column can hold is named, not bent."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.sources.shapes import BOOLEAN, DECIMAL, INTEGER, NESTED, NUMBER, TEXT, UNSEEN, Leaf, Node

DIGITS = 38
_EXACT = float(2**53)
_INT64 = range(-(2**63), 2**63)
TYPES: dict[str, pa.DataType] = {
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    TEXT: pa.string(),
    BOOLEAN: pa.bool_(),
}


def values_by_leaf(structs: Sequence[Any], node: Node) -> dict[int, list[Any]]:
    """For each leaf (by number) its values, one per struct; None where it is absent."""
    found: dict[int, list[Any]] = {}
    _collect(structs, node, found)
    return found


def _collect(level: Sequence[Any], node: Node, found: dict[int, list[Any]]) -> None:
    for step, n in node.leaves:
        found[n] = _step(level, step, f"l{n}")
    for n, (step, below) in enumerate(node.levels):
        _collect(_step(level, step, f"n{n}"), below, found)


def _step(level: Sequence[Any], step: str | int, name: str) -> list[Any]:
    if isinstance(step, int):
        return [items[step] if items is not None and len(items) > step else None for items in level]
    try:
        return list(map(attrgetter(name), level))
    except AttributeError:
        return [None if one is None else getattr(one, name) for one in level]


def array_of(leaf: Leaf, values: list[Any]) -> pa.Array:
    """The column of a leaf; ArrowInvalid, OverflowError or ValueError when a value does not fit exactly."""
    if leaf.kind == DECIMAL:
        return _decimals(leaf, values)
    if leaf.kind in (UNSEEN, NESTED):
        return pa.nulls(len(values), leaf.wanted or pa.string())
    if leaf.kind == INTEGER:
        return _integers(values)
    column = pa.array(values, TYPES[leaf.kind])
    if leaf.kind == NUMBER and len(column) > column.null_count and _largest(column) >= _EXACT:
        raise ValueError("a number this large may have been an integer that a float cannot hold")
    return column


def _integers(values: list[Any]) -> pa.Array:
    try:
        return pa.array(np.fromiter(values, np.int64, len(values)))
    except TypeError:  # a null among them
        return pa.array(values, pa.int64())


def _largest(column: pa.Array) -> float:
    found = pc.max(pc.abs(column)).as_py()
    return float(found)


def _decimals(leaf: Leaf, values: list[Any]) -> pa.Array:
    column = pa.array(values)
    if pa.types.is_decimal128(column.type):
        return column
    scale = leaf.wanted.scale if leaf.wanted is not None and pa.types.is_decimal(leaf.wanted) else 18
    if pa.types.is_null(column.type):
        return column.cast(pa.decimal128(DIGITS, scale))
    return pa.array(values, pa.decimal128(DIGITS, scale))


def misfits(leaf: Leaf, values: Sequence[Any]) -> Iterator[int]:
    """The positions of the values that a column of this leaf cannot hold exactly."""
    scale = leaf.wanted.scale if leaf.wanted is not None and pa.types.is_decimal(leaf.wanted) else 18
    for n, value in enumerate(values):
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
