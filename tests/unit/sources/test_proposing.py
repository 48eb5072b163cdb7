"""What one answer proposes: where records are, how it goes on, the window, days and keys; secrets never in it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.errors import Invalid, SourceRejected, SourceUnreadable
from headrace.exact_json import Written
from headrace.flows import specs
from headrace.sources.address import address_of
from headrace.sources.answers import Answer
from headrace.sources.content import Records
from headrace.sources.proposing import name_of, proposal
from headrace.sources.spec import extraction

HOST = "https://api.acme.test"
ROWS = [{"id": n, "day": f"2026-03-{n:02d}", "clicks": n} for n in range(1, 4)]


def proposed(url: str, body: Any, headers: dict[str, str] | None = None, sent: dict[str, str] | None = None) -> Any:
    address = address_of(HOST + url, sent or {})
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    made = proposal(address, Answer(address.request.target, 200, headers or {}, content), name_of(address))
    specs.checked(specs.CONNECTION_SPECS, made.spec)
    return made


def attributes(url: str, body: Any, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = proposed(url, body, **more).spec["sourceSpec"]["attributes"]
    return found


CONTENT = {
    "an array by name": ({"rows": ROWS}, {"path": "$.rows", "overrideWrapperAttribute": "row"}),
    "what stands beside it": (
        {"total": 3, "entries": ROWS},
        {"path": "$.entries", "overrideWrapperAttribute": "entry", "skipAttributes": ["total"]},
    ),
    "the array itself": (ROWS, {"path": "$"}),
    "the longer of two": (
        {"errors": [{"code": 1}], "data": {"items": ROWS}},
        {"path": "$.data.items", "overrideWrapperAttribute": "item"},
    ),
    "an array in an array": ([{"page": 1, "pages": 2}, ROWS], {"path": "$[1]"}),
    "an array in a named one": (
        {"rows": [ROWS, ["x"]]},
        {"path": "$.rows[0]", "overrideWrapperAttribute": "row"},
    ),
    "one record": ({"name": "a"}, {"path": "$"}),
    "a record a line": (b'{"a": 1}\n{"a": 2}\n', {"path": "$"}),
    "what records refer to": (
        {"included": ROWS * 2, "data": ROWS, "links": {"self": "/v1/x"}},
        {"path": "$.data", "overrideWrapperAttribute": "data", "skipAttributes": ["included", "links"]},
    ),
    "headers of columns": (
        {"metricHeaders": [{"name": "clicks"}] * 9, "rows": ROWS},
        {"path": "$.rows", "overrideWrapperAttribute": "row", "skipAttributes": ["metricHeaders"]},
    ),
    "nothing, and what goes along with it": (
        {"warnings": [{"code": 1}], "orders": []},
        {"path": "$.orders", "overrideWrapperAttribute": "order", "skipAttributes": ["warnings"]},
    ),
    "a name with a blank": ({"my rows": ROWS}, {"path": "$['my rows']", "overrideWrapperAttribute": "my_row"}),
}


@pytest.mark.parametrize("case", CONTENT)
def test_where_the_records_are(case):
    body, content = CONTENT[case]
    assert attributes("/v1/x", body)["contentPath"] == content


TOKEN = {"type": "CONTINUATION_TOKEN", "parameterType": "QUERYPARAM"}
LIMIT = {"limitName": "limit", "limitValue": 3}
PAGES = {
    "a Link header": (
        "/v1/x?per_page=2",
        {"rows": ROWS},
        {"link": f'<{HOST}/v1/x?page=2>; rel="next"'},
        {"type": "POINTER", "pointerPath": "headers.link", "limitName": "per_page", "limitValue": 2},
    ),
    "a link in the body": (
        "/v1/x",
        {"rows": ROWS, "paging": {"next": f"{HOST}/v1/x?page=2"}},
        {},
        {"type": "POINTER", "pointerPath": "$.paging.next"},
    ),
    "a link below next": (
        "/v1/x",
        {"rows": ROWS, "_links": {"next": {"href": "/v1/x?page=2"}}},
        {},
        {"type": "POINTER", "pointerPath": "$._links.next.href"},
    ),
    "OData": (
        "/v1/x",
        {"value": ROWS, "@odata.nextLink": f"{HOST}/v1/x?$skip=3"},
        {},
        {"type": "POINTER", "pointerPath": "$['@odata.nextLink']"},
    ),
    "a token": (
        "/v1/x?pageSize=50",
        {"items": ROWS, "nextPageToken": "abc"},
        {},
        {
            "type": "CONTINUATION_TOKEN",
            "continuationTokenPath": "$.nextPageToken",
            "parameterType": "QUERYPARAM",
            "parameterName": "pageToken",
            "limitName": "pageSize",
            "limitValue": 50,
        },
    ),
    "a cursor and a flag": (
        "/v1/x",
        {"rows": ROWS, "meta": {"has_more": True, "after_cursor": "abc"}},
        {},
        {
            "type": "CONTINUATION_TOKEN",
            "continuationTokenPath": "$.meta.after_cursor",
            "parameterType": "QUERYPARAM",
            "parameterName": "page[after]",
            "endConditionName": "$.meta.has_more",
            "endConditionValue": "Const:false",
        },
    ),
    "after below next": (
        "/v1/x",
        {"results": ROWS, "paging": {"next": {"after": "7"}}},
        {},
        {
            "type": "CONTINUATION_TOKEN",
            "continuationTokenPath": "$.paging.next.after",
            "parameterType": "QUERYPARAM",
            "parameterName": "after",
        },
    ),
    "a count of pages": (
        "/v1/x?page=1&size=3",
        {"rows": ROWS, "page": 1, "totalPages": 9},
        {},
        {
            "type": "PAGE",
            "pageParamName": "page",
            "initialPageIndex": 1,
            "endPageIndex": "$.totalPages",
            "limitName": "size",
            "limitValue": 3,
        },
    ),
    "pages from zero": (
        "/v1/x?page=0",
        {"rows": ROWS, "totalPages": 9},
        {},
        {"type": "PAGE", "pageParamName": "page", "initialPageIndex": 0},
    ),
    "an offset and a flag": (
        "/v1/x?limit=3&offset=0",
        {"items": ROWS, "hasMore": True},
        {},
        {
            "type": "OFFSET",
            "offSetName": "offset",
            "endConditionName": "$.hasMore",
            "endConditionValue": "Const:false",
            "limitName": "limit",
            "limitValue": 3,
        },
    ),
    "the last row, as Stripe has it": (
        "/v1/x?limit=3",
        {"object": "list", "has_more": True, "data": ROWS},
        {},
        {
            "type": "CONTINUATION_TOKEN",
            "continuationTokenPath": "$.data[-1].id",
            "parameterType": "QUERYPARAM",
            "parameterName": "starting_after",
            "endConditionName": "$.has_more",
            "endConditionValue": "Const:false",
            "limitName": "limit",
            "limitValue": 3,
        },
    ),
    "the last row, as the URL has it": (
        "/v1/x?after_id=0",
        {"rows": ROWS, "more": True},
        {},
        {
            "type": "CONTINUATION_TOKEN",
            "continuationTokenPath": "$.rows[-1].id",
            "parameterType": "QUERYPARAM",
            "parameterName": "after_id",
            "endConditionName": "$.more",
            "endConditionValue": "Const:false",
        },
    ),
    "a list that names its last row": (
        "/v1/x",
        {"object": "list", "has_more": True, "last_id": 3, "data": ROWS},
        {},
        {"type": "NONE"},
    ),
    "an offset that the answer repeats": (
        "/v1/x?limit=3",
        {"total": 7, "limit": 3, "offset": 0, "results": ROWS},
        {},
        {"type": "OFFSET", "offSetName": "offset", "limitName": "limit", "limitValue": 3},
    ),
    "offset and limit that the answer repeats": (
        "/v1/x",
        {"startAt": 0, "maxResults": 50, "isLast": False, "values": ROWS},
        {},
        {
            "type": "OFFSET",
            "offSetName": "startAt",
            "endConditionName": "$.isLast",
            "endConditionValue": "Const:true",
            "limitName": "maxResults",
            "limitValue": 50,
        },
    ),
    "skip and count": (
        "/v1/x?count=3",
        {"meta": {"skip": 0, "count": 3, "total": 7}, "rows": ROWS},
        {},
        {"type": "OFFSET", "offSetName": "skip", "limitName": "count", "limitValue": 3},
    ),
    "a page that the answer repeats": (
        "/v1/x",
        {"page": 1, "per_page": 3, "total": 7, "rows": ROWS},
        {},
        {"type": "PAGE", "pageParamName": "page", "initialPageIndex": 1, "limitName": "per_page", "limitValue": 3},
    ),
    "a page that the answer repeats by another name": (
        "/v1/x",
        {"pageNumber": 0, "last": "false", "totalPages": 3, "rows": ROWS},
        {},
        {
            "type": "PAGE",
            "pageParamName": "pageNumber",
            "initialPageIndex": 0,
            "endConditionName": "$.last",
            "endConditionValue": "Const:true",
        },
    ),
    "pages as Spring counts them": (
        "/v1/x",
        {"content": ROWS, "pageable": {"pageNumber": 0}, "last": False, "totalPages": 3, "number": 0, "size": 10},
        {},
        {
            "type": "PAGE",
            "pageParamName": "page",
            "initialPageIndex": 0,
            "endConditionName": "$.last",
            "endConditionValue": "Const:true",
        },
    ),
    "a cursor beside its own": (
        "/v1/x?limit=3",
        {"data": ROWS, "paging": {"cursors": {"before": "b", "after": "a"}}},
        {},
        {**TOKEN, "continuationTokenPath": "$.paging.cursors.after", "parameterName": "after", **LIMIT},
    ),
    "the next of a cursor": (
        "/v1/x?limit=3",
        {"data": ROWS, "meta": {"cursor": {"prev": None, "next": "a"}}},
        {},
        {**TOKEN, "continuationTokenPath": "$.meta.cursor.next", "parameterName": "cursor", **LIMIT},
    ),
    "a cursor of Slack's": (
        "/v1/x?limit=3",
        {"channels": ROWS, "response_metadata": {"next_cursor": "a"}},
        {},
        {**TOKEN, "continuationTokenPath": "$.response_metadata.next_cursor", "parameterName": "cursor", **LIMIT},
    ),
    "the number of the next page, which is no cursor": (
        "/v1/x?page=1",
        {"rows": ROWS, "pagination": {"next": 2}},
        {},
        {"type": "PAGE", "pageParamName": "page", "initialPageIndex": 1},
    ),
    "a time that is no offset": ("/v1/x", {"start": 1772323200, "total": 7, "rows": ROWS}, {}, {"type": "NONE"}),
    "nothing": ("/v1/x", {"rows": ROWS}, {}, {"type": "NONE"}),
}


@pytest.mark.parametrize("case", PAGES)
def test_how_it_goes_on(case):
    url, body, headers, pages = PAGES[case]
    found = attributes(url, body, headers=headers)
    assert found["paginationParams"] == pages
    placed = {pages.get(name) for name in ("limitName", "offSetName", "pageParamName")}
    assert not placed & set(found["urlParams"]["queryParams"])


def test_a_field_of_a_record_is_no_link_to_the_next_page():
    rows = [{"id": 1, "next": "/x", "cursor": "c", "hasMore": True}]
    assert attributes("/v1/x", {"rows": rows})["paginationParams"] == {"type": "NONE"}


def test_a_parameter_that_the_url_does_not_have_is_to_be_looked_at():
    body = {"rows": ROWS, "paging": {"cursors": {"after": "a"}}}
    [check] = [check for check in proposed("/v1/x", body).checks if "$.paging.cursors.after" in check]
    assert "The URL had no after" in check
    assert not any("The URL had no" in check for check in proposed("/v1/x?after=b", body).checks)


# The query, what stands beside the rows, and the parameters that it proposes and the URL lacks.
GUESSED = {
    "a count of pages": ("", {"totalPages": 9}, "no page; see that the source takes one of this name"),
    "Spring's": ("", {"pageable": {"pageNumber": 0}, "totalPages": 9, "last": False}, "no page; see"),
    "a page that the answer repeats": ("", {"page": 1, "hasMore": True}, "no page; see"),
    "an offset that the answer repeats": ("?limit=3", {"offset": 0, "total": 9}, "no offset; see"),
    "a limit, too": ("", {"offset": 0, "limit": 3}, "no offset and no limit; see that the source takes both by these"),
    "all there": ("?offset=0&limit=3", {"offset": 0, "limit": 3}, ""),
}


@pytest.mark.parametrize("case", GUESSED)
def test_whatever_a_request_would_send_that_the_url_did_not_is_to_be_looked_at(case):
    query, beside, said = GUESSED[case]
    checks = [check for check in proposed(f"/v1/x{query}", {"rows": ROWS, **beside}).checks if "URL had no" in check]
    assert len(checks) == bool(said) and all(f"The URL had {said}" in check for check in checks)


UNFINISHED: dict[str, Any] = {
    "$.has_more is true": {"has_more": True},
    "$.meta.hasMore is true": {"meta": {"hasMore": "true"}},
    "$.is_last is false": {"is_last": False},
    "$.truncated is true": {"truncated": True},
    "$.total is 7, and 3 came": {"total": 7, "count": 3},
    "$.meta.total is 7, and 3 came": {"meta": {"total": 7}},
    "$.totalCount is 7, and 3 came": {"totalCount": 7},
    "$.summary.total_count is 7, and 3 came": {"totals": {"total": 9, "tax": 2}, "summary": {"total_count": 7}},
    "$.hits.total.value is 10,000, and 3 came": {"hits": {"total": {"value": 10_000, "relation": "gte"}}},
}
STATED = {
    "the header x-total-count is 7, and 3 came": {"x-total-count": "7"},
    "the header x-wp-total is 7, and 3 came": {"x-wp-total": " 7 "},
    "the header content-range is 7, and 3 came": {"content-range": "items 0-2/7"},
    "$.TotalCount in the header x-pagination is 7, and 3 came": {"x-pagination": '{"PageSize": 3, "TotalCount": 7}'},
}


@pytest.mark.parametrize("why", [*UNFINISHED, *STATED])
def test_what_says_that_more_follows_and_not_where_is_told_loudly(why):
    made = proposed("/v1/x", {"rows": ROWS, **UNFINISHED.get(why, {})}, headers=STATED.get(why))
    assert made.spec["sourceSpec"]["attributes"]["paginationParams"] == {"type": "NONE"}
    [check] = [check for check in made.checks if "MORE ROWS FOLLOW" in check]
    assert f"({why})" in check and "by hand" in check and not any("asked once" in check for check in made.checks)


def test_a_bare_total_may_be_a_count():
    made = proposed("/v1/x", {"rows": ROWS, "total": 7})
    assert any("More rows may follow ($.total is 7, and 3 came)" in check for check in made.checks)


@pytest.mark.parametrize(
    "header",
    [{"x-total-count": "3"}, {"x-total-count": "many"}, {"content-range": "bytes 0-9/99"}, {"x-pagination": "{"}],
)
def test_a_header_that_does_not_say_so_is_none(header):
    checks = proposed("/v1/x", {"rows": ROWS}, headers=header).checks
    assert not any("MORE ROWS" in check.upper() for check in checks)


SUMS = ({"total": 4500, "currency": "EUR"}, {"totals": {"total": 4500}}, {"total": 4500, "tax": 90}, {"total": 45.5})


@pytest.mark.parametrize("beside", [{"has_more": False}, {"isLast": True}, {"total": 3}, {"total": 0}, {}, *SUMS])
def test_what_does_not_say_so_is_asked_once(beside):
    assert not any("MORE ROWS" in check.upper() for check in proposed("/v1/x", {"rows": ROWS, **beside}).checks)


def test_an_offset_that_did_not_begin_at_0_is_to_be_looked_at():
    body = {"startIndex": 1, "itemsPerPage": 3, "totalResults": 7, "Resources": ROWS}
    assert any("startIndex was 1 in this answer" in check for check in proposed("/v1/x", body).checks)


WINDOWS = {
    "?from=2026-03-01&to=2026-03-31": ("from", "yyyy-MM-dd", "to", "yyyy-MM-dd"),
    "?startDate=20260301&endDate=20260331": ("startDate", "yyyyMMdd", "endDate", "yyyyMMdd"),
    "?start_time=2026-03-01T00:00:00Z&end_time=2026-03-02T00:00:00Z": (
        "start_time", "yyyy-MM-ddTHH:mm:ssK", "end_time", "yyyy-MM-ddTHH:mm:ssK",
    ),
    "?created[gte]=1772323200&created[lt]=1772409600": ("created[gte]", "epochSeconds", "created[lt]", "epochSeconds"),
    "?since=2026-03-01T00:00:00Z": ("since", "yyyy-MM-ddTHH:mm:ssK", None, None),
    "?updated_at_min=2026-03-01&team=7": ("updated_at_min", "yyyy-MM-dd", None, None),
    "?team=7&year=2026": (None, None, None, None),
}  # fmt: skip


@pytest.mark.parametrize("query", WINDOWS)
def test_which_parameters_name_the_window(query):
    schedule = attributes("/v1/x" + query, {"rows": ROWS}).get("scheduleParams", {})
    names = ("scheduleStartParamName", "scheduleStartParamFormat", "scheduleEndParamName", "scheduleEndParamFormat")
    assert tuple(schedule.get(name) for name in names) == WINDOWS[query]


def test_days_that_are_asked_for_are_replaced():
    made = proposed("/v1/x?from=2026-03-01&to=2026-03-03", {"rows": ROWS})
    extension = made.spec["sourceSpec"]["attributes"]["x-headrace"]
    assert extension == {"writeMode": "replace-window", "sliceDays": 31, "day": {"date": "row.day"}}
    assert any("counts the last day in" in check for check in made.checks)


@pytest.mark.parametrize(
    ("rows", "day", "key"),
    [
        (ROWS, "row.day", "row.id"),
        (
            [{"uuid": "a", "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-02"}],
            "row.created_at",
            "row.uuid",
        ),
        ([{"at": {"time": 1772330400000}, "account_id": 1}] * 2, "row.at.time", None),
        ([{"id": 1, "text": "2026-03-01 was a day"}, {"id": 1, "text": "x"}], None, None),
        ([{"id": 1}, {"id": None}], None, None),
        ([{"event.created": "2026-03-01", "event.id": n} for n in (1, 2)], r"row.event\.created", r"row.event\.id"),
        ([{"event.id": 1, "event": {"id": 1}} for _ in (1, 2)], None, None),
        ([{"the id": 1, "o'day": "2026-03-01"}], """row["o'day"]""", "row.the id"),
        ([{"both'\" id": 1}], None, """row["both'" id"]"""),
        ([{"x@odata": {"id": 1}}, {"x@odata": {"id": 2}}], None, None),
    ],
)
def test_days_and_keys_are_told(rows, day, key):
    said = " ".join(proposed("/v1/x", {"rows": rows}).reasons)
    assert (f"read from {day}:" in said) == (day is not None) and ("A day could" in said) == (day is not None)
    assert (f"Key: {key}," in said) == (key is not None) and ("Key:" in said) == (key is not None)


