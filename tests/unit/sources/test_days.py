"""The day of a record: every way in which sources write it, in columns as record by record, and asked for or not."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies

from headrace import sources
from headrace.clock import Window, epoch_ms
from headrace.errors import SpecInvalid
from headrace.sources.days import day_of, days_of, paths_of
from headrace.sources.extension import Day
from headrace.sources.limits import clamp
from headrace.sources.periods import midnight
from headrace.sources.slicing import cuts
from sliced import typed_rows, values_at
from source_server import part, reading, spec

AT = {"date": "rows.at"}
PARTS = {"year": "rows.y", "month": "rows.m", "day": "rows.d"}
BERLIN, NEW_YORK = {"zone": "Europe/Berlin"}, {"zone": "America/New_York"}
MARCH_15 = date(2024, 3, 15)
NOON = 1710504000  # epoch seconds of 2024-03-15T12:00Z

READABLE = [
    (AT, {"at": "2024-03-15"}),
    (AT, {"at": "20240315"}),
    (AT, {"at": "2024-03-15T23:30:00"}),
    (AT, {"at": "2024-03-15T23:30:00.123456789Z"}),
    (AT, {"at": NOON}),
    (AT, {"at": NOON * 1000}),
    (AT, {"at": NOON + 0.5}),
    ({**AT, **BERLIN}, {"at": "2024-03-14T23:30:00Z"}),
    ({**AT, **NEW_YORK}, {"at": "2024-03-16T01:00:00Z"}),
    ({**AT, **BERLIN}, {"at": "2024-03-15"}),
    ({**AT, "format": "MM/dd/yyyy"}, {"at": "03/15/2024"}),
    ({**AT, "format": "dd.MM.yyyy"}, {"at": "15.03.2024"}),
    ({**AT, "format": "yyyyMMdd"}, {"at": 20240315}),
    ({**AT, "format": "yyyy-MM-ddTHH:mm:ssZ", **BERLIN}, {"at": "2024-03-14T23:30:00Z"}),
    ({**AT, "format": "epochSeconds"}, {"at": NOON}),
    ({**AT, "format": "epochSeconds"}, {"at": str(NOON)}),
    ({**AT, "format": "epochSeconds"}, {"at": f"{NOON}.75"}),
    ({**AT, "format": "epochMilliseconds"}, {"at": NOON * 1000}),
    ({**AT, "format": "epochMilliseconds"}, {"at": str(NOON * 1000)}),
    ({**AT, "format": "epochMilliseconds", **NEW_YORK}, {"at": str((NOON + 14 * 3600) * 1000)}),
    (PARTS, {"y": 2024, "m": 3, "d": 15}),
    (PARTS, {"y": "2024", "m": "03", "d": "15"}),
]  # fmt: skip
UNREADABLE = [
    (AT, {"at": "03/15/2024"}),
    (AT, {"at": "15.03.2024"}),
    (AT, {"at": str(NOON * 1000)}),
    (AT, {"at": "171203040"}),
    (AT, {"at": "2024-02-30"}),
    (AT, {"at": {}}),
    (AT, {"at": ["2024-03-15"]}),
    (AT, {"at": None}),
    (AT, {}),
    (AT, {"at": True}),
    (AT, {"at": ""}),
    ({**AT, "format": "MM/dd/yyyy"}, {"at": "2024-03-15"}),
    ({**AT, "format": "MM/dd/yyyy"}, {"at": "15/03/2024"}),
    ({**AT, "format": "yyyyMMdd"}, {"at": 20240315.0}),
    ({**AT, "format": "epochMilliseconds"}, {"at": "2024-03-15"}),
    (PARTS, {"y": 2024, "m": 2, "d": 30}),
    (PARTS, {"y": 2024, "m": 3, "d": 15.0}),
    (PARTS, {"y": 2024, "m": 3, "d": "15.0"}),
    (PARTS, {"y": 2024, "m": True, "d": 15}),
    (PARTS, {"y": 2024, "m": 3}),
    (PARTS, {"y": 2024, "m": 3, "d": {}}),
]  # fmt: skip


def judged(day, records, first=MARCH_15, last=MARCH_15, replaces=True, wanted=None):
    """The one slice of a page of these records, some of whose days were asked for."""
    document = spec(extension={"day": day, "sliceDays": 31, "writeMode": "replace-window"})
    asked = part(first_day=first, last_day=last)
    body = msgspec.json.encode({"rows": records})
    wanted = {("rows", "v"): None, **(wanted or {})}
    [slice] = sources.decoder(reading(document), asked, wanted, replaces).slices([("p", body)])
    return slice


def good(day):
    """A record whose day is readable, whatever stands beside it."""
    return next(record for told, record in READABLE if told == day)


@pytest.mark.parametrize(("day", "record"), READABLE)
def test_a_readable_day(day, record):
    slice = judged(day, [{**record, "v": 1}])
    assert slice.days.to_pylist() == [MARCH_15] and slice.rejected.num_rows == 0 and typed_rows(slice) == [0]


@pytest.mark.parametrize(("day", "record"), UNREADABLE)
def test_a_row_without_a_readable_day_is_rejected_and_leaves_its_neighbours_alone(day, record):
    neighbour = good(day)
    slice = judged(day, [{**neighbour, "v": 1}, {**record, "v": 2}, {**neighbour, "v": "n/a"}])
    assert slice.days.to_pylist() == [MARCH_15, None, MARCH_15]
    staying = values_at(slice, "rows", "v")
    [reason] = slice.rejected.to_pylist()
    assert staying == {0: 1, 2: "n/a"} and slice.read == 3
    assert (reason["_row"], reason["family"], reason["code"], reason["actual"]) == (
        1, "parsing", "INGEST-1401-400", "no day",
    )  # fmt: skip
    assert "rows." in reason["message"] and " is " in reason["message"]


@pytest.mark.parametrize(("day", "record"), UNREADABLE)
def test_where_rows_are_appended_a_row_may_have_no_day(day, record):
    slice = judged(day, [{**good(day), "v": 1}, {**record, "v": 2}], replaces=False)
    assert slice.days.to_pylist() == [MARCH_15, None] and slice.rejected.num_rows == 0


def test_a_row_of_a_day_that_was_not_asked_for_is_rejected_with_the_day():
    days = ["2024-03-13", "2024-03-14", "2024-03-15", "2024-03-16", "2024-03-17"]
    slice = judged(AT, [{"at": day} for day in days], date(2024, 3, 14), date(2024, 3, 16))
    assert typed_rows(slice) == [1, 2, 3]
    assert [row["message"] for row in slice.rejected.to_pylist()] == [
        f"Day {day} was not asked for; this part asked for 2024-03-14 to 2024-03-16." for day in (days[0], days[4])
    ]


def test_a_row_that_a_rule_drops_needs_no_day():
    rule = {"name": "r", "param": "a", "field": "rows.k", "by": "p", "listings": {"X": {"path": "/active"}}}
    document = spec(extension={"day": AT, "sliceDays": 1, "rules": [rule]})
    planned = part(first_day=MARCH_15, last_day=MARCH_15, allowed={"r": ("in",)})
    body = msgspec.json.encode({"rows": [{"k": "out", "at": None}, {"k": "in", "at": None}]})
    [slice] = sources.decoder(reading(document), planned, {("rows", "k"): None}, True).slices([("p", body)])
    assert slice.dropped == {"r": 1} and slice.rejected["_row"].to_pylist() == [1]


def test_a_day_that_is_mapped_to_another_type_is_still_the_day():
    records = [{"y": 2024, "m": 3, "d": 15}, {"y": 2024, "m": 3, "d": 15.5}]
    slice = judged(PARTS, records, wanted={("rows", "d"): pa.float64()})
    assert slice.days.to_pylist() == [MARCH_15, None] and slice.rejected["_row"].to_pylist() == [1]


def test_a_day_beside_the_array():
    document = spec(extension={"day": {"date": "at"}, "sliceDays": 1, "writeMode": "replace-window"})
    for at, rejected in (("2024-03-15", []), ("2024-03-16", [0])):
        body = msgspec.json.encode({"at": at, "rows": [{"v": 1}]})
        asked = part(first_day=MARCH_15, last_day=MARCH_15)
        [slice] = sources.decoder(reading(document), asked, {("rows", "v"): None}, True).slices([("p", body)])
        assert slice.rejected["_row"].to_pylist() == rejected


# -- columns are the same, only faster ---------------------------------------------------------------------------

TEXTS = strategies.sampled_from([
    "2024-03-15", "2024-02-30", "03/15/2024", "15.03.2024", "20240315", "1710504000", "1710504000000", "15.0", "n/a",
    "", "2024-W11-5", "2024-03-15T23:30:00Z",  "2024-03-15T23:30:00-05:00", "0001-01-01T00:00Z",
])  # fmt: skip
NUMBERS = strategies.one_of(
    strategies.integers(-40, 40),
    strategies.integers(-(2**63), 2**63 - 1),
    strategies.sampled_from([2024, 20240315, NOON]),
)
FLOATS = strategies.one_of(strategies.floats(), strategies.sampled_from([15.0, 2024.0, 20240315.0, NOON + 0.5]))
COLUMNS = strategies.sampled_from([(TEXTS, pa.string()), (NUMBERS, pa.int64()), (FLOATS, pa.float64())])
ONE = [
    {**AT, **more, **zone}
    for more in ({}, {"format": "MM/dd/yyyy"}, {"format": "yyyyMMdd"}, {"format": "epochSeconds"},
                 {"format": "epochMilliseconds"})
    for zone in ({}, BERLIN, NEW_YORK)
]  # fmt: skip


def column(data, length):
    values, kind = data.draw(COLUMNS)
    drawn = data.draw(strategies.lists(strategies.none() | values, min_size=length, max_size=length))
    return pa.array(drawn, kind)


@given(strategies.data(), strategies.sampled_from([PARTS, *ONE]), strategies.integers(0, 8))
def test_days_of_columns_are_the_days_of_their_records(data, told, length):
    day = msgspec.convert(told, Day)
    columns = [column(data, length) for _ in paths_of(day)]
    rows = zip(*(one.to_pylist() for one in columns), strict=True) if length else ()
    assert days_of(day, columns, length).to_pylist() == [day_of(day, row) for row in rows]


@settings(max_examples=50)
@given(
    strategies.lists(
        strategies.sampled_from(
            [r for told, r in (*READABLE, *UNREADABLE) if told == AT]
            + [{"at": "2024-03-14"}, {"at": "2024-03-16", "v": "n/a"}]
        ),
        max_size=12,
    ),
    strategies.booleans(),
)
def test_what_becomes_of_a_record_depends_on_no_other(records, replaces):
    if not records:
        return
    together = judged(AT, records, replaces=replaces)
    alone = [judged(AT, [record], replaces=replaces) for record in records]
    assert together.days.to_pylist() == [one.days.to_pylist()[0] for one in alone]
    assert together.rejected["message"].to_pylist() == [m for one in alone for m in one.rejected["message"].to_pylist()]


def test_a_decimal_column_gives_no_wrong_day():
    day = msgspec.convert(PARTS, Day)
    columns = [pa.array([Decimal(value)], pa.decimal128(10, 2)) for value in (2024, 3, 15)]
    assert days_of(day, columns, 1).to_pylist() == [None]


# -- which days are asked for ------------------------------------------------------------------------------------

ASKED = [
    ("UTC", "day", ("2024-03-15T00:00", "2024-03-16T00:00"), 31, [("2024-03-15", "2024-03-15")]),
    ("Europe/Berlin", "day", ("2024-03-15T00:00", "2024-03-16T00:00"), 31, [("2024-03-15", "2024-03-16")]),
    ("Europe/Berlin", "day", ("2024-03-14T23:00", "2024-03-15T23:00"), 31, [("2024-03-15", "2024-03-15")]),
    ("America/New_York", "day", ("2024-03-15T00:00", "2024-03-15T03:00"), 31, [("2024-03-14", "2024-03-14")]),
    ("UTC", "week", ("2024-03-15T00:00", "2024-03-16T00:00"), 7, [("2024-03-11", "2024-03-17")]),
    ("UTC", "month", ("2024-03-15T00:00", "2024-03-16T00:00"), 31, [("2024-03-01", "2024-03-31")]),
    ("UTC", "month", ("2024-01-15T00:00", "2024-03-02T00:00"), 60,
     [("2024-01-01", "2024-02-29"), ("2024-03-01", "2024-03-31")]),
    ("UTC", "month", ("2024-01-15T00:00", "2024-03-02T00:00"), 31,
     [("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29"), ("2024-03-01", "2024-03-31")]),
    ("UTC", "quarter", ("2024-03-31T00:00", "2024-04-02T00:00"), 92,
     [("2024-01-01", "2024-03-31"), ("2024-04-01", "2024-06-30")]),
    ("UTC", "year", ("2024-03-31T00:00", "2024-04-02T00:00"), 366, [("2024-01-01", "2024-12-31")]),
]  # fmt: skip


def instant(text):
    return epoch_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(("zone", "period", "window", "days", "expected"), ASKED)
def test_whole_periods_of_the_zone_are_asked_for(zone, period, window, days, expected):
    told = Day("rows.at", zone=zone)
    found = list(cuts(Window(*map(instant, window)), days, False, told.tzinfo, period))
    assert [(str(one.first_day), str(one.last_day)) for one in found] == expected
    assert [one.span.start for one in found] == [midnight(one.first_day, told.tzinfo) for one in found]


def test_a_period_that_the_source_has_lost_a_part_of_is_not_asked_for():
    told = {"retention": {"months": 6}, "sliceDays": 31, "period": "month", "day": AT}
    now, window = instant("2024-09-10T05:00"), Window(instant("2024-01-01T00:00"), instant("2024-09-10T00:00"))
    clamped, [sentence] = clamp(spec(extension=told), window, now)
    assert clamped == Window(instant("2024-04-01T00:00"), window.end) and "2024-04-01" in sentence


REFUSED = [
    ({"day": {}}, "either date"),
    ({"day": {"date": "a", "year": "b"}}, "either date"),
    ({"day": {"year": "b", "month": "c"}}, "either date"),
    ({"day": {**AT, "format": "MM/dd"}}, "no year"),
    ({"day": {**PARTS, "format": "yyyy"}}, "does not go with"),
    ({"day": {**AT, "zone": "Berlin"}}, "no time zone"),
    ({"day": {**AT, "zone": "../UTC"}}, "no time zone"),
    ({"day": AT, "period": "month", "sliceDays": 7}, "at least 31"),
    ({"day": AT, "period": "fortnight"}, "fortnight"),
    ({"lookback": -1}, "lookback must be 0 or more"),
    ({"endInclusive": True, "sliceDays": 1}, "included anyway"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "message"), REFUSED)
def test_a_day_that_cannot_be_read_is_refused_with_the_spec(told, message):
    with pytest.raises(SpecInvalid, match=message):
        sources.write_mode(spec(extension=told))


# -- what an answer without rows proves --------------------------------------------------------------------------

IDS = {"param": "ids", "listing": {"path": "/accounts"}}
PROVED = [
    ({}, {}, False),
    ({"readable": [IDS]}, {"ids": "1"}, True),
    ({"readable": [IDS]}, {"ids": " , "}, False),
    ({"readable": [IDS]}, {}, False),
    ({"partition": IDS}, {}, True),
    ({"partition": IDS}, {"ids": "1"}, False),
    ({"partition": {**IDS, "unless": ["others"]}}, {"others": "2"}, False),
    ({"partition": {"param": "ids"}}, {}, False),
    ({"partition": IDS, "readable": [IDS]}, {"ids": "1"}, True),
]


@pytest.mark.parametrize(("told", "params", "proved"), PROVED)
def test_what_the_source_has_listed_may_be_read(told, params, proved):
    inputs = {"properties": {"ids": {"type": "string"}, "others": {"type": "string"}}}
    assert sources.is_readable(reading(spec(inputs, extension=told), params)) is proved


@pytest.mark.parametrize("params", [{"accountIds": "1"}, {"campaignIds": "1"}, {}])
def test_linkedin_lists_whatever_a_run_reads(params):
    [linkedin] = [one for one in sources.shipped_specs() if one["name"] == "linkedin-ads"]
    assert sources.is_readable(reading(linkedin, params))
