"""Dates and times: read, written, carried into other zones, and the moment of the run."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

from headrace.mapping import vector_dates
from headrace.mapping.date_writing import Writer, pattern_writer
from headrace.mapping.dates import Reader, pattern_reader, read_moment
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import Context, as_text, function
from headrace.mapping.values import shown
from headrace.mapping.words import Words
from headrace.mapping.zones import in_zone, zone_named, zone_names

DATES = "Date / Time"
# Texts that are a time zone, or a Java date pattern to read or to write by.
Zone = Annotated[tzinfo, Words("time zone", "name one such as Europe/Paris or +02:00", zone_named, zone_names)]
_ReadBy = Annotated[Reader, lambda pattern: pattern_reader(as_text(pattern))]
_WriteBy = Annotated[Writer, lambda pattern: pattern_writer(as_text(pattern))]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_SHOWN = 50


@function(
    DATES,
    "date(DATE, FORMAT, DEFAULT_DATE)",
    {
        'date("2019-10-23 11:24", "yyyy-MM-dd HH:mm")': "2019-10-23T11:24:00Z",
        'date("2019-10-23 11:24")': "2019-10-23T11:24:00Z",
        'date("12112020")': "2020-12-11T00:00:00Z",
        'date(null, "yyyy-MM-dd", date("2020-01-01"))': "2020-01-01T00:00:00Z",
    },
    columns=vector_dates.date,
)
def date(date: object, format: _ReadBy | None = None, default_date: object = None) -> object:
    """Reads a text as a date-time, by FORMAT or by the default formats in their order; UTC where it names no zone.

    FORMAT is a Java date pattern. DEFAULT_DATE takes the place of a null.
    """
    if date is None:
        return default_date
    if isinstance(date, datetime):
        return date
    if not isinstance(date, str):
        raise Failed(f"{shown(date)} is no text, and only a text can be read as a date-time")
    moment = read_moment(date) if format is None else format(date)
    if moment is None:
        told = "in any default format" if format is None else f"of {format.pattern}"
        raise Failed(f"{date[:_MOST_SHOWN]} is no date-time {told}")
    return moment


@function(DATES, "now()", {}, contextual=True)
def now(context: Context) -> datetime:
    """The moment at which the run was planned."""
    return _moment_at(context.now)


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
    columns=vector_dates.format,
)
def format(date: datetime, format: _WriteBy) -> str:
    """Writes a date-time by a Java date pattern, in the date-time's own zone; weeks are ISO's, from Monday on."""
    return format(date)


@function(
    DATES,
    "dformat(TIMESTAMP, FORMAT)",
    {"dformat(1571829875000, \"yyyy-MM-dd'T'HH:mm:ss.SSSX\")": "2019-10-23T11:24:35.000Z"},
    columns=vector_dates.dformat,
)
def dformat(timestamp: int, format: _WriteBy) -> str:
    """Writes epoch milliseconds by a Java date pattern, in UTC."""
    return format(_moment_at(timestamp))


@function(
    DATES,
    "zone_date_to_utc(DATE)",
    {
        'zone_date_to_utc(date("2019-10-17T11:55:12 PST", "yyyy-MM-dd\'T\'HH:mm:ss z"))': "2019-10-17T19:55:12Z",
        'format(zone_date_to_utc("2019-10-17T11:55:12+02:00"), "HH:mm z")': "09:55 UTC",
    },
    columns=vector_dates.in_utc,
)
def zone_date_to_utc(date: datetime) -> datetime:
    """The same moment in UTC; an abbreviation such as PST is the one offset that it names."""
    return in_zone(date, UTC)


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
def zone_date_to_zone(date: datetime, zone: Zone) -> datetime:
    """The same moment by another zone's clock, which format and date_part then go by."""
    return in_zone(date, zone)


def _moment_at(milliseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise Failed("so many milliseconds since 1970 lie outside the years 1 to 9999") from error
