"""Elements that hold an array turned into one element for each of its items."""

import secrets
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, repeat
from typing import overload

from headrace import raw_json
from headrace.raw_json import Raw
from headrace.sources.arrays import Array
from headrace.sources.paths import Path, pick_raw
from headrace.sources.spec import Content

_HOLE = f'"{secrets.token_hex(16)}"'.encode()  # stands where an item will; no source can know it
_WHOLE = (b"", b"")


def inside(explode: Content, content: Content) -> Path:
    """The way to the inner array, counted from the element: the path is written after the wrapper's rename."""
    return explode.path[1:] if content.wrapper and explode.path[:1] == (content.wrapper,) else explode.path


class Exploded(Sequence[Raw]):
    """Elements of which several share a frame: each is written out when it is asked for, and not held.

    A frame is what an element with an inner array says besides: what comes before an item of it, and behind.
    """

    def __init__(self) -> None:
        self._frames: list[tuple[bytes, bytes]] = []
        self._framed = array("q")
        self._items: list[Raw] = []
        self._ends = array("q", [0])  # of the first element, of the first two, …: bytes

    def take(self, frame: tuple[bytes, bytes], items: Sequence[Raw]) -> None:
        """Takes an element for each of the items."""
        self._framed.extend(repeat(len(self._frames), len(items)))
        self._frames.append(frame)
        self._items += items
        around = sum(map(len, frame))
        ends = accumulate((memoryview(item).nbytes + around for item in items), initial=self._ends.pop())
        self._ends.extend(ends)

    def size(self, first: int, rows: int) -> int:
        """Bytes of so many elements from ``first`` on."""
        return self._ends[first + rows] - self._ends[first]

    def within(self, first: int, size: float) -> int:
        """How many elements from ``first`` on are no more than so many bytes."""
        return bisect_right(self._ends, self._ends[first] + size, first) - 1 - first

    @overload
    def __getitem__(self, at: int) -> Raw: ...
    @overload
    def __getitem__(self, at: slice) -> list[Raw]: ...
    def __getitem__(self, at: int | slice) -> Raw | list[Raw]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        before, behind = self._frames[self._framed[at]]
        return Raw(before + bytes(self._items[at]) + behind)

    def __len__(self) -> int:
        return len(self._items)


def exploded(page: Array, explode: Content, content: Content) -> Array:
    """One element per item of each element's inner array; an element without any stays, without the inner array."""
    inner = inside(explode, content)
    elements = Exploded()
    refused: dict[int, str] = {}
    for n, element in enumerate(page.elements):
        why = page.refused.get(n)
        items = None if why is not None else _items(element, inner)
        if items is None:
            refused[len(elements)] = why or f"{'.'.join(map(str, inner))} is no array, which explodeEntityPath names"
            elements.take(_WHOLE, [element])
        elif raw_json.kind_of(element) != "object":
            elements.take(_WHOLE, [element])
        elif not items:
            elements.take(_WHOLE, [_replaced(element, inner, explode, None)])
        else:
            before, hole, behind = bytes(_replaced(element, inner, explode, Raw(_HOLE))).partition(_HOLE)
            elements.take((before, behind) if hole else _WHOLE, items if hole else [element] * len(items))
    return Array(elements, page.whole, refused, page.alone)


def _items(element: Raw, inner: Path) -> Sequence[Raw] | None:
    """The items of an element's inner array, of which there may be none; None when something else is there."""
    array = pick_raw(element, inner)
    return [] if array is None or bytes(array) == b"null" else raw_json.items(array)


def _replaced(element: Raw, inner: Path, explode: Content, item: Raw | None) -> Raw:
    fields = raw_json.members(element)
    if fields is None:
        return element
    head = str(inner[0])
    if len(inner) > 1:
        if head in fields:
            fields[head] = _replaced(fields[head], inner[1:], explode, item)
        return raw_json.assembled(fields)
    fields = {name: value for name, value in fields.items() if name != head and explode.keeps(name)}
    return raw_json.assembled(fields if item is None else {**fields, explode.wrapper: item})
