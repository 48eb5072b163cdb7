"""Pages to slices: typed columns, loose records, rejected elements, days; every element is in exactly one place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.json_columns import WRITTEN, nested_table, values_of
from headrace.rows import PARSING, row_errors
from headrace.sources import days
from headrace.sources.arrays import Finder
from headrace.sources.beside import Beside
from headrace.sources.content import Records, Unreadable
from headrace.sources.extension import Day
from headrace.sources.gathering import Gathered, gathered
from headrace.sources.paths import parse_path
from headrace.sources.placing import Places
from headrace.sources.reading import Part, Reading, Slice
from headrace.sources.shapes import Names, Unplaced, leaves_of, value_at
from headrace.sources.sorting import Sorted, Sorter, Typed
from headrace.sources.spec import Extraction, extraction

UNREADABLE = "INGEST-1401-400"
Wanted = Mapping[Names, pa.DataType | None]

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
    path: Names
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
            _Rule(rule.name, tuple(map(str, parse_path(rule.field))), frozenset(part.allowed[rule.name]))
            for rule in view.extension.rules
            if rule.name in part.allowed
        )
        self._wanted = tuple(wanted)
        above = (view.content.wrapper,) if view.content.wrapper else ()
        self._renames = {(*above, name): (*above, *parse_path(path)) for name, path in view.extension.rename.items()}
        paths: Wanted = {**dict.fromkeys((*self._day, *(rule.path for rule in self._rules))), **wanted}
        self._sorter = _sorter(paths, view)
        self._beside = tuple(path for path in paths if view.content.wrapper and path[0] != view.content.wrapper)

    def slices(self, pages: Iterable[tuple[str, bytes]]) -> Iterator[Slice]:
        """The records of pages, each given with its name, in order, some thousand at a time."""
        named = ((name, Records(self._view, body, self._finder)) for name, body in pages)
        return (self._places.placed(self._slice(rows)) for rows in gathered(named))

    def _slice(self, rows: Gathered) -> Slice:
        texts, loose, rejected = rows.sorted()
        beside = Beside(rows, self._beside)
        loose += [row for row in beside.odd if texts.pop(row, None) is not None]
        columns = self._sorter.sort(texts) if self._sorter and texts else Sorted([], list(texts))
        records = {row: rows.value(row) for row in sorted([*loose, *columns.loose])}
        filled = [_filled(table, beside) for table in columns.tables]
        stay, dropped = self._ruled(filled, records)
        return Slice(
            stretches=rows.stretches,
            read=rows.count,
            typed=tuple(self._typed(table, stay) for table in filled),
            loose=_loose(rows, [row for row in records if row in stay]),
            rejected=_rejected(rejected, self._view.content.wrapper),
            days=self._days(filled, records, rows.count),
            dropped=dropped,
            _render=rows.record,
            _mentions=rows.mentions,
            _sent=rows.sent,
            _beside_size=rows.beside_size,
            renames=self._renames,
        )

    def _typed(self, table: Typed, stay: "_Stay") -> pa.Table:
        nested = nested_table(
            pa.array(table.rows, pa.int64()),
            {path: table.columns[path] for path in self._wanted if path in table.columns},
        )
        return nested if stay.all else nested.filter(pa.array([row in stay for row in table.rows], pa.bool_()))

    def _days(self, tables: Sequence[Typed], records: Mapping[int, Any], count: int) -> pa.Array:
        if not self._day:
            return pa.nulls(count, pa.date32())
        every = np.full(count, "NaT", "datetime64[D]")
        for table in tables:
            parts = [table.columns[path] for path in self._day]
            every[np.asarray(table.rows, np.int64)] = _days(self._view.extension.day, parts).to_numpy(
                zero_copy_only=False
            )
        for row, record in records.items():
            day = days.day_of(self._view.extension.day, [value_at(record, path) for path in self._day])
            every[row] = np.datetime64("NaT" if day is None else day)
        return pa.array(every, pa.date32())

    def _ruled(self, tables: Sequence[Typed], records: Mapping[int, Any]) -> tuple["_Stay", dict[str, int]]:
        """The rows that every rule lets stay, and how many each rule drops: the first that does not let it stay."""
        stay = _Stay(not self._rules, set())
        dropped = {rule.name: 0 for rule in self._rules}
        if self._rules:
            for row, values in self._ruled_values(tables, records):
                refusing = next(
                    (rule for rule, value in zip(self._rules, values, strict=True) if _refuses(rule, value)), None
                )
                if refusing is None:
                    stay.rows.add(row)
                else:
                    dropped[refusing.name] += 1
        return stay, dropped

    def _ruled_values(self, tables: Sequence[Typed], records: Mapping[int, Any]) -> Iterator[tuple[int, Sequence[Any]]]:
        for table in tables:
            columns = [values_of(table.columns[rule.path]) for rule in self._rules]
            yield from zip(table.rows, zip(*columns, strict=True), strict=True)
        for row, record in records.items():
            yield row, [value_at(record, rule.path) for rule in self._rules]


@dataclass(frozen=True, slots=True)
class _Stay:
    """The rows that stay."""

    all: bool
    rows: set[int]

    def __contains__(self, row: int) -> bool:
        return self.all or row in self.rows


def _sorter(paths: Wanted, view: Extraction) -> Sorter | None:
    try:
        return Sorter(leaves_of(paths, view.content.wrapper, view.extension.rename))
    except Unplaced:
        return None


def _days(day: Day | None, parts: Sequence[pa.Array]) -> pa.Array:
    if any(part.type == WRITTEN for part in parts):
        rows = zip(*map(values_of, parts), strict=True)
        return pa.array([days.day_of(day, values) for values in rows], pa.date32())
    return days.days_of(day, parts, len(parts[0]))


def _refuses(rule: _Rule, value: Any) -> bool:
    return not isinstance(value, str) or value not in rule.allowed


def _filled(table: Typed, beside: Beside) -> Typed:
    return Typed(table.rows, {**table.columns, **beside.columns(table.rows)})


def _loose(rows: Gathered, loose: Sequence[int]) -> pa.Table:
    texts = [rows.record(row).decode("utf-8", "replace") for row in loose]
    return pa.table([pa.array(loose, pa.int64()), pa.array(texts, pa.string())], schema=_LOOSE)


def _rejected(unreadable: Mapping[int, Unreadable], wrapper: str) -> pa.Table:
    return row_errors(
        {
            "_row": row,
            "family": PARSING,
            "code": UNREADABLE,
            "message": f"The element cannot be read as a record: {element.why}.",
            "source": wrapper or "$",
            "value": element.text,
            "expected": "object",
            "actual": element.actual,
        }
        for row, element in unreadable.items()
    )
