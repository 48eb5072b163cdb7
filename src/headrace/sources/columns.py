"""Decoded elements as Arrow columns, exactly; a value that no column can hold is named, not bent."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

import pyarrow as pa
from msgspec.structs import astuple

from headrace.sources.shapes import BOOLEAN, DECIMAL, INTEGER, NESTED, NUMBER, TEXT, UNSEEN, Leaf, Node

DIGITS, SCALE = 38, 18
_EXACT = float(2**53)
_FARTHEST = 100  # places before or behind the point; no destination has so many
_INT64 = range(-(2**63), 2**63)
TYPES: dict[str, pa.DataType] = {
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    TEXT: pa.string(),
    BOOLEAN: pa.bool_(),
}
_PACKED = {INTEGER: "q", NUMBER: "d"}


Column = Sequence[Any]  # the values of one leaf, one per element; None where there is none
Piece: TypeAlias = bytes | pa.Array  # some of them, as a part of the leaf's column


def values_by_leaf(structs: Sequence[Any], node: Node) -> dict[int, Column]:
    """For each leaf (by number) its values, one per struct."""
    found: dict[int, Column] = {}
    _collect(structs, node, found)
    return found


def _collect(level: Sequence[Any], node: Node, found: dict[int, Column]) -> None:
    values = _by_index(level, node) if node.listed else _by_field(level, node)
    for (_, n), column in zip(node.leaves, values, strict=False):
        found[n] = column
    for (_, below), column in zip(node.levels, values[len(node.leaves) :], strict=True):
        _collect(column, below, found)


def _by_field(level: Sequence[Any], node: Node) -> list[Column]:
    """The fields of the structs of a level, leaves first, as ``struct_of`` declares them."""
    width = len(node.leaves) + len(node.levels)
    if not level:
        return [()] * width
    try:
        # Measured: turned by zip, a value costs half of what one attrgetter for each field costs.
        return list(zip(*map(astuple, level), strict=True))
    except TypeError:
        absent = (None,) * width
        return list(zip(*(absent if one is None else astuple(one) for one in level), strict=True))


def _by_index(level: Sequence[Any], node: Node) -> list[Column]:
    indices = [step for step, _ in (*node.leaves, *node.levels) if isinstance(step, int)]
    return [[items[at] if items is not None and len(items) > at else None for items in level] for at in indices]


def piece_of(leaf: Leaf, column: Column) -> Piece:
    """Some values of a leaf's column; ArrowInvalid, OverflowError or ValueError when one does not fit exactly.

    Numbers are packed as their bytes when none is absent and all fit, which is what pages are like: a call into Arrow
    for every few of them would hand the interpreter to another thread each time, and wait to get it back.
    """
    if leaf.kind == NUMBER and max(map(abs, filter(None, column)), default=0) >= _EXACT:
        raise ValueError("a number this large may have been an integer that a float cannot hold")
    if leaf.kind == NUMBER and leaf.wanted is None and int in map(type, column):
        raise ValueError("a whole number among others, which a double would not tell from one with a fraction")
    if leaf.kind == DECIMAL and any(value is not None and abs(value.adjusted()) > _FARTHEST for value in column):
        # Arrow would fill up with as many zeros, and ends the process where these are too many.
        raise ValueError("a decimal with an exponent that no column holds")
    if leaf.kind in _PACKED:
        try:
            return _packer(_PACKED[leaf.kind], len(column)).pack(*column)
        except struct.error:
            pass
    if leaf.kind in (UNSEEN, NESTED):
        return pa.nulls(len(column), leaf.wanted or pa.string())
    return pa.array(column, _decimal_type(leaf) if leaf.kind == DECIMAL else TYPES[leaf.kind])


def array_of(leaf: Leaf, pieces: Sequence[Piece]) -> pa.Array:
    """The column of a leaf from its pieces, in their order."""
    packed = [piece for piece in pieces if isinstance(piece, bytes)]
    if len(packed) == len(pieces):
        return _unpacked(leaf, b"".join(packed))
    return pa.concat_arrays([_unpacked(leaf, piece) if isinstance(piece, bytes) else piece for piece in pieces])


def _unpacked(leaf: Leaf, packed: bytes) -> pa.Array:
    kind = TYPES[leaf.kind]
    return pa.Array.from_buffers(kind, len(packed) * 8 // kind.bit_width, [None, pa.py_buffer(packed)])


@lru_cache(maxsize=64)
def _packer(code: str, length: int) -> struct.Struct:
    return struct.Struct(f"{length}{code}")


def _decimal_type(leaf: Leaf) -> pa.DataType:
    """All the digits there are, at the destination's scale; a value with more decimals is a misfit, not rounded."""
    wanted = leaf.wanted is not None and pa.types.is_decimal(leaf.wanted)
    return pa.decimal128(DIGITS, leaf.wanted.scale if leaf.wanted is not None and wanted else SCALE)


def misfits(leaf: Leaf, column: Column) -> Iterator[int]:
    """The positions of the values that a column of this leaf cannot hold exactly."""
    scale = _decimal_type(leaf).scale
    for n, value in enumerate(column):
        if value is not None and not _fits(leaf, value, scale):
            yield n


def _fits(leaf: Leaf, value: Any, scale: int) -> bool:
    if leaf.kind == INTEGER:
        return value in _INT64
    if leaf.kind == NUMBER:
        return bool(abs(value) < _EXACT) and (leaf.wanted is not None or isinstance(value, float))
    if leaf.kind == DECIMAL:
        return _fits_decimal(value, scale)
    return leaf.kind != TEXT or bool(value.encode("utf-8", "ignore").decode() == value)


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