MERGED = {
    "a key and a version": (
        "/v1/x",
        [{"id": n, "created_at": "2026-03-01", "updated_at": f"2026-03-0{n}T10:00:00Z"} for n in (1, 2)],
        {"writeMode": "merge", "key": ["row.id"], "version": "row.updated_at"},
    ),
    "a key alone": ("/v1/x?since=2026-03-01T00:00:00Z", [{"uuid": "a"}], {"writeMode": "merge", "key": ["row.uuid"]}),
    "neither": ("/v1/x", [{"n": 1}], None),
}


@pytest.mark.parametrize("case", MERGED)
def test_rows_are_merged_by_a_key_where_days_are_not_replaced(case):
    url, rows, extension = MERGED[case]
    made = proposed(url, {"rows": rows})
    assert made.spec["sourceSpec"]["attributes"].get("x-headrace") == extension
    said = "Rows are appended" if extension is None else "see that it names the same record for ever"
    assert any(said in check for check in made.checks)


LINKS = {
    "the link lacks the key": ({"next": "/v1/x?page=2"}, {}, ["key"]),
    "the link has it": ({"next": "/v1/x?page=2&key=hidden-value"}, {}, None),
    "the header lacks it": ({}, {"link": f'<{HOST}/v1/x?page=2>; rel="next"'}, ["key"]),
    "no link came": ({"nextPageUrl": None}, {}, None),
}


