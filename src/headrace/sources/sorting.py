"""The elements of a page sorted: what has its shape becomes columns, other records are loose, the rest is rejected."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from headrace.sources import columns, shapes
from headrace.sources.content import Records, envelope, unwrapped
from headrace.sources.shapes import Leaf

_ANY = msgspec.json.Decoder()
_BEYOND = (pa.ArrowException, OverflowError, ValueError)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)
_NAMES = {dict: "object", list: "array", str: "string", int: "number", float: "number", bool: "boolean"}


@dataclass(slots=True)
class Sorted:
    """Some consecutive elements. Positions count from ``first``; values and arrays are by leaf, for ``typed`` only.

    rejected  position, why, what it is, its text
    """

    first: int
    length: int
    leaves: Sequence[Leaf]
    typed: Sequence[int]
    loose: list[int] = field(default_factory=list)
    rejected: list[tuple[int, str, str, str]] = field(default_factory=list)
    values: dict[int, list[Any]] = field(default_factory=dict)
    arrays: dict[int, pa.Array] = field(default_factory=dict)


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
        found = Sorted(first, length, self._shape.leaves, range(length))
        structs = None if self._whole or self._shape.has(shapes.NESTED) else self._all(first, length)
        if structs is None:
            structs = self._each(found)
        found.leaves = self._shape.leaves
        self._fit(found, structs)
        return found

    def _all(self, first: int, length: int) -> list[Any] | None:
        """Every element at once; None when one of them does not have the shape."""
        try:
            return self._decoded(first, length)
        except _UNREADABLE:
            if self._looked_everywhere or not self._shape.has(shapes.UNSEEN):
                return None
        self._looked_everywhere = True
        self._shape = _shape(shapes.observed(self._leaves, self._records.elements))
        return None if self._shape.has(shapes.NESTED) else self._all(first, length)

    def _decoded(self, first: int, length: int) -> list[Any]:
        content, elements = self._records.view.content, self._records.elements
        found: list[Any]
        if length == len(elements) and self._records.plain:
            page = envelope(content.path, self._shape.struct).decode(self._records.body)
            found = unwrapped(page, content.path)
        else:
            found = self._shape.many.decode(b"[" + b",".join(elements[first : first + length]) + b"]")
        return found

    def _each(self, found: Sorted) -> list[Any]:
        """Element by element; the structs of those that have the shape."""
        structs: list[Any] = []
        typed: list[int] = []
        columnless = self._whole or self._shape.has(shapes.NESTED)
        for n in range(found.length):
            element = self._records.elements[found.first + n]
            try:
                if columnless:
                    raise msgspec.ValidationError
                structs.append(self._shape.one.decode(element))
                typed.append(n)
            except _UNREADABLE:
                self._judge(found, n, element)
        found.typed = typed
        return structs

    def _judge(self, found: Sorted, n: int, element: msgspec.Raw) -> None:
        """An object is a record, however odd; anything else is unreadable."""
        text = bytes(element).decode("utf-8", "replace")
        try:
            value = _ANY.decode(element)
        except _UNREADABLE as error:
            found.rejected.append((n, str(error), "unreadable", text))
            return
        if isinstance(value, dict):
            found.loose.append(n)
        else:
            name = _NAMES.get(type(value), "null")
            found.rejected.append((n, f"it is {name}, not an object", name, text))

    def _fit(self, found: Sorted, structs: list[Any]) -> None:
        """Columns of the structs; records with a value that no column holds exactly become loose."""
        found.values = columns.values_by_leaf(structs, self._shape.node)
        try:
            found.arrays = {n: columns.array_of(leaf, found.values[n]) for n, leaf in enumerate(found.leaves)}
            return
        except _BEYOND:
            bad = {n for i, leaf in enumerate(found.leaves) for n in columns.misfits(leaf, found.values[i])}
        bad = bad or set(range(len(structs)))
        found.loose = sorted([*found.loose, *(found.typed[n] for n in bad)])
        found.typed = [position for n, position in enumerate(found.typed) if n not in bad]
        self._fit(found, [struct for n, struct in enumerate(structs) if n not in bad])
