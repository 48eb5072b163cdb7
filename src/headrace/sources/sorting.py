"""The elements of a page sorted: what has its shape becomes columns, other records are loose, the rest is rejected."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from headrace.exact_json import has_minus_zero
from headrace.sources import columns, shapes
from headrace.sources.content import Records, Unreadable
from headrace.sources.shapes import Leaf

_BEYOND = (pa.ArrowException, OverflowError, ValueError)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


# Elements decoded at once. Their objects stay in the processor's cache until their columns are made: measured, a whole
# page at once takes more than twice as long.
CHUNK = 500
MOST_CUTS = 8  # of one chunk; where more elements do not have the shape, they are read one by one
_AT = re.compile(r"at `\$\[(\d+)\]")


@dataclass(slots=True)
class Sorted:
    """Some consecutive elements; rows count from the page's first. Arrays are by leaf, for the rows of ``typed``."""

    first: int
    length: int
    leaves: Sequence[Leaf]
    typed: list[int] = field(default_factory=list)
    loose: list[int] = field(default_factory=list)
    rejected: list[tuple[int, Unreadable]] = field(default_factory=list)
    arrays: dict[int, pa.Array] = field(default_factory=dict)


@dataclass(slots=True)
class _Chunk(Sorted):
    """A few of them, whose columns are pieces still: one by leaf."""

    pieces: list[columns.Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Shape:
    leaves: tuple[Leaf, ...]
    node: shapes.Node
    struct: Any
    one: "msgspec.json.Decoder[Any]"
    many: "msgspec.json.Decoder[Any]"

    def has(self, kind: str) -> bool:
        return any(leaf.kind == kind for leaf in self.leaves)


@lru_cache(maxsize=64)
def _shape(leaves: tuple[Leaf, ...]) -> _Shape:
    node = shapes.tree_of(leaves)
    struct = shapes.struct_of(node, leaves)
    several: Any = list.__class_getitem__(struct)
    return _Shape(leaves, node, struct, msgspec.json.Decoder(struct), msgspec.json.Decoder(several))


class _Reshaped(Exception):
    """The page turned out to have another shape than its first elements showed."""


class PageSorter:
    """Sorts one page. The shape is what its first elements show; leaves they lack are looked for once in all of it."""

    def __init__(self, leaves: Sequence[Leaf], records: Records, whole: bool) -> None:
        self._leaves = leaves
        self._records = records
        self._whole = whole
        self._looked_everywhere = len(records.elements) <= shapes.SAMPLE
        self._shape = _shape(shapes.observed(leaves, records.elements[: shapes.SAMPLE]))

    def sort(self, first: int, length: int) -> Sorted:
        """The elements from ``first`` on, sorted."""
        try:
            chunks = [self._chunk(n, min(CHUNK, first + length - n)) for n in range(first, first + length, CHUNK)]
        except _Reshaped:
            return self.sort(first, length)
        found = Sorted(first, length, self._shape.leaves)
        for chunk in chunks:
            found.typed += chunk.typed
            found.loose += chunk.loose
            found.rejected += chunk.rejected
        found.arrays = {
            n: columns.array_of(leaf, [chunk.pieces[n] for chunk in chunks])
            for n, leaf in enumerate(self._shape.leaves)
        }
        return found

    def _chunk(self, first: int, length: int) -> _Chunk:
        found = _Chunk(first, length, self._shape.leaves)
        if self._columnless():
            for row in range(first, first + length):
                self._judge(found, row)
            structs = []
        else:
            structs = self._structs(found)
        self._fit(found, structs)
        return found

    def _columnless(self) -> bool:
        """Whether what is wanted is an object or array here, so that no record is a row of columns."""
        return self._whole or self._shape.has(shapes.NESTED)

    def _structs(self, found: Sorted) -> list[Any]:
        """The elements that have the shape: as many at once as lie between two that do not, which are judged."""
        structs: list[Any] = []
        row, end = found.first, found.first + found.length
        if not self._records.are_objects:
            return self._each(found, row, end)
        for _ in range(MOST_CUTS):
            try:
                structs += self._several(found, row, end)
                return structs
            except _UNREADABLE as error:
                self._look_everywhere()
                at = _AT.search(str(error))
            if at is None:
                break
            bad = row + int(at[1])
            structs += self._several(found, row, bad)
            self._judge(found, bad)
            row = bad + 1
        return structs + self._each(found, row, end)

    def _several(self, found: Sorted, first: int, end: int) -> list[Any]:
        text = b"[" + b",".join(self._records.elements[first:end]) + b"]"
        if has_minus_zero(text):
            return self._each(found, first, end)
        structs: list[Any] = self._shape.many.decode(text)
        found.typed += range(first, end)
        return structs

    def _look_everywhere(self) -> None:
        """Raises _Reshaped when the page has leaves that its first elements lack: they may be what did not fit."""
        if self._looked_everywhere or not self._shape.has(shapes.UNSEEN):
            return
        self._looked_everywhere = True
        if self._appears():
            self._shape = _shape(shapes.observed(self._leaves, self._records.elements))
            raise _Reshaped

    def _appears(self) -> bool:
        """Whether a leaf that the first elements lack has a value in this page; yes, where that cannot be read."""
        probes = shapes.probes(self._shape.leaves)
        if probes is None:
            return True
        probe = _shape(probes)
        try:
            structs = probe.many.decode(b"[" + b",".join(self._records.elements) + b"]")
        except _UNREADABLE:
            return True
        values = columns.values_by_leaf(structs, probe.node)
        return any(value is not None for column in values.values() for value in column)

    def _each(self, found: Sorted, first: int, end: int) -> list[Any]:
        """Element by element; the structs of those that have the shape."""
        structs: list[Any] = []
        for row in range(first, end):
            struct = self._one(row)
            if struct is None:
                self._judge(found, row)
            else:
                structs.append(struct)
                found.typed.append(row)
        return structs

    def _one(self, row: int) -> Any:
        element = self._records.elements[row]
        if has_minus_zero(element):
            return None
        if not self._records.are_objects and isinstance(self._records.element(row), Unreadable):
            return None
        try:
            return self._shape.one.decode(element)
        except _UNREADABLE:
            return None

    def _judge(self, found: Sorted, row: int) -> None:
        """An object is a record, however odd; anything else is unreadable."""
        element = self._records.element(row)
        if isinstance(element, Unreadable):
            found.rejected.append((row, element))
        else:
            found.loose.append(row)

    def _fit(self, found: _Chunk, structs: list[Any]) -> None:
        """Columns of the structs; records with a value that no column holds exactly become loose."""
        values = columns.values_by_leaf(structs, self._shape.node)
        try:
            found.pieces = [columns.piece_of(leaf, values[n]) for n, leaf in enumerate(found.leaves)]
            return
        except _BEYOND:
            bad = {n for i, leaf in enumerate(found.leaves) for n in columns.misfits(leaf, values[i])}
        bad = bad or set(range(len(structs)))
        found.loose = sorted([*found.loose, *(found.typed[n] for n in bad)])
        found.typed = [row for n, row in enumerate(found.typed) if n not in bad]
        self._fit(found, [struct for n, struct in enumerate(structs) if n not in bad])