@pytest.mark.parametrize("case", LINKS)
def test_a_key_that_links_leave_out_is_kept(case):
    beside, headers, kept = LINKS[case]
    found = attributes("/v1/x?key=hidden-value&team=7", {"rows": [{"n": 1}], **beside}, headers=headers)
    assert found.get("x-headrace", {}).get("keepQuery") == kept


def test_what_is_not_certain_is_said():
    assert any("is asked once. It holds 3 records" in check for check in proposed("/v1/x", {"rows": ROWS}).checks)
    assert any("holds no objects" in check for check in proposed("/v1/x", {"rows": []}).checks)
    assert any("arrays without names" in check for check in proposed("/v1/x", {"values": [["a"], ["1"]]}).checks)
    assert any("names a window" in check for check in proposed("/v1/x", {"rows": ROWS}).checks)


def test_the_schema_is_the_pages():
    schema = proposed("/v1/x", {"rows": ROWS, "total": 3}).spec["sourceSpec"]["schema"]
    assert schema["properties"]["rows"]["type"] == "array"
    assert set(schema["properties"]["rows"]["items"]["properties"]) == {"id", "day", "clicks"}


# A body -> how many elements are left out, the records, and what the spec skips.
PARTLY = {
    b'{"rows": [{"id": 1}, {"id": NaN}, {"id": 3}], "n": 5}': (1, [{"id": 1}, {"id": 3}], ["n"]),
    b'{"n": NaN, "d": {"rows": [{"a": "x\ny"}, {"id": 1e400}]}}': (2, [{"id": Written("1e400")}], None),
    b'{"n": NaN, "rows": [{"id": 1}]}': (1, [{"id": 1}], ["n"]),
    b'[{"id": 1}, {"id": "\xff"}, null]': (1, None, None),
    b'{"id": 1}\n{"id": Infinity}\n': (1, [{"id": 1}], None),
    b'{"rows": [{"id": NaN}]}': (1, [], None),
}


