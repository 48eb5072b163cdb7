"""Every record of a slice in its day; where windows are replaced, a record without a place in them is rejected.

A row without a day that its run asked for would stay when the window is replaced, and come again with every run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from headrace.exact_json import NotJson, read, spelled
from headrace.rows import PARSING, row_errors
from headrace.sources.days import day_of, paths_of
from headrace.sources.extension import Day
from headrace.sources.reading import Slice
from headrace.sources.shapes import value_at
from headrace.sources.times import EPOCH_MILLISECONDS, EPOCH_SECONDS

UNPLACED = "INGEST-1401-400"
_WRITTEN = {
    "": "no ISO date or time, nor an epoch number; the spec's day may need a format",
    EPOCH_SECONDS: "no number of epoch seconds",
    EPOCH_MILLISECONDS: "no number of epoch milliseconds",
}


@dataclass(frozen=True, slots=True)
class Places:
    """How the records of one part are placed.

    asked  first and last day asked for, in which every record must be; None: any day will do, and none
    """

    day: Day | None
    asked: tuple[date, date] | None = None

    def placed(self, slice: Slice) -> Slice:
        """The slice with the day of each record, and without those that have no place in what was asked for."""
        if self.day is None or (self.asked is None and not slice.days.null_count):
            return slice
        rows = [chunk for table in (*slice.typed, slice.loose) for chunk in table["_row"].chunks]
        staying = pc.unique(pa.chunked_array(rows, pa.int64()))
        doubtful = staying.filter(pc.fill_null(pc.invert(self._inside(slice.days.take(staying))), True))
        if not len(doubtful):
            return slice
        days, reasons = slice.days.to_pylist(), []
        for row in sorted(doubtful.to_pylist()):
            values = _values(self.day, slice.original(row))
            days[row] = day_of(self.day, values) if values else days[row]
            if reason := self._reason(row, days[row], values):
                reasons.append(reason)
        out = pa.array([reason["_row"] for reason in reasons], pa.int64())
        loose, *typed = (table.filter(pc.invert(pc.is_in(table["_row"], out))) for table in (slice.loose, *slice.typed))
        rejected = pa.concat_tables([slice.rejected, row_errors(reasons)])
        return replace(slice, days=pa.array(days, pa.date32()), typed=tuple(typed), loose=loose, rejected=rejected)

    def _inside(self, days: pa.Array) -> pa.Array:
        """For each day whether it will do; null where there is none."""
        if self.asked is None:
            return pc.is_valid(days)
        return pc.and_(pc.greater_equal(days, self.asked[0]), pc.less_equal(days, self.asked[1]))

    def _reason(self, row: int, day: date | None, values: Sequence[Any]) -> dict[str, object] | None:
        if self.asked is None or self.day is None or (day is not None and self.asked[0] <= day <= self.asked[1]):
            return None
        source = ", ".join(".".join(path) for path in paths_of(self.day))
        shown = ", ".join(msgspec.json.encode(spelled(value)).decode() for value in values)
        return {
            "_row": row,
            "family": PARSING,
            "code": UNPLACED,
            "message": f"{source} is {shown}, which is {_what(self.day)}." if day is None else self._outside(day),
            "source": source,
            "value": shown,
            "expected": "a day that was asked for",
            "actual": "no day" if day is None else str(day),
        }

    def _outside(self, day: date) -> str:
        first, last = self.asked or (day, day)
        return f"Day {day} was not asked for; this part asked for {first} to {last}."


def _what(day: Day) -> str:
    if not day.date:
        return "no day of the calendar"
    return _WRITTEN.get(day.format) or f"no date in the format {day.format}"


def _values(day: Day, record: bytes) -> list[Any]:
    """What the record holds at the paths of its day, numbers as they were written; nothing when it cannot be read."""
    try:
        value = read(record)
    except NotJson:
        return []
    return [value_at(value, path) for path in paths_of(day)]
