"""Dates and times: reading them, and the moment of the run."""

from datetime import UTC, datetime, timedelta

from headrace.mapping.dates import PatternInvalid, pattern_reader, read_moment
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import Context, function

DATES = "Date / Time"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@function(
    DATES,
    "date(DATE, FORMAT, DEFAULT_DATE)",
    {
        'date("2019-10-23 11:24", "yyyy-MM-dd HH:mm")': "2019-10-23T11:24:00Z",
        'date("2019-10-23 11:24")': "2019-10-23T11:24:00Z",
        'date("12112020")': "2020-12-11T00:00:00Z",
        'date(null, "yyyy-MM-dd", date("2020-01-01"))': "2020-01-01T00:00:00Z",
    },
)
def date(date: object, format: str | None = None, default_date: object = None) -> object:
    """Reads a text as a date-time, by FORMAT or by the default formats in their order; UTC where it names no zone.

    DEFAULT_DATE takes the place of a null.
    """
    if date is None:
        return default_date
    if isinstance(date, datetime):
        return date
    if not isinstance(date, str):
        raise Failed("only a text can be read as a date-time")
    moment = read_moment(date) if format is None else _by_pattern(date, format)
    if moment is None:
        raise Failed(f"{date} is no date-time{' in any default format' if format is None else f' of {format}'}")
    return moment


@function(DATES, "now()", {}, contextual=True)
def now(context: Context) -> datetime:
    """The moment at which the run was planned."""
    return _EPOCH + timedelta(milliseconds=context.now)


@function(DATES, "timestamp()", {}, contextual=True)
def timestamp(context: Context) -> int:
    """The moment at which the run was planned, in epoch milliseconds."""
    return context.now


def _by_pattern(text: str, pattern: str) -> datetime | None:
    try:
        return pattern_reader(pattern)(text)
    except PatternInvalid as error:
        raise Failed(str(error)) from error