@pytest.mark.parametrize("body", PARTLY)
def test_an_element_that_is_no_json_costs_itself(body):
    count, records, skipped = PARTLY[body]
    made = proposed("/v1/x", body)
    [check] = [check for check in made.checks if "cannot be read" in check]
    assert check.startswith(f"{count} element") and "it is not JSON" in check and "A run rejects such records" in check
    assert records is None or made.records == records
    content = made.spec["sourceSpec"]["attributes"]["contentPath"]
    assert skipped is None or content["skipAttributes"] == skipped


def test_numbers_of_things_are_told_as_sentences_have_them():
    made = proposed("/v1/x?since=2026-03-01", {"rows": ROWS[:1]})
    said = " ".join([*made.reasons, *made.checks])
    assert (
        "an array of 1 object." in said and "Key: row.id, in the one record." in said and "It holds 1 record:" in said
    )
    assert "scheduleParams: since (yyyy-MM-dd) names the window" in said


@pytest.mark.parametrize("body", [b"<html>no</html>", b"", b"{", b"a,b\n1,2\n", b"<p>\n{NaN}\n</p>", b"[NaN]", b"NaN"])
def test_what_is_no_json_is_shown(body):
    with pytest.raises(SourceUnreadable, match="answers with no JSON"):
        proposed("/v1/x", body)


