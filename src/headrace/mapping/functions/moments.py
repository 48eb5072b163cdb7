"""Dates and times: read, written, carried into other zones, and the moment of the run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar

from headrace.mapping.date_writing import pattern_writer
from headrace.mapping.dates import PatternInvalid, pattern_reader, read_moment
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import Context, function
from headrace.mapping.zones import zone_named

DATES = "Date / Time"
_Compiled = TypeVar("_Compiled")
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

    FORMAT is a Java date pattern. DEFAULT_DATE takes the place of a null.
    """
    if date is None:
        return default_date
    if isinstance(date, datetime):
        return date
    if not isinstance(date, str):
        raise Failed("only a text can be read as a date-time")
    moment = read_moment(date) if format is None else compiled(pattern_reader, format)(date)
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


@function(
    DATES,
    "format(DATE, FORMAT)",
    {
        'format(date("2019-10-23T11:24:35+00:00", "yyyy-MM-dd\'T\'HH:mm:ssXXX"), "yyyy-MM-dd HH:mm:ss")': (
            "2019-10-23 11:24:35"
        ),
        'format("2019-10-23", "EEEE, d MMM yy, \'week\' w, QQQ")': "Wednesday, 23 Oct 19, week 43, Q4",
        'format(zone_date_to_zone("2019-10-23T11:24:35Z", "Europe/Paris"), "HH:mm z XXX")': "13:24 CEST +02:00",
    },
)
def format(date: datetime, format: str) -> str:
    """Writes a date-time by a Java date pattern, in the date-time's own zone; weeks are ISO's, from Monday on."""
    return compiled(pattern_writer, format)(date)


@function(
    DATES,
    "dformat(TIMESTAMP, FORMAT)",
    {"dformat(1571829875000, \"yyyy-MM-dd'T'HH:mm:ss.SSSX\")": "2019-10-23T11:24:35.000Z"},
)
def dformat(timestamp: int, format: str) -> str:
    """Writes epoch milliseconds by a Java date pattern, in UTC."""
    return compiled(pattern_writer, format)(_EPOCH + timedelta(milliseconds=timestamp))


@function(
    DATES,
    "zone_date_to_utc(DATE)",
    {
        'zone_date_to_utc(date("2019-10-17T11:55:12 PST", "yyyy-MM-dd\'T\'HH:mm:ss z"))': "2019-10-17T19:55:12Z",
        'format(zone_date_to_utc("2019-10-17T11:55:12+02:00"), "HH:mm z")': "09:55 UTC",
    },
)
def zone_date_to_utc(date: datetime) -> datetime:
    """The same moment in UTC; an abbreviation such as PST is the one offset that it names."""
    return date.astimezone(UTC)


@function(
    DATES,
    "zone_date_to_zone(DATE, ZONE)",
    {
        'format(zone_date_to_zone("2021-10-26T13:43:59Z", "Europe/Paris"), "yyyy-MM-dd\'T\'HH:mm:ssXXX")': (
            "2021-10-26T15:43:59+02:00"
        ),
        'zone_date_to_zone("2021-10-26T13:43:59Z", "Europe/Paris")': "2021-10-26T13:43:59Z",
    },
)
def zone_date_to_zone(date: datetime, zone: str) -> datetime:
    """The same moment by another zone's clock, which format and date_part then go by."""
    return date.astimezone(zone_of(zone))


def zone_of(name: str) -> tzinfo:
    """The zone that an argument names."""
    zone = zone_named(name)
    if zone is None:
        raise Failed(f"there is no time zone {name[:50]}; name one such as Europe/Paris or +02:00")
    return zone


def compiled(compile: Callable[[str], _Compiled], pattern: str) -> _Compiled:
    """The date pattern that an argument is, compiled."""
    try:
        return compile(pattern)
    except PatternInvalid as error:
        raise Failed(str(error)) from error
