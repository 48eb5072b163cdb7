"""Pages to slices: typed columns, loose records, rejected elements, days; every element is in exactly one place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from headrace.rows import PARSING, row_errors
from headrace.sources import columns, days, shapes
from headrace.sources.arrays import Finder
from headrace.sources.content import Records
from headrace.sources.paths import is_plainly_named
from headrace.sources.placing import Places
from headrace.sources.reading import Part, Reading, Slice, Stretch
from headrace.sources.sorting import PageSorter, Sorted
from headrace.sources.spec import Extraction, extraction

SLICE = 15_000
UNREADABLE = "INGEST-1401-400"
Wanted = Mapping[tuple[str, ...], pa.DataType | None]

_LOOSE = pa.schema([pa.field("_row", pa.int64()), pa.field("record", pa.string())])


def decoder(
    reading: Reading, part: Part, wanted: Wanted, replaces: bool = False, finder: Finder | None = None
) -> "Decoder":
    """A decoder of the pages of ``part`` that reads only the ``wanted`` record paths (and the row's day).

    ``replaces``: the rows take the place of those of the days that the part asks for, so each must have one of them.
    ``finder`` finds the elements where it is not the spec's content path that does.
    """
    return Decoder(extraction(reading.spec, reading.params), part, wanted, replaces, finder)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that is switched on: rows stay whose value at ``path`` is allowed."""

    name: str
    path: tuple[str, ...]
    allowed: frozenset[str]


class Decoder:
    """Decodes the pages of one part."""

    def __init__(
        self, view: Extraction, part: Part, wanted: Wanted, replaces: bool, finder: Finder | None = None
    ) -> None:
        self._view = view
        self._finder = finder
        self._day = days.paths_of(view.extension.day)
        asked = (part.first_day, part.last_day) if replaces and part.first_day and part.last_day else None
        self._places = Places(view.extension.day, asked)
        self._rules = tuple(
            _Rule(rule.name, tuple(rule.field.split(".")), frozenset(part.allowed[rule.name]))
            for rule in view.extension.rules
            if rule.name in part.allowed
        )
        read: Wanted = {**dict.fromkeys((*self._day, *(rule.path for rule in self._rules))), **wanted}
        self._wanted = {path: kind for path, kind in wanted.items() if not _is_prefix(path, read)}
        # A path that goes on below another one is an object there: such records are read one by one.
        odd = (view.content.wrapper,) in wanted or not all(map(is_plainly_named, wanted))
        self._whole = len(self._wanted) < len(wanted) or odd
        read = {path: kind for path, kind in read.items() if not _is_prefix(path, read)}
        named = {path: kind for path, kind in read.items() if is_plainly_named(path)}
        self._leaves = shapes.leaves_of(named, view.content.wrapper, view.extension.rename)

    def slices(self, pages: Iterable[tuple[str, bytes]]) -> Iterator[Slice]:
        """The records of pages, each given with its name, in order, at most 15,000 at a time."""
        for name, body in pages:
            yield from self._page(name, body)

    def _page(self, name: str, body: bytes) -> Iterator[Slice]:
        records = Records(self._view, body, self._finder)
        count = len(records.elements)
        sorter = PageSorter(self._leaves, records, self._whole) if count else None
        for first in range(0, count if sorter else 0, SLICE):
            if sorter:
                found = sorter.sort(first, min(SLICE, count - first))
                yield self._places.placed(self._slice(name, records, found))

    def _slice(self, name: str, records: Records, found: Sorted) -> Slice:
        by_path = {leaf.path: n for n, leaf in enumerate(found.leaves)}
        loose = [(row, records.value(row)) for row in found.loose]
        typed_stay, loose_stay, dropped = self._ruled(found, by_path, loose)
        table = self._typed(records, found, by_path)
        if typed_stay is not None:
            table = table.filter(typed_stay)
        return Slice(
            stretches=(Stretch(name, found.first, 0, found.length),),
            read=found.length,
            typed=table,
            loose=_loose(records, found.first, loose_stay),
            rejected=_rejected(found, self._view.content.wrapper),
            days=self._days(records, found, by_path, loose),
            dropped=dropped,
            _render=partial(_render, records, found.first),
        )

    def _typed(self, records: Records, found: Sorted, by_path: Mapping[tuple[str, ...], int]) -> pa.Table:
        rows = pa.array(np.asarray(found.typed, np.int64) - found.first)
        arrays = {
            path: found.arrays[by_path[path]] if path in by_path else _beside(records, path, kind, len(rows))
            for path, kind in self._wanted.items()
        }
        return columns.nested_table(rows, arrays)

    def _days(
        self, records: Records, found: Sorted, by_path: Mapping[tuple[str, ...], int], loose: list[tuple[int, Any]]
    ) -> pa.Array:
        count = len(found.typed)
        parts = [
            found.arrays[by_path[path]] if path in by_path else _beside(records, path, None, count)
            for path in self._day
        ]
        typed = days.days_of(self._view.extension.day, parts, count)
        if len(found.typed) == found.length:
            return typed
        every = np.full(found.length, "NaT", "datetime64[D]")
        every[np.asarray(found.typed, np.int64) - found.first] = typed.to_numpy(zero_copy_only=False)
        for row, record in loose:
            day = days.day_of(self._view.extension.day, [shapes.step_into(record, path) for path in self._day])
            every[row - found.first] = np.datetime64("NaT" if day is None else day)
        return pa.array(every, pa.date32())

    def _ruled(
        self, found: Sorted, by_path: Mapping[tuple[str, ...], int], loose: list[tuple[int, Any]]
    ) -> tuple[pa.Array | None, list[int], dict[str, int]]:
        """Which typed rows stay (None: all), which loose ones, and how many each rule drops."""
        if not self._rules:
            return None, [row for row, _ in loose], {}
        dropped = {rule.name: 0 for rule in self._rules}
        held = [found.arrays[by_path[rule.path]].to_pylist() for rule in self._rules]
        typed = [self._stays(values, dropped) for values in zip(*held, strict=True)]
        kept = [
            row
            for row, record in loose
            if self._stays([shapes.step_into(record, rule.path) for rule in self._rules], dropped)
        ]
        return pa.array(typed, pa.bool_()), kept, dropped

    def _stays(self, values: Sequence[Any], dropped: dict[str, int]) -> bool:
        """Whether every rule lets the row stay; the first that does not counts it."""
        for rule, value in zip(self._rules, values, strict=True):
            if not isinstance(value, str) or value not in rule.allowed:
                dropped[rule.name] += 1
                return False
        return True


def _is_prefix(path: tuple[str, ...], paths: Mapping[tuple[str, ...], Any]) -> bool:
    return any(len(other) > len(path) and other[: len(path)] == path for other in paths)


def _render(records: Records, first: int, n: int) -> bytes:
    return records.record(first + n)


def _beside(records: Records, path: tuple[str, ...], kind: pa.DataType | None, length: int) -> pa.Array:
    """The column of a value that stands beside the array, the same in every record."""
    text = records.beside(path)
    value = None if text is None else msgspec.json.decode(text)
    try:
        return pa.repeat(pa.scalar(value), length) if value is not None else pa.nulls(length, kind or pa.string())
    except (pa.ArrowInvalid, OverflowError):
        return pa.repeat(pa.scalar(str(value)), length)


def _loose(records: Records, first: int, rows: list[int]) -> pa.Table:
    texts = [records.record(row).decode("utf-8", "replace") for row in rows]
    return pa.table([pa.array([row - first for row in rows], pa.int64()), pa.array(texts, pa.string())], schema=_LOOSE)


def _rejected(found: Sorted, wrapper: str) -> pa.Table:
    return row_errors(
        {
            "_row": row - found.first,
            "family": PARSING,
            "code": UNREADABLE,
            "message": f"The element cannot be read as a record: {element.why}.",
            "source": wrapper or "$",
            "value": element.text,
            "expected": "object",
            "actual": element.actual,
        }
        for row, element in found.rejected
    )