FAILURES: dict[str, Any] = {
    '{"error":{"message":"no such team"}}': {"error": {"message": "no such team"}},
    '{"errors":[{"code":7}]}': {"errors": [{"code": 7}], "data": None},
    '{"error":{"details":[{"why":"x"}]}}': {"error": {"details": [{"why": "x"}]}},
    '{"error":"bad"}': {"error": "bad", "data": None},
    '{"success":false,"msg":"bad"}': {"success": False, "msg": "bad"},
    '{"status":"error","message":"bad"}': {"status": "error", "message": "bad"},
    '{"code":7,"message":"bad"}': {"code": 7, "message": "bad"},
    '{"Error Message":"bad"}': {"Error Message": "bad"},
    '{"errors":{"team":["bad"]}}': {"errors": {"team": ["bad"]}, "data": []},
    '{"success":"false","message":"bad"}': {"success": "false", "message": "bad", "rows": []},
    '{"status":"error","msg":"bad"}': {"status": "error", "msg": "bad", "data": {"list": [], "total": 0}},
    '{"stat":"fail","code":7}': {"stat": "fail", "code": 7},
    '{"error":true,"reason":"bad"}': {"error": True, "reason": "bad", "data": []},
    '{"error-type":"key"}': {"result": "error", "error-type": "key"},
    '{"status":403,"message":"bad"}': {"status": 403, "message": "bad"},
    '{"type":"/bad","title":"bad","status":422,"detail":"x"}': {
        "type": "/bad", "title": "bad", "status": 422, "detail": "x",
    },
    '{"faultcode":"Client","faultstring":"bad"}': {"faultcode": "Client", "faultstring": "bad"},
    '{"message":"bad"}': {"message": "bad"},
    '{"Note":"too many calls"}': {"Note": "too many calls"},
    '{"code":10001,"msg":"bad"}': {"code": 10001, "msg": "bad", "data": {}},
    '{"code":401,"message":"bad"}': {"data": None, "status": {"code": 401, "message": "bad"}},
    '{"error":{"why":"bad"}}': {"response": {"status": "error", "error": {"why": "bad"}}},
    '{"error":{"code":7}}': [{"error": {"code": 7}}],
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
def test_an_error_is_no_record_whatever_its_status(failure):
    with pytest.raises(SourceRejected, match="error in place of records") as caught:
        proposed("/v1/x", FAILURES[failure])
    assert f"{failure}. Correct the URL" in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"code": 7}], "data": ROWS},
        {"error": None, "rows": ROWS},
        {"success": True, "id": 7},
        {"id": 7, "status": "failed"},
        {"code": "DE", "message": "hello", "id": 7},
        {"id": 7, "status": "failed", "reason": "no disk"},
        {"id": 7, "job": "nightly", "error_message": "no disk"},
        {"errors": 3, "requests": 100},
        {"error": "none", "clicks": 3},
        {"success": 0, "sent": 3},
        {"name": "a", "description": "b"},
        [{"message": "hello"}, {"message": "bye"}],
        {"messages": [{"message": "hello"}]},
    ],
)
def test_what_has_records_is_no_error(body):
    assert proposed("/v1/x", body).records


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "message": "ok", "data": []},
        {"code": 200, "msg": "success", "data": {"list": [], "total": 0}},
        {"status": "ok", "message": "nothing", "rows": []},
        {"message": "", "rows": []},
        {"errors": [], "rows": []},
    ],
)
def test_an_answer_that_says_that_all_is_well_is_no_error(body):
    assert not proposed("/v1/x", body).records


