"""A reading becomes requests: substitution, schedules, days, partitions, kinds of authentication."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from headrace import errors, sources
from headrace.clock import Window, epoch_ms
from headrace.sources.slicing import cuts
from headrace.sources.times import format_time
from source_server import Reply, reading, reply, spec

DAY = 86_400_000
START, END = epoch_ms(datetime(2022, 8, 9, 1, 2, 3, tzinfo=UTC)), epoch_ms(datetime(2022, 8, 10, tzinfo=UTC))


def requested(source, http, document, params=None, auth="OAuth2 Refresh Code", credentials=None, **more):
    """The request of the only part, and how it arrived."""
    source.script = [reply({"rows": []})]
    credentials = {"host": source.url, "accessToken": "t", **(credentials or {})}
    told = reading(document, params, Window(START, END), auth=auth, **more)
    [part] = sources.plan(told, credentials, http).parts
    list(sources.fetch(told, part, credentials, http))
    return part.request, source.asked[-1]


INPUTS = {"properties": {"listId": {}, "kinds": {}, "missing": {}}}


def test_values_are_encoded_and_the_author_s_text_is_not(source, http):
    urls = {
        "host": "{host}",
        "path": "/lists/${listId}/x(y)",
        "queryParams": {"page[size]": "7", "q": "a:${listId},b", "kinds": "${kinds|list}", "none": "${missing}"},
    }
    _, asked = requested(source, http, spec(INPUTS, urlParams=urls), {"listId": "a/b&c", "kinds": "x, y"})
    assert asked.target == "/lists/a%2Fb%26c/x(y)?page[size]=7&q=a:a%2Fb%26c,b&kinds=List(x,y)&none="


def test_a_path_with_a_query_of_a_spec_of_before_loses_no_parameter(source, http):
    document = spec(
        urlParams={"path": "/items?team=blue"},
        scheduleParams={"scheduleStartParamName": "from", "scheduleStartParamFormat": "yyyy"},
        paginationParams={"type": "PAGE", "pageParamName": "p", "endPageIndex": 0},
    )
    _, asked = requested(source, http, document)
    assert asked.target == "/items?team=blue&from=2022&p=0"


def test_parameters_may_be_left_out_when_empty(source, http):
    urls = {"path": "/x", "queryParams": {"a": "${missing|urns:thing}", "b": "${listId|urns:thing}", "c": "${missing}"}}
    document = spec(INPUTS, urlParams=urls, extension={"omitWhenEmpty": ["a", "c"]})
    _, asked = requested(source, http, document, {"listId": "1,urn:li:thing:2"})
    assert asked.target == "/x?b=List(urn%3Ali%3Athing%3A1,urn%3Ali%3Athing%3A2)"


def test_headers_and_a_body_with_secrets_filled_in_late(source, http):
    document = spec(
        INPUTS,
        urlParams={"path": "/search", "method": "POST"},
        headerParams={"X-List": "${listId}", "X-Token": "${accessToken}"},
        bodyParams={"filter": {"list": "${listId}"}, "token": "${accessToken}", "n": 3},
    )
    request, asked = requested(source, http, document, {"listId": 'a"b'}, credentials={"accessToken": 't"1'})
    assert msgspec.json.decode(asked.body) == {"filter": {"list": 'a"b'}, "token": 't"1', "n": 3}
    assert asked.headers["x-list"] == 'a"b' and asked.headers["content-type"] == "application/json"
    assert "${accessToken}" in request.body and 't"1' not in str(request)


@pytest.mark.parametrize(
    ("urls", "params", "error"),
    [
        ({"path": "/${nobody}"}, {}, errors.ParamMissing),
        ({"path": "/x", "host": "${host}?a=1"}, {}, errors.ParamInvalid),
        ({"path": "/x", "method": "DELETE"}, {}, errors.SpecInvalid),
        ({"path": "/${listId|magic}"}, {"listId": "1"}, errors.ParamInvalid),
    ],
)
def test_requests_that_cannot_be_made(source, http, urls, params, error):
    with pytest.raises(error):
        requested(source, http, spec(INPUTS, urlParams=urls), params)


def test_line_breaks_do_not_enter_a_header(source, http):
    with pytest.raises(errors.ParamInvalid):
        requested(source, http, spec(INPUTS, headerParams={"X": "${listId}"}), {"listId": "a\r\nHost: b"})


# -- schedules ---------------------------------------------------------------------------------------------------

SIMPLE = {
    "scheduleStartParamName": "since",
    "scheduleEndParamName": "before",
    "scheduleStartParamFormat": "yyyy-MM-ddTHH:mm:ssK",
    "scheduleEndParamFormat": "yyyy-MM-ddTHH:mm:ss:fffffffK",
}
ADVANCED = {
    "type": "ADVANCE",
    "paramFormat": "yyyy-MM-dd",
    "incremental": "from {START_TIME} to {END_TIME}",
    "backfill": "to {END_TIME}",
}
SCHEDULED = {"path": "/x", "queryParams": {"q": "created:{SCHEDULE_QUERY}"}}


def test_a_simple_schedule_adds_two_parameters(source, http):
    _, asked = requested(source, http, spec(scheduleParams=SIMPLE))
    assert asked.target == "/items?since=2022-08-09T01%3A02%3A03Z&before=2022-08-10T00%3A00%3A00%3A0000000Z"


def test_a_simple_schedule_of_a_post_goes_into_its_body(source, http):
    urls = {"path": "/x", "method": "POST"}
    _, asked = requested(source, http, spec(urlParams=urls, scheduleParams=SIMPLE))
    assert msgspec.json.decode(asked.body)["since"] == "2022-08-09T01:02:03Z"


@pytest.mark.parametrize(
    ("backfill", "written"), [(False, "created:from%202022-08-09%20to%202022-08-10"), (True, "created:to%202022-08-10")]
)
def test_an_advanced_schedule_stands_where_the_author_put_it(source, http, backfill, written):
    _, asked = requested(source, http, spec(urlParams=SCHEDULED, scheduleParams=ADVANCED), backfill=backfill)
    assert asked.target == f"/x?q={written}"


def test_the_ends_of_a_window_stand_anywhere_in_a_body(source, http):
    body = {"range": {"from": "{START_TIME}", "days": ["{START_TIME}/{END_TIME}"]}, "mode": "raw"}
    schedule = {"type": "ADVANCE", "paramFormat": "yyyy-MM-dd"}
    urls = {"path": "/x", "method": "POST"}
    _, asked = requested(source, http, spec(urlParams=urls, bodyParams=body, scheduleParams=schedule))
    written = {"range": {"from": "2022-08-09", "days": ["2022-08-09/2022-08-10"]}, "mode": "raw"}
    assert msgspec.json.decode(asked.body) == written


TIMES = {
    "yyyy-MM-ddTHH:mm:ssZ": "2022-08-09T01:02:03Z",
    "yyyy-MM-ddTHH:mm:ss.fffK": "2022-08-09T01:02:03.045Z",
    "yyyy-MM-dd HH:mm:ss.FFFFFFF": "2022-08-09 01:02:03.045",
    "'(year:'yyyy',month:'M',day:'d')'": "(year:2022,month:8,day:9)",
    "ddd, dd MMM yy h\\h tt zzz": "Tue, 09 Aug 22 1h AM +00:00",
    "s": "2022-08-09T01:02:03",
    "": "2022-08-09T01:02:03Z",
}


@pytest.mark.parametrize("pattern", TIMES)
def test_times_in_net_patterns(pattern):
    assert format_time(datetime(2022, 8, 9, 1, 2, 3, 45_000, tzinfo=UTC), pattern) == TIMES[pattern]


INCLUSIVE = {
    "yyyy-MM-ddTHH:mm:ssZ": "2022-08-09T23:59:59Z",
    "yyyy-MM-ddTHH:mm:ss.fffZ": "2022-08-09T23:59:59.999Z",
    "yyyy-MM-dd HH:mm": "2022-08-09 23:59",
    "yyyy-MM-dd": "2022-08-09",
    "yyyyMMddHH": "2022080923",
    "r": "Tue, 09 Aug 2022 23:59:59 GMT",
    "epochSeconds": "1660089599",
    "epochMilliseconds": "1660089599999",
}


@pytest.mark.parametrize("pattern", INCLUSIVE)
def test_an_end_that_is_included_is_the_unit_before_the_windows_end(source, http, pattern):
    told = {"scheduleStartParamName": "since", "scheduleEndParamName": "until", "scheduleEndParamFormat": pattern}
    for inclusive, end in (
        (True, INCLUSIVE[pattern]),
        (False, format_time(datetime(2022, 8, 10, tzinfo=UTC), pattern)),
    ):
        document = spec(scheduleParams=told, extension={"endInclusive": inclusive})
        _, asked = requested(source, http, document)
        query = parse_qs(urlsplit(asked.target).query)
        assert query["until"] == [end] and query["since"] == ["2022-08-09T01:02:03Z"]


# -- days and retention ------------------------------------------------------------------------------------------

CUTS = [
    (0, DAY, 1, [(1, 1)]),
    (0, 3 * DAY, 2, [(1, 2), (3, 3)]),
    (0, 3 * DAY + 1, 2, [(1, 2), (3, 4)]),
    (DAY // 2, DAY, 31, [(1, 1)]),
    (DAY - 1, DAY + 1, 31, [(1, 2)]),
    (DAY, DAY, 31, [(2, 2)]),
]


@pytest.mark.parametrize(("start", "end", "days", "expected"), CUTS)
def test_a_window_becomes_inclusive_days(start, end, days, expected):
    found = list(cuts(Window(start, end), days, False))
    assert [(one.first_day, one.last_day) for one in found] == [
        (date(1970, 1, first), date(1970, 1, last)) for first, last in expected
    ]


@pytest.mark.parametrize(
    ("now", "earliest"),
    [((2022, 8, 10, 5), (2022, 2, 10)), ((2022, 8, 31), (2022, 2, 28)), ((2022, 3, 1), (2021, 9, 1))],
)
def test_retention_in_calendar_months(now, earliest):
    document = spec(extension={"retention": {"months": 6}})
    found = sources.retention_ms(document, epoch_ms(datetime(*now, tzinfo=UTC)))
    assert found == epoch_ms(datetime(*earliest, tzinfo=UTC)) and sources.retention_ms(spec(), 0) is None


# -- partitions --------------------------------------------------------------------------------------------------

LISTED = {
    "partition": {
        "param": "ids",
        "listing": {"path": "/accounts", "contentPath": "$.accounts", "value": "$.key.id"},
    }
}


def test_a_listing_without_anything_is_a_failure(source, http):
    source.script = [reply({"accounts": []})]
    told = reading(spec({"properties": {"ids": {}}}, extension=LISTED))
    with pytest.raises(errors.SourceEmpty):
        sources.plan(told, {"host": source.url, "accessToken": "t"}, http)


def test_a_listed_half_of_a_character_is_named(source, http):
    source.script = [Reply(200, b'{"accounts": [{"key": {"id": "\\ud800"}}]}')]
    told = reading(spec({"properties": {"ids": {}}}, extension=LISTED))
    with pytest.raises(errors.SourceUnreadable, match=r"/accounts lists half a character at \$\.key\.id"):
        sources.plan(told, {"host": source.url, "accessToken": "t"}, http)


def test_each_listed_partition_has_its_own_request(source, http):
    source.script = [reply({"accounts": [{"key": {"id": 1}}, {"key": {"id": 2}}, {"key": {"id": 1}}, {}]})]
    urls = {"path": "/x", "queryParams": {"id": "${ids}", "p": "${partition}"}}
    told = reading(spec({"properties": {"ids": {}}}, extension=LISTED, urlParams=urls))
    parts = sources.plan(told, {"host": source.url, "accessToken": "t"}, http).parts
    assert [(part.n, part.partition, part.request.query) for part in parts] == [
        (0, "1", "id=1&p=1"), (1, "2", "id=2&p=2"),
    ]  # fmt: skip
    assert [msgspec.json.decode(msgspec.json.encode(part), type=sources.Part) for part in parts] == [*parts]


# -- authentication ----------------------------------------------------------------------------------------------

KINDS = {
    "OAuth2 Refresh Code": ({"accessToken": "t"}, {"authorization": "Bearer t"}),
    "Basic Authentication": (
        {"username": "u", "password": "p:w", "accessToken": ""},
        {"authorization": "Basic dTpwOnc="},
    ),
    "API Key Authentication": ({"authKey1": "k"}, {"x-key": "k"}),
    "None": ({}, {}),
    "": ({}, {}),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_authentication(source, http, name):
    credentials, headers = KINDS[name]
    document = spec(urlParams={"host": source.url, "path": "/x"})
    _, asked = requested(source, http, document, auth=name, credentials=credentials)
    assert {key: asked.headers[key] for key in ("authorization", "x-key") if key in asked.headers} == headers


def test_the_name_of_a_query_parameter_may_hold_a_parameter(source, http):
    inputs = {"properties": {"kind": {}, "ids": {}}}
    query = {"${kind|singular}_ids": "${ids}", "filter[${kind}]": "a", "no${kind}": ""}
    document = spec(
        inputs,
        {"omitWhenEmpty": ["no${kind}"]},
        urlParams={"host": source.url, "path": "/x", "queryParams": query},
    )
    _, asked = requested(source, http, document, params={"kind": "ad_groups", "ids": "1,2"})
    assert asked.target == "/x?ad_group_ids=1%2C2&filter[ad_groups]=a"


# -- explore and test of any source ------------------------------------------------------------------------------

SAMPLE = [{"n": 1, "f": 0.5, "t": "a", "b": True, "o": {}, "l": [1], "e": [], "z": None}, {"n": None, "x": [{"y": 1}]}]


UNTOLD = {"description": "Null in every record that was read, so its type is not known."}
HOLLOW = {"description": "Without any field in every record that was read, so its fields are not known."}
NO_ITEM = {"description": "Every array that was read is empty: no item is known."}


def test_explore_infers_from_what_is_there(source, http):
    source.script = [reply({"rows": SAMPLE})]
    document = spec(contentPath={"path": "$.rows", "keepAttributes": ["-"]})
    found = sources.explore(document, "None", {"host": source.url}, {}, END, http)
    integer = {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991}
    assert found.schema == {"type": "object", "properties": {"rows": {"type": "object", "properties": {
        "n": integer, "f": {"type": "number"}, "t": {"type": "string"}, "b": {"type": "boolean"},
        "o": {"type": "object", "properties": {}, **HOLLOW}, "l": {"type": "array", "items": integer},
        "e": {"type": "array", "items": {"type": "object", "properties": {}, **NO_ITEM}}, "z": UNTOLD,
        "x": {"type": "array", "items": {"type": "object", "properties": {"y": integer}}},
    }}}}  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(found.data)) == [{"rows": record} for record in SAMPLE]


def test_explore_stops_at_a_hundred_and_keeps_a_declared_schema(source, http):
    source.answer = lambda asked: reply({"rows": [{"n": 1}] * 60})
    paging = {"type": "PAGE", "pageParamName": "p"}
    document = spec(paginationParams=paging)
    document["sourceSpec"]["schema"] = {"type": "object", "properties": {"declared": {}}}
    found = sources.explore(document, "None", {"host": source.url}, {}, END, http)
    assert len(found.data) == 100 and len(source.asked) == 2 and "declared" in found.schema["properties"]


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (404, None), (400, None), (401, errors.SourceUnauthorized), (403, errors.SourceForbidden)],
)
def test_a_source_that_needs_parameters_is_tested_at_its_door(source, http, status, error):
    source.script = [reply({}, status)]
    document = spec({"properties": {"listId": {}}, "required": ["listId"]})
    credentials = {"host": source.url, "accessToken": "t"}
    if error is None:
        assert sources.test_connection(document, "OAuth2 Refresh Code", credentials, END, http)
    else:
        with pytest.raises(error):
            sources.test_connection(document, "OAuth2 Refresh Code", credentials, END, http)
    assert source.targets == ["/"] * (2 if status == 401 else 1)  # a 401 is asked once more


def test_a_source_without_parameters_is_tested_by_reading_it(source, http):
    source.script = [reply({"rows": []})]
    assert sources.test_connection(spec(), "None", {"host": source.url}, END, http) and source.targets == ["/items"]


@pytest.mark.parametrize("ask", ["explore", "test"])
def test_somebody_who_waits_for_the_answer_waits_less(source, http, ask):
    source.script = [reply({}, 429)]
    with pytest.raises(errors.SourceThrottled):
        if ask == "explore":
            sources.explore(spec(), "None", {"host": source.url}, {}, END, http)
        else:
            sources.test_connection(spec(), "None", {"host": source.url}, END, http)
    assert len(source.asked) == 2
