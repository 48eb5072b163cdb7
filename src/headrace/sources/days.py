"""The day of a record: what the spec's day expression says of it, value by value or over whole columns."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.clock import utc
from headrace.sources.extension import Day
from headrace.sources.paths import parse_path
from headrace.sources.time_reading import TimePattern, time_pattern
from headrace.sources.times import EPOCH_MILLISECONDS, EPOCH_SECONDS

_YEARS = (1, 9999)
_SECONDS = 100_000_000_000  # an epoch number below this counts seconds, above it milliseconds
_FARTHEST = 10**15  # beyond every year of the calendar, in milliseconds as in seconds
_EPOCH = utc(0)
# Python reads more than these as ISO: an epoch in milliseconds has the digits of a date and a time.
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].+)?|[0-9]{8}(?:T.+)?|[0-9]{4}-W[0-9]{2}-[0-9](?:[T ].+)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_DIGITS = re.compile(r"[0-9]{1,4}")


def paths_of(day: Day | None) -> tuple[tuple[str, ...], ...]:
    """The record paths that the expression reads: one, or year, month and day."""
    if day is None:
        return ()
    written = (day.date,) if day.date else (day.year, day.month, day.day)
    return tuple(tuple(map(str, parse_path(path))) for path in written)


def day_of(day: Day | None, values: Sequence[Any]) -> date | None:
    """The day of one record from the values of ``paths_of``; None where they are none.

    Numbers are int or Decimal: a double does not tell how a number was written, so it is no day.
    """
    return None if day is None else reader(day)(tuple(values))


def days_of(day: Day | None, columns: Sequence[pa.Array], length: int) -> pa.Array:
    """Days of records from the columns of ``paths_of``, one per path; null where there is none.

    Null, too, where a column does not tell how its numbers were written: such a record is to be read by itself.
    """
    if day is None:
        return pa.nulls(length, pa.date32())
    whole = all(pa.types.is_integer(column.type) and not column.null_count for column in columns)
    if len(columns) == 3 and whole:
        return _civil(*(column.to_numpy() for column in columns))
    read = reader(day)
    if len(columns) == 1 and not pa.types.is_nested(columns[0].type):
        encoded = columns[0].dictionary_encode()
        days = pa.array([read((value,)) for value in encoded.dictionary.to_pylist()], pa.date32())
        return days.take(encoded.indices)
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return pa.array([read(values) for values in rows], pa.date32())


def _civil(year: Any, month: Any, day: Any) -> pa.Array:
    """Calendar arithmetic on whole columns; a day that its month lacks is null."""
    valid = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    dates = months.astype("datetime64[D]") + (np.where(valid, day, 1) - 1).astype("timedelta64[D]")
    valid &= dates.astype("datetime64[M]") == months
    return pc.if_else(pa.array(valid), pa.array(dates.astype("int32"), pa.int32()).cast(pa.date32()), None)


# -- one record ------------------------------------------------------------------------------------------------


Read = Callable[[tuple[Any, ...]], date | None]


@lru_cache(maxsize=64)
def reader(day: Day) -> Read:
    """What reads the values of one record by this expression."""
    if not day.date:
        return _of_parts
    if day.format in (EPOCH_SECONDS, EPOCH_MILLISECONDS):
        return partial(_of_epoch, 1 if day.format == EPOCH_SECONDS else 1000, day.tzinfo)
    return partial(_of_pattern, time_pattern(day.format), day.tzinfo) if day.format else partial(_of_iso, day.tzinfo)


def _of_parts(values: tuple[Any, ...]) -> date | None:
    numbers = [int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value for value in values]
    if any(isinstance(value, bool) or not isinstance(value, int) for value in numbers):
        return None
    try:
        return date(*numbers)
    except (ValueError, OverflowError):
        return None


def _of_iso(zone: tzinfo, values: tuple[Any, ...]) -> date | None:
    """The day of an ISO date or time, or of an epoch number (seconds or milliseconds)."""
    [value] = values
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value) if _ISO.fullmatch(value) else None
            return moment and (moment.astimezone(zone) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError):
            return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _of_number(zone, value, 1 if -_SECONDS < value < _SECONDS else 1000)
    return None


def _of_epoch(per_second: int, zone: tzinfo, values: tuple[Any, ...]) -> date | None:
    [value] = values
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = Decimal(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _of_number(zone, value, per_second)
    return None


def _of_number(zone: tzinfo, value: int | Decimal, per_second: int) -> date | None:
    if not -_FARTHEST < value < _FARTHEST:
        return None
    seconds = value // per_second if isinstance(value, int) else math.floor(value / per_second)
    try:
        return (_EPOCH + timedelta(seconds=seconds)).astimezone(zone).date()
    except (ValueError, OverflowError):
        return None


def _of_pattern(pattern: TimePattern, zone: tzinfo, values: tuple[Any, ...]) -> date | None:
    [value] = values
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # 20240315
    moment = pattern.read(value, zone) if isinstance(value, str) else None
    try:
        return moment.astimezone(zone).date() if moment else None
    except OverflowError:
        return None