def test_half_a_character_is_in_no_spec():
    made = proposed(
        "/v1/x", b'{"\\ud800": [{"a": 1}], "rows": [{"id": "\\ud800", "\\udc00": 1}, {"id": "b"}], "n": "\\ud800"}'
    )
    assert msgspec.json.encode(made.spec) and "\\\\ud800" not in str(made.spec)
    assert "".join([*made.reasons, *made.checks]).encode() and made.records == [{"id": "\\ud800"}, {"id": "b"}]


# -- who asks ----------------------------------------------------------------------------------------------------

SIGNED = {
    "a key in the query": ("/x?api_key=hidden-value", {}, "KeyBased", {"apiKey": "hidden-value"}, {}),
    "a key in a header": ("/x", {"X-Api-Key": "hidden-value"}, "KeyBased", {"apiKey": "hidden-value"}, {}),
    "bearer": (
        "/x",
        {"Authorization": "Bearer hidden-value"},
        "OAuth2RefreshCode",
        {"accessToken": "hidden-value"},
        {},
    ),
    "basic": (
        "/x",
        {"authorization": "Basic YW5uYTpoaWRkZW4tdmFsdWU="},
        "BasicAuthentication",
        {"username": "anna", "password": "hidden-value"},
        {},
    ),
    "a scheme of its own": (
        "/x",
        {"Authorization": "Klaviyo-API-Key hidden-value"},
        "KeyBased",
        {"accessToken": "hidden-value"},
        {"Authorization": "Klaviyo-API-Key ${accessToken}"},
    ),
    "a plain header": ("/x", {"Accept-Language": "de"}, "None", {}, {"Accept-Language": "de"}),
}


