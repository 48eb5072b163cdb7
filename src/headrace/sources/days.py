"""The day of each row: what the spec's day expression says of it, as a date column."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.clock import utc
from headrace.sources.extension import Day

_YEARS = (1, 9999)
_SECONDS = 100_000_000_000  # an epoch number below this counts seconds, above it milliseconds


def paths_of(day: Day | None) -> tuple[tuple[str, ...], ...]:
    """The record paths that the expression reads: one, or year, month and day."""
    if day is None:
        return ()
    written = (day.date,) if day.date else (day.year, day.month, day.day)
    return tuple(tuple(path.removeprefix("$.").split(".")) for path in written)


def days_of(columns: Sequence[pa.Array], length: int) -> pa.Array:
    """Days of rows from the columns of ``paths_of``, one per path; null where they are no day."""
    if not columns:
        return pa.nulls(length, pa.date32())
    if len(columns) == 3 and all(pa.types.is_integer(part.type) and not part.null_count for part in columns):
        return _civil(*(part.to_numpy() for part in columns))
    rows = zip(*(part.to_pylist() for part in columns), strict=True)
    return pa.array([one_day(values) for values in rows], pa.date32())


def _civil(year: Any, month: Any, day: Any) -> pa.Array:
    """Calendar arithmetic on whole columns; a day that its month lacks is null."""
    valid = (year >= _YEARS[0]) & (year <= _YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    dates = months.astype("datetime64[D]") + (np.where(valid, day, 1) - 1).astype("timedelta64[D]")
    valid &= dates.astype("datetime64[M]") == months
    return pc.if_else(pa.array(valid), pa.array(dates.astype("int32"), pa.int32()).cast(pa.date32()), None)


def one_day(values: Sequence[Any]) -> date | None:
    """The day of one row from the values of ``paths_of``."""
    if not values:
        return None
    return _one_day(values[0]) if len(values) == 1 else _one_date(*values)


def _one_date(year: Any, month: Any, day: Any) -> date | None:
    try:
        return date(year, month, day)
    except (TypeError, ValueError, OverflowError):
        return None


def _one_day(value: Any) -> date | None:
    """The UTC day of an ISO date or time, or of an epoch number (seconds or milliseconds)."""
    try:
        if isinstance(value, Decimal):
            value = float(value)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return utc(round(moment.timestamp() * 1000)).date() if moment.tzinfo else moment.date()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return utc(round(value * 1000 if abs(value) < _SECONDS else value)).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None
