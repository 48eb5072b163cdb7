"""Elements sorted: those that have a common shape become columns, other records are loose, the rest is no record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

import msgspec
import pyarrow as pa

from headrace.json_columns import WRITTEN, at
from headrace.raw_json import BROKEN
from headrace.sources import shapes
from headrace.sources.columns import Marks, Misshapen, Shape, shape_of
from headrace.sources.shapes import Leaf, Names

SAMPLE = 100
FEW = 32  # so many records are read one by one before a table of them has begun
MOST_SHAPES = 3  # of the elements of one slice; what is left after them is kept as it was written

_ANY = msgspec.json.Decoder(float_hook=float)

Rows = Sequence[int]


@dataclass(frozen=True, slots=True)
class Typed:
    """Rows of one shape, in order: the column of each leaf by its path."""

    rows: Rows
    columns: Mapping[Names, pa.Array]


@dataclass(slots=True)
class Sorted:
    """Each of the rows is in one table or loose."""

    tables: list[Typed] = field(default_factory=list)
    loose: list[int] = field(default_factory=list)


class Sorter:
    """Sorts slice after slice; what a source's elements were like decides in which order the next ones are tried.

    Several threads may sort at once: what they tell each other changes the order of tries, never what comes of them.

    leaves  none of them lies inside another one, or is the element itself, but for ``around``
    around  those that enclose another leaf or are the element itself: they are kept as they were written
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self._around = tuple(leaf for leaf in leaves if _encloses(leaf, leaves))
        self._leaves = tuple(leaf for leaf in leaves if leaf not in self._around)
        self._reads = shapes.reads_of(self._leaves)
        self._mixed: set[tuple[Leaf, ...]] = set()  # the shapes that some elements lacked when they were tried last
        self._usual: tuple[Leaf, ...] = ()

    def sort(self, texts: Mapping[int, bytes]) -> Sorted:
        """Sorts objects, each a whole JSON text, by their rows."""
        result = Sorted()
        left = list(texts)
        if self._usual:
            left = self._shaped(texts, left, result, self._usual)
        for _ in range(MOST_SHAPES):
            if not left or (len(left) <= FEW and result.tables):
                break
            before, reads = len(left), self._observed([texts[row] for row in left])
            left = self._shaped(texts, left, result, reads)
            if before - len(left) > len(texts) / 2:
                self._usual = reads
            if len(left) == before:
                break
        if len(left) > FEW:
            left = self._shaped(texts, left, result, tuple(map(shapes.as_written, self._reads)))
        result.loose = sorted(left)
        return result

    def _observed(self, texts: Sequence[bytes]) -> tuple[Leaf, ...]:
        step = max(1, len(texts) // SAMPLE)
        return shapes.observed(self._reads, _readable(texts[::step]))

    def _shaped(self, texts: Mapping[int, bytes], rows: Rows, result: Sorted, reads: tuple[Leaf, ...]) -> list[int]:
        """Puts the rows that have the shape into a table; the others."""
        shape = shape_of(reads)
        fitting, left = self._read(shape, texts, rows)
        if fitting is not None:
            result.tables.append(fitting)
        return left

    def _read(self, shape: Shape, texts: Mapping[int, bytes], rows: Rows) -> tuple[Typed | None, list[int]]:
        screens = shape.leaves in self._mixed
        left: list[int] = []
        while True:
            if screens:
                rows, left = _screened(shape, texts, rows)
                (self._mixed.add if left else self._mixed.discard)(shape.leaves)
            try:
                arrays = shape.columns([texts[row] for row in rows], screens) if rows else {}
            except Misshapen:
                if screens:
                    return None, sorted([*left, *rows])
                screens = True
            else:
                return self._without_bent(shape, texts, rows, arrays, left)

    def _without_bent(
        self, shape: Shape, texts: Mapping[int, bytes], rows: Rows, arrays: dict[int, pa.Array], left: list[int]
    ) -> tuple[Typed | None, list[int]]:
        bent = _either(shape.bent(arrays), self._plainly_named(arrays)) if rows else None
        if bent is not None:
            left = sorted([*left, *(row for row, out in zip(rows, bent, strict=True) if out)])
            rows = [row for row, out in zip(rows, bent, strict=True) if not out]
            stay = pa.array(~bent)
            arrays = {n: array.filter(stay) for n, array in arrays.items()}
        if not rows:
            return None, left
        return Typed(rows, dict(self._by_path(arrays, texts, rows))), left

    def _plainly_named(self, arrays: Mapping[int, pa.Array]) -> Marks | None:
        """The rows that have a renamed value under its new name too, so that the record has to be asked."""
        others = range(len(self._leaves), len(self._reads))
        rows = None
        for n in others:
            if arrays[n].null_count < len(arrays[n]):
                rows = _either(rows, arrays[n].is_valid().to_numpy(zero_copy_only=False))
        return rows

    def _by_path(
        self, arrays: Mapping[int, pa.Array], texts: Mapping[int, bytes], rows: Rows
    ) -> Iterator[tuple[Names, pa.Array]]:
        for n, leaf in enumerate(self._leaves):
            yield leaf.path, at(arrays[n], leaf.within)
        if not self._around:
            return
        whole = [texts[row] for row in rows]
        for leaf in self._around:
            yield leaf.path, shape_of((leaf,)).columns(whole)[0] if leaf.names else pa.array(whole, WRITTEN)


def _screened(shape: Shape, texts: Mapping[int, bytes], rows: Rows) -> tuple[list[int], list[int]]:
    fits = shape.fitting([texts[row] for row in rows])
    return [*compress(rows, fits)], [row for row, fit in zip(rows, fits, strict=True) if not fit]


def _encloses(leaf: Leaf, leaves: Sequence[Leaf]) -> bool:
    depth = len(leaf.names)
    return not depth or any(len(other.names) > depth and other.names[:depth] == leaf.names for other in leaves)


def _either(one: Marks | None, other: Marks | None) -> Marks | None:
    return other if one is None else one if other is None else one | other


def _readable(texts: Sequence[bytes]) -> Iterator[object]:
    for text in texts:
        try:
            yield _ANY.decode(text)
        except BROKEN:
            continue