@pytest.mark.parametrize("case", SIGNED)
def test_secrets_become_members_of_the_authentication(case):
    url, sent, kind, credentials, headers = SIGNED[case]
    address = address_of(HOST + url, sent)
    assert (address.auth["type"], dict(address.credentials), dict(address.headers)) == (kind, credentials, headers)
    made = proposed(url, {"rows": ROWS}, sent=sent)
    assert b"hidden-value" not in msgspec.json.encode([made.spec, made.reasons, made.checks])
    assert "hidden-value" not in repr(address) + address.request.target


def test_a_user_in_the_url():
    address = address_of("https://anna:s3cret%20word@api.acme.test/x", {})
    assert address.host == HOST and dict(address.credentials) == {"username": "anna", "password": "s3cret word"}


@pytest.mark.parametrize("url", ["ftp://x.test/", "x.test/rows", "https:///x", ""])
def test_what_is_no_url(url):
    with pytest.raises(Invalid, match="no http or https URL"):
        address_of(url, {})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.acme.com/v1/daily-rows?x=1", "acme-daily-rows"),
        ("https://www.acme.co/", "acme"),
        ("http://localhost:8080/rows/7", "localhost-rows"),
        ("http://127.0.0.1/rows", "127-0-0-1-rows"),
    ],
)
def test_a_name_for_the_source(url, name):
    assert name_of(address_of(url, {})) == name


# -- any answer ------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["rows", "next", "cursor", "page", "a.b", "a b", "a'b", 'a"b', "@odata.nextLink", "id", "day", "", "x[0]", "$"]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "2026-03-01", "https://x.test/?a=b", "/next?p=2", "tok", "\u00e9"]),
)  # fmt: skip
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=25,
)


@settings(max_examples=150)
@given(BODIES, st.sampled_from(["/v1/x", "/v1/x?page=1&limit=2&key=hidden-value&from=2026-03-01&to=2026-03-02"]))
def test_what_any_answer_proposes_can_be_posted_and_finds_its_records(body, url):
    made = proposed(url, body)
    document = made.spec
    records = Records(extraction(document, {}), msgspec.json.encode(body))
    if made.records:
        assert len(records.elements) == len(made.records)
