"""Times in .NET patterns: written, and read back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies

from headrace.sources.time_reading import time_pattern
from headrace.sources.times import format_time

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2024, 3, 15, 23, 30, tzinfo=BERLIN)

IN_A_ZONE = {
    "yyyy-MM-dd": "2024-03-15",
    "yyyy-MM-ddTHH:mm:ss": "2024-03-15T23:30:00",
    "yyyy-MM-ddTHH:mm:ssK": "2024-03-15T23:30:00+01:00",
    "yyyy-MM-dd zzz": "2024-03-15 +01:00",
    "yyyy-MM-dd z": "2024-03-15 +1",
    "yyyy-MM-ddTHH:mm:ssZ": "2024-03-15T22:30:00Z",
    "r": "Fri, 15 Mar 2024 22:30:00 GMT",
    "epochSeconds": "1710541800",
    "epochMilliseconds": "1710541800000",
}


@pytest.mark.parametrize("pattern", IN_A_ZONE)
def test_a_moment_is_written_in_its_zone_unless_the_pattern_says_utc(pattern):
    assert format_time(MOMENT, pattern) == IN_A_ZONE[pattern]


# A moment between two milliseconds, as microseconds from the epoch -> the millisecond and the second that it lies in.
BETWEEN = {0: (0, 0), 999: (0, 0), 1_711_670_399_999_999: (1_711_670_399_999, 1_711_670_399), -1: (-1, -1)}


@pytest.mark.parametrize("micros", BETWEEN)
def test_a_moment_is_written_as_the_unit_that_it_lies_in(micros):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    milliseconds, seconds = BETWEEN[micros]
    assert format_time(moment, "epochMilliseconds") == str(milliseconds)
    assert format_time(moment, "epochSeconds") == str(seconds)


READ = [
    ("MM/dd/yyyy", "03/15/2024", (2024, 3, 15)),
    ("MM/dd/yyyy", "3/15/2024", None),
    ("M/d/yyyy", "3/5/2024", (2024, 3, 5)),
    ("dd.MM.yyyy", "15.03.2024", (2024, 3, 15)),
    ("dd.MM.yyyy", "30.02.2024", None),
    ("dd.MM.yyyy", "15.03.2024 ", None),
    ("yyyyMMdd", "20240315", (2024, 3, 15)),
    ("yyyy-MM", "2024-03", (2024, 3, 1)),
    ("yyyy", "2024", (2024, 1, 1)),
    ("dd-MMM-yy", "15-MAR-24", (2024, 3, 15)),
    ("dd-MMM-yy", "15-Mar-50", (1950, 3, 15)),
    ("d MMMM yyyy", "5 march 2024", (2024, 3, 5)),
    ("ddd, dd MMM yyyy", "Fri, 15 Mar 2024", (2024, 3, 15)),
    ("dd/MM/yyyy hh:mm tt", "15/03/2024 11:59 PM", (2024, 3, 15)),
    ("dd/MM/yyyy hh:mm tt", "15/03/2024 13:59 PM", None),
    ("yyyy-MM-dd HH:mm:ss.FFF", "2024-03-15 10:00:00.", (2024, 3, 15)),
    ("'day 'dd'.'MM'.'yyyy", "day 15.03.2024", (2024, 3, 15)),
    ("yyyy-MM-ddTHH:mm:ssZ", "2024-03-15T23:30:00Z", (2024, 3, 16)),
    ("yyyy-MM-ddTHH:mm:ssK", "2024-03-15T23:30:00+00:00", (2024, 3, 16)),
    ("yyyy-MM-ddTHH:mm:ssK", "2024-03-15T23:30:00", (2024, 3, 15)),
    ("yyyy-MM-dd zzz", "2024-03-15 +14:00", (2024, 3, 14)),
    ("MM/dd/yyyy", "０３/15/2024", None),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "day"), READ)
def test_a_text_is_read_by_its_pattern_and_by_nothing_else(pattern, text, day):
    moment = time_pattern(pattern).read(text, BERLIN)
    found = moment and moment.astimezone(BERLIN)
    assert (found and (found.year, found.month, found.day)) == day


@given(
    strategies.datetimes(datetime(1950, 1, 2), datetime(2049, 12, 30)),
    strategies.sampled_from([
        "yyyy-MM-ddTHH:mm:ss.ffffffK", "d.M.yy H:m:s FFFFFF zzz", "dddd, dd MMMM yyyy hh:mm:ss tt", "yyyyMMddHHmmssfff",
        "o", "s", "u", "r", "MMM d yyyy h:mm tt z",
    ]),
    strategies.sampled_from([UTC, BERLIN, ZoneInfo("America/New_York")]),
)  # fmt: skip
def test_what_is_written_is_read_back(moment, pattern, zone):
    local = moment.replace(tzinfo=zone)
    written = format_time(local, pattern)
    read = time_pattern(pattern).read(written, zone)
    assert read is not None and format_time(read.astimezone(zone), pattern) == written
    assert abs(read.replace(tzinfo=None) - local.astimezone(read.tzinfo).replace(tzinfo=None)) < timedelta(minutes=1)


@pytest.mark.parametrize("pattern", ["MM/dd", "", "'yyyy'"])
def test_a_pattern_without_a_year_gives_no_day(pattern):
    if pattern:
        with pytest.raises(ValueError, match="no year"):
            time_pattern(pattern)
