"""Specs that cannot work are refused when they are posted, by their place and the rule that they break."""

import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace import errors, sources
from headrace.sources.checking import OBJECTS
from source_server import spec

GOOD_PAGES: list[dict[str, Any]] = [
    {"type": "NONE"},
    {"type": "none", "limitName": "n"},
    {"type": "OFFSET", "limitName": "count", "limitValue": "100", "offSetName": "offset"},
    {"type": "OFFSET", "offsetName": "o", "endConditionName": "$.hasMore", "endConditionValue": "Const:false"},
    {"type": "POINTER", "limitName": "limit", "limitValue": 100, "pointerPath": "$.paging.next"},
    {"type": "URL", "pointerName": "headers.Link"},
    {"type": "POINTER", "pointerPath": "$.@odata.nextLink"},
    {"type": "CONTINUATION_TOKEN", "continuationTokenPath": "$.rows[-1].id", "parameterName": "page[after]",
     "parameterType": "QUERYPARAM", "delayRequestMillis": "850"},
    {"type": "PAGE", "limitName": "records", "limitValue": "100", "pageParamName": "pageIndex", "initialPageIndex": 0,
     "endPageIndex": "headers.x-pagecount", "maximumRequest": 10000},
    {"type": "PAGE", "pageParamName": "p", "initialPageIndex": "1", "endPageIndex": 1},
    {"type": "PAGE", "pageParamName": "p", "endPageIndex": "$.pages", "vendorsOwn": True},
    {"type": "PAGE", "pageParamName": "p", "endConditionName": "$.rows", "endConditionValue": "Empty"},
]  # fmt: skip

OFFSET = {"type": "OFFSET", "offSetName": "o"}
PAGE = {"type": "PAGE", "pageParamName": "p"}
TOKEN = {"type": "CONTINUATION_TOKEN", "continuationTokenPath": "next", "parameterName": "t"}
LINK = {"type": "POINTER", "pointerPath": "next"}


POST = {"urlParams": {"path": "/x", "method": "POST"}}


def asking(**query):
    """The attributes of a spec that asks with this query."""
    return {"urlParams": {"path": "/items", "queryParams": query}}


# What a spec says -> where it is wrong, below its attributes, and the rule.
BAD: dict[str, tuple[dict[str, Any], str, int]] = {
    # -- paging
    "empty paging": ({"paginationParams": {}}, "paginationParams", 1316),
    "paging that is text": ({"paginationParams": "OFFSET"}, "paginationParams", 1312),
    "paging without a type": ({"paginationParams": {"limitName": "n", "limitValue": 1}}, "paginationParams.type", 1312),
    "an unknown type": ({"paginationParams": {"type": "MAGIC"}}, "paginationParams.type", 1312),
    "pages without a name": ({"paginationParams": {"type": "PAGE"}}, "paginationParams.pageParamName", 1316),
    "offsets without a name": ({"paginationParams": {"type": "OFFSET"}}, "paginationParams.offSetName", 1316),
    "a pointer without a path": ({"paginationParams": {"type": "POINTER"}}, "paginationParams.pointerPath", 1316),
    "a token without a path": (
        {"paginationParams": {"type": "CONTINUATION_TOKEN", "parameterName": "t"}},
        "paginationParams.continuationTokenPath", 1316),
    "a token without a name": (
        {"paginationParams": {"type": "CONTINUATION_TOKEN", "continuationTokenPath": "t"}},
        "paginationParams.parameterName", 1316),
    "a token in the body": (
        {"paginationParams": {**TOKEN, "parameterType": "BODY"}}, "paginationParams.parameterType", 1312),
    "a limit without a name": ({"paginationParams": {**OFFSET, "limitValue": 5}}, "paginationParams.limitName", 1312),
    "a limit without a value": ({"paginationParams": {**PAGE, "limitName": "n"}}, "paginationParams.limitValue", 1312),
    "a limit of nothing": (
        {"paginationParams": {**OFFSET, "limitName": "n", "limitValue": 0}}, "paginationParams.limitValue", 1312),
    "a limit in words": (
        {"paginationParams": {**OFFSET, "limitName": "n", "limitValue": "all"}}, "paginationParams.limitValue", 1312),
    "a limit of many digits": (
        {"paginationParams": {**OFFSET, "limitName": "n", "limitValue": "9" * 5000}},
        "paginationParams.limitValue", 1312),
    "a path of many digits": (
        {"paginationParams": {**LINK, "pointerPath": f"a[{'9' * 5000}]"}}, "paginationParams.pointerPath", 1314),
    "a name that is a list": ({"paginationParams": {**PAGE, "pageParamName": ["p"]}},
                              "paginationParams.pageParamName", 1312),
    "a first page below zero": ({"paginationParams": {**PAGE, "initialPageIndex": -1}},
                                "paginationParams.initialPageIndex", 1312),
    "a last page before the first": (
        {"paginationParams": {**PAGE, "initialPageIndex": 2, "endPageIndex": 1}},
        "paginationParams.endPageIndex", 1312),
    "no requests": ({"paginationParams": {**PAGE, "maximumRequest": 0}}, "paginationParams.maximumRequest", 1312),
    "a rest in words": ({"paginationParams": {**PAGE, "delayRequestMillis": "1s"}},
                        "paginationParams.delayRequestMillis", 1312),
    "a rest shorter than any": ({"paginationParams": {**PAGE, "delayRequestMillis": 9}},
                                "paginationParams.delayRequestMillis", 1312),
    "a rest without an end": ({"paginationParams": {**PAGE, "delayRequestMillis": 60_001}},
                              "paginationParams.delayRequestMillis", 1312),
    "a rest below none": ({"paginationParams": {**PAGE, "delayRequestMillis": -5}},
                          "paginationParams.delayRequestMillis", 1312),
    "two links": ({"paginationParams": {**LINK, "pointerName": "more"}}, "paginationParams.pointerName", 1312),
    "two offsets": ({"paginationParams": {**OFFSET, "offsetName": "p"}}, "paginationParams.offsetName", 1312),
    "a last page by its number and by a status": (
        {"paginationParams": {**PAGE, "endPageIndex": "3"}, "extension": {"endsAt": [404]}}, "x-headrace.endsAt", 1312),
    "a condition that never holds": (
        {"paginationParams": {**PAGE, "endConditionName": "$.more", "endConditionValue": "false"}},
        "paginationParams.endConditionValue", 1312),
    "a constant of nothing": (
        {"paginationParams": {**PAGE, "endConditionName": "$.more", "endConditionValue": "Const:''"}},
        "paginationParams.endConditionValue", 1312),
    "a condition on nothing": (
        {"paginationParams": {**PAGE, "endConditionValue": "Empty"}}, "paginationParams.endConditionName", 1312),
    "a condition at a complex path": (
        {"paginationParams": {**PAGE, "endConditionName": "$..more"}}, "paginationParams.endConditionName", 1314),
    "a link at a complex path": ({"paginationParams": {**LINK, "pointerPath": "$.links[?(@.rel=='next')].href"}},
                                 "paginationParams.pointerPath", 1314),
    "a link that is the whole page": ({"paginationParams": {**LINK, "pointerPath": "$"}},
                                      "paginationParams.pointerPath", 1314),
    "a link in no header": ({"paginationParams": {**LINK, "pointerPath": "headers."}},
                            "paginationParams.pointerPath", 1314),
    "a link that is a number": ({"paginationParams": {**LINK, "pointerPath": 7}}, "paginationParams.pointerPath", 1312),
    "a link at a number": ({"paginationParams": {**LINK, "pointerPath": "7"}}, "paginationParams.pointerPath", 1314),
    "a last page at a complex path": (
        {"paginationParams": {**PAGE, "endPageIndex": "$.p[*]"}}, "paginationParams.endPageIndex", 1314),
    "a last page in more digits than an index has": (
        {"paginationParams": {**PAGE, "endPageIndex": "9" * 5000}}, "paginationParams.endPageIndex", 1312),
    "a path through the array by a name": (
        {"paginationParams": {**TOKEN, "continuationTokenPath": "$.rows.id"}},
        "paginationParams.continuationTokenPath", 1314),
    "an offset called as the limit": (
        {"paginationParams": {**OFFSET, "limitName": "o", "limitValue": 5}}, "paginationParams.offSetName", 1312),
    "a page called as the limit": (
        {"paginationParams": {**PAGE, "limitName": "p", "limitValue": 5}}, "paginationParams.pageParamName", 1312),
    "a token called as the limit": (
        {"paginationParams": {**TOKEN, "limitName": "t", "limitValue": 5}}, "paginationParams.parameterName", 1312),
    "one page, and a flag that more follow": (
        {"paginationParams": {"type": "NONE", "endConditionName": "$.more"}},
        "paginationParams.endConditionName", 1312),
    "one page, and what its flag would say": (
        {"paginationParams": {"type": "NONE", "endConditionValue": "Exist"}},
        "paginationParams.endConditionName", 1312),
    "a last page by its number and by a flag": (
        {"paginationParams": {**PAGE, "endPageIndex": 3, "endConditionName": "$.more"}},
        "paginationParams.endPageIndex", 1312),
    "a page that the query has, too": (
        {**asking(page=2), "paginationParams": {"type": "PAGE", "pageParamName": "page"}},
        "paginationParams.pageParamName", 1312),
    "an offset that the query has, too": (
        {**asking(o="${start}"), "paginationParams": OFFSET}, "paginationParams.offSetName", 1312),
    "a limit that the query has, too": (
        {**asking(n=10), "paginationParams": {**LINK, "limitName": "n", "limitValue": 50}},
        "paginationParams.limitName", 1312),
    "a page that the body has, too": (
        {"urlParams": {"path": "/x", "method": "POST"}, "bodyParams": {"p": 7}, "paginationParams": PAGE},
        "paginationParams.pageParamName", 1312),
    "a page that is the window's start": (
        {"paginationParams": PAGE, "scheduleParams": {"scheduleStartParamName": "p"}},
        "paginationParams.pageParamName", 1312),
    **{f"{member} in paging of the type {pages['type']}": (
        {"paginationParams": {**pages, member: value}}, f"paginationParams.{member}", 1312)
       for pages, member, value in (
            (OFFSET, "endPageIndex", 3), (OFFSET, "initialPageIndex", 1), (OFFSET, "pageParamName", "p"),
            (OFFSET, "parameterName", "t"), (OFFSET, "parameterType", "HEADERPARAM"), (PAGE, "offSetName", "o"),
            (PAGE, "offsetName", "o"), (PAGE, "pointerPath", "next"), (PAGE, "pointerName", "next"),
            (PAGE, "continuationTokenPath", "next"), (LINK, "continuationTokenPath", "next"),
            (LINK, "endPageIndex", "$.pages"), (TOKEN, "pointerPath", "next"), (TOKEN, "pageParamName", "p"),
            ({"type": "NONE"}, "pointerPath", "next"), ({"type": "NONE"}, "endPageIndex", 3))},
    **{f"a blank {member}": ({"paginationParams": {**pages, member: " "}}, f"paginationParams.{member}", 1312)
       for pages, member in (
            (OFFSET, "offSetName"), (PAGE, "pageParamName"), (TOKEN, "parameterName"),
            ({**PAGE, "limitValue": 5}, "limitName"))},
    "a misspelt member": ({"paginationParams": {**PAGE, "endConditonName": "$.more"}},
                          "paginationParams.endConditonName", 1312),
    "a member in other letters": ({"paginationParams": {**PAGE, "limitname": "n"}}, "paginationParams.limitname", 1312),
    # -- where the records are
    "no content path": ({"contentPath": {}}, "contentPath.path", 1313),
    "an empty content path": ({"contentPath": {"path": " "}}, "contentPath.path", 1313),
    "a complex content path": ({"contentPath": {"path": "$.rows[?(@.a)]"}}, "contentPath.path", 1314),
    "a wildcard": ({"contentPath": "$.rows[*]"}, "contentPath.path", 1314),
    "a content path from the end": ({"contentPath": {"path": "$.pages[-1]"}}, "contentPath.path", 1314),
    "a content path that is a list": ({"contentPath": ["$.rows"]}, "contentPath", 1312),
    "attributes that are text": ({"contentPath": {"path": "$.rows", "skipAttributes": "a"}},
                                 "contentPath.skipAttributes", 1312),
    "a wrapper that is a number": ({"contentPath": {"path": "$.rows", "overrideWrapperAttribute": 1}},
                                   "contentPath.overrideWrapperAttribute", 1312),
    "an explosion of nothing": ({"explodeEntityPath": {"skipAttributes": []}}, "explodeEntityPath.path", 1313),
    "an explosion of the record": ({"explodeEntityPath": {"path": "$"}}, "explodeEntityPath.path", 1314),
    "an explosion of one item": ({"explodeEntityPath": "$.rows.a[0]"}, "explodeEntityPath.path", 1314),
    "a union of names": ({"contentPath": "$['a','b']"}, "contentPath.path", 1314),
    "a union of names in other quotes": ({"contentPath": '$["a" , "b"]'}, "contentPath.path", 1314),
    "a union of names and numbers": ({"contentPath": "$['a',0,'b']"}, "contentPath.path", 1314),
    "a token at a union of names": (
        {"paginationParams": {**TOKEN, "continuationTokenPath": "$['a','b']"}},
        "paginationParams.continuationTokenPath", 1314),
    "an explosion by the name before the rename": (
        {"contentPath": {"path": "$.rows", "overrideWrapperAttribute": "row"}, "explodeEntityPath": "$.rows.xs"},
        "explodeEntityPath.path", 1314),
    "an explosion of what stands beside the rows": ({"explodeEntityPath": "$.sib"}, "explodeEntityPath.path", 1314),
    "an explosion of the element": ({"explodeEntityPath": {"path": "$.rows"}}, "explodeEntityPath.path", 1314),
    "an attribute that is skipped and goes along": (
        {"contentPath": {"path": "$.rows", "skipAttributes": ["a", "b"], "keepAttributes": ["b"]}},
        "contentPath.skipAttributes", 1312),
    "a blank wrapper": ({"contentPath": {"path": "$.rows", "overrideWrapperAttribute": " "}},
                        "contentPath.overrideWrapperAttribute", 1312),
    "a misspelt member of a content path": (
        {"contentPath": {"path": "$.rows", "skipAttribute": ["a"]}}, "contentPath.skipAttribute", 1312),
    # -- what is asked
    "a blank host": ({"urlParams": {"path": "/x", "host": " "}}, "urlParams.host", 1312),
    "a host with a query": ({"urlParams": {"path": "/x", "host": "${host}?a=1"}}, "urlParams.host", 1312),
    "a host with a fragment": ({"urlParams": {"path": "/x", "host": "https://x.test/#/v1"}}, "urlParams.host", 1312),
    "a path with a query": ({"urlParams": {"path": "/items?team=blue"}}, "urlParams.path", 1312),
    "a probe with a query": ({"extension": {"probe": {"path": "/me?a=1"}}}, "x-headrace.probe.path", 1312),
    "a listing with a query": (
        {"extension": {"partition": {"param": "a", "listing": {"path": "/a?b=1"}}}},
        "x-headrace.partition.listing.path", 1312),
    "a parameter without a name": (asking(**{"": "a"}), "urlParams.queryParams", 1312),
    "a parameter without a name in one text": (
        {"urlParams": {"path": "/x", "queryParams": "=a"}}, "urlParams.queryParams", 1312),
    "a misspelt member of an address": ({"urlParams": {"path": "/x", "queryParam": {}}}, "urlParams.queryParam", 1312),
    "no path": ({"urlParams": {"host": "https://x.test", "method": "GET"}}, "urlParams.path", 1313),
    "another method": ({"urlParams": {"path": "/x", "method": "PUT"}}, "urlParams.method", 1312),
    "a host that is a list": ({"urlParams": {"path": "/x", "host": ["a"]}}, "urlParams.host", 1312),
    "a query that is a list": ({"urlParams": {"path": "/x", "queryParams": ["a"]}}, "urlParams.queryParams", 1312),
    "a query value that is an object": ({"urlParams": {"path": "/x", "queryParams": {"a": {}}}},
                                        "urlParams.queryParams.a", 1312),
    "an unknown filter": ({"urlParams": {"path": "/x", "queryParams": {"a": "${b|urn:x}"}}},
                          "urlParams.queryParams.a", 1312),
    "a name that nobody declares": (asking(a="x ${nope}"), "urlParams.queryParams.a", 1312),
    "a name in a name that nobody declares": (asking(**{"${nope}": 1}), "urlParams.queryParams.${nope}", 1312),
    "a path that nobody declares": ({"urlParams": {"path": "/${nope}"}}, "urlParams.path", 1312),
    "a name in a body that nobody declares": (
        {**POST, "bodyParams": {"a": [{"b": "${nope|upper}"}]}}, "bodyParams.a[0].b", 1312),
    "a probe of what nobody declares": (
        {"extension": {"probe": {"path": "/${nope}"}}}, "x-headrace.probe.path", 1312),
    **{
        f"a host with a user, {host}": ({"urlParams": {"path": "/x", "host": host}}, "urlParams.host", 1312)
        for host in ("https://u:p@x.test", "u:p@x.test", "//u:p@x.test", "https://${accessToken}@x.test")
    },
    **{
        f"a host that is none, {host}": ({"urlParams": {"path": "/x", "host": host}}, "urlParams.host", 1312)
        for host in ("http://[::1", "[::1", "https://x.test:99999", "https://[${host}")
    },
    # -- credentials
    "a key in a header": ({"headerParams": {"X-Api-Key": "k0"}}, "headerParams.X-Api-Key", 1312),
    "a token in a header": ({"headerParams": {"Authorization": "Bearer k0"}}, "headerParams.Authorization", 1312),
    "a key in headers as text": ({"headerParams": "Accept=a&X-Api-Key=k0"}, "headerParams.X-Api-Key", 1312),
    "a key in a query": (asking(api_key="k0"), "urlParams.queryParams.api_key", 1312),
    "a key in a body": ({**POST, "bodyParams": {"login": [{"password": "k0"}]}}, "bodyParams.login.0.password", 1312),
    "a URL with a password": (
        {"headerParams": {"Referer": "https://u:p@x.test"}}, "headerParams.Referer", 1312),
    "a host of another scheme": ({"urlParams": {"path": "/x", "host": "ftp://x.test"}}, "urlParams.host", 1312),
    "a header that no header may be": ({"headerParams": {"bad name\n": "1"}}, "headerParams.bad name\n", 1312),
    "a header in one text that no header may be": ({"headerParams": "a b=1"}, "headerParams.a b", 1312),
    "a header of two lines": ({"headerParams": {"a": "1\r\nb: 2"}}, "headerParams.a", 1312),
    "a token in a header that no header may be": (
        {"paginationParams": {**TOKEN, "parameterName": "a b", "parameterType": "HEADERPARAM"}},
        "paginationParams.parameterName", 1312),
    "headers that are a list": ({"headerParams": ["a"]}, "headerParams", 1312),
    "an unknown filter in a body": ({"bodyParams": {"a": [{"b": "${c|shout}"}]}}, "bodyParams.a[0].b", 1312),
    # -- the window
    "an empty schedule": ({"scheduleParams": {}}, "scheduleParams", 1317),
    "an unknown schedule": ({"scheduleParams": {"type": "CRON"}}, "scheduleParams.type", 1312),
    "an advanced schedule of nothing": ({"scheduleParams": {"type": "ADVANCE", "paramFormat": "yyyy"}},
                                        "scheduleParams.type", 1312),
    "an expression of nothing": ({**asking(q="{SCHEDULE_QUERY}"), "scheduleParams": {"type": "ADVANCE"}},
                                 "scheduleParams.incremental", 1312),
    "ends of a window without a schedule": (asking(q="{START_TIME}"), "scheduleParams.type", 1312),
    "a place for a window without a schedule": (asking(q="{SCHEDULE_QUERY}"), "scheduleParams.type", 1312),
    "a place for a window beside parameters of its own": (
        {**asking(q="{SCHEDULE_QUERY}"), "scheduleParams": {"scheduleStartParamName": "since"}},
        "scheduleParams.type", 1312),
    "ends of a window beside parameters of their own": (
        {**asking(q="{END_TIME}"), "scheduleParams": {"scheduleStartParamName": "since"}}, "scheduleParams.type", 1312),
    "the body of a GET": ({"bodyParams": {"from": "{START_TIME}"}}, "bodyParams", 1312),
    "the body of a GET in one text": ({"bodyParams": "a=1"}, "bodyParams", 1312),
    "an advanced schedule without a window": ({"scheduleParams": {"type": "ADVANCE", "incremental": "since=now"}},
                                              "scheduleParams.incremental", 1312),
    "an advanced schedule that stands nowhere": (
        {"scheduleParams": {"type": "ADVANCE", "incremental": "{START_TIME}"}}, "scheduleParams.type", 1312),
    "an expression that stands nowhere beside the ends of a window": (
        {**asking(q="{START_TIME}"), "scheduleParams": {"type": "ADVANCE", "incremental": "since={START_TIME}"}},
        "scheduleParams.incremental", 1312),
    "an expression of a simple schedule": (
        {"scheduleParams": {"incremental": "since={START_TIME}"}}, "scheduleParams.incremental", 1312),
    "a format of a simple schedule": ({"scheduleParams": {"paramFormat": "yyyy"}}, "scheduleParams.paramFormat", 1312),
    "a format of no parameter": (
        {"scheduleParams": {"scheduleStartParamName": "a", "scheduleEndParamFormat": "yyyy"}},
        "scheduleParams.scheduleEndParamName", 1312),
    "a window in a blank parameter": (
        {"scheduleParams": {"scheduleStartParamName": " "}}, "scheduleParams.scheduleStartParamName", 1312),
    "a window in a parameter that is a number": (
        {"scheduleParams": {"scheduleEndParamName": 7}}, "scheduleParams.scheduleEndParamName", 1312),
    "a misspelt member of a schedule": (
        {"scheduleParams": {"scheduleStartParam": "a"}}, "scheduleParams.scheduleStartParam", 1312),
    "a window whose ends have one name": (
        {"scheduleParams": {"scheduleStartParamName": "t", "scheduleEndParamName": "t"}},
        "scheduleParams.scheduleEndParamName", 1312),
    "a window that the query has, too": (
        {**asking(since="2020"), "scheduleParams": {"scheduleStartParamName": "since"}},
        "scheduleParams.scheduleStartParamName", 1312),
    # -- our own additions
    "an addition that is a list": ({"extension": []}, "x-headrace", 1312),
    "an unknown addition": ({"extension": {"sliceDay": 1}}, "x-headrace.sliceDay", 1312),
    "a frequency of no schedule": ({"extension": {"frequencies": ["day", "dayly"]}}, "x-headrace.frequencies[1]", 1312),
    "an unknown member of a day": ({"extension": {"day": {"date": "d", "zon": "UTC"}}}, "x-headrace.day.zon", 1312),
    "an unknown member of a listing": (
        {"extension": {"rules": [{"name": "r", "param": "a", "field": "a", "by": "b",
                                  "listings": {"x": {"path": "/a"}, "y": {"path": "/a", "nope": 1}}}]}},
        "x-headrace.rules[0].listings.y.nope", 1312),
    "a member that lacks": ({"extension": {"retention": {}}}, "x-headrace.retention.months", 1312),
    "half a character for the block": ({"extension": "\ud800"}, "x-headrace", 1312),
    "half a character in the block": ({"extension": {"writeMode": "\ud800"}}, "x-headrace", 1312),
    "days that nothing asks for": ({"extension": {"sliceDays": 7}}, "x-headrace.sliceDays", 1312),
    "days below none": ({"extension": {"sliceDays": -3}}, "x-headrace.sliceDays", 1312),
    "a cap below none": ({"extension": {"elementCap": -1}}, "x-headrace.elementCap", 1312),
    "an answer for no month": ({"extension": {"retention": {"months": 0}}}, "x-headrace.retention.months", 1312),
    "an answer for the future": ({"extension": {"retention": {"months": -1}}}, "x-headrace.retention.months", 1312),
    "a sample of no day": ({"extension": {"explore": {"days": 0}}}, "x-headrace.explore.days", 1312),
    "days without an end": ({"extension": {"sliceDays": 10**12}}, "x-headrace.sliceDays", 1312),
    "days in words": ({"extension": {"sliceDays": "many"}}, "x-headrace.sliceDays", 1312),
    "a proof of a number": ({"extension": {"readable": [{"param": 1}]}}, "x-headrace.readable[0].param", 1312),
    "a status in words": ({"extension": {"endsAt": ["gone"]}}, "x-headrace.endsAt[0]", 1312),
    "a rename to a number": ({"extension": {"rename": {"a.b": "c", "d": 1}}}, "x-headrace.rename.d", 1312),
    "an unknown way to write": ({"extension": {"writeMode": "upsert"}}, "x-headrace.writeMode", 1312),
    "a zone of another world": ({"extension": {"day": {"date": "d", "zone": "Mars/X"}}}, "x-headrace.day.zone", 1312),
    "a day of two kinds": ({"extension": {"day": {"date": "d", "year": "y"}}}, "x-headrace.day", 1312),
    "a day without a year": ({"extension": {"day": {"date": "d", "format": "MM/dd"}}}, "x-headrace.day.format", 1312),
    "a day at a wildcard": ({"extension": {"day": {"date": "rows[*].d"}}}, "x-headrace.day.date", 1314),
    "a month in an array": (
        {"extension": {"day": {"year": "rows.y", "month": "rows.m[0]", "day": "rows.d"}}},
        "x-headrace.day.month", 1314),
    "a day in minutes": ({"extension": {"day": {"date": "d", "format": "yyyy-mm-dd"}}}, "x-headrace.day.format", 1312),
    "a day in letters that mean nothing": (
        {"extension": {"day": {"date": "d", "format": "yyyy-MM-DD"}}}, "x-headrace.day.format", 1312),
    "days to replace, and no day": (
        {"extension": {"writeMode": "replace-window", "sliceDays": 7}}, "x-headrace.day", 1312),
    "days to replace, and none asked for": (
        {"extension": {"writeMode": "replace-window", "day": {"date": "d"}}}, "x-headrace.sliceDays", 1312),
    "a parameter to keep that nobody sends": (
        {**asking(key="k"), "paginationParams": LINK, "extension": {"keepQuery": ["key", "team"]}},
        "x-headrace.keepQuery[1]", 1312),
    "a total of pages": ({"paginationParams": PAGE, "extension": {"total": "$.all"}}, "x-headrace.total", 1312),
    "a total of nothing": ({"extension": {"total": "$.all"}}, "x-headrace.total", 1312),
    "a total at a complex path": (
        {"paginationParams": OFFSET, "extension": {"total": "$..all"}}, "x-headrace.total", 1314),
    "a total in no header": (
        {"paginationParams": OFFSET, "extension": {"total": "headers."}}, "x-headrace.total", 1314),
    "a total that is a number": ({"paginationParams": OFFSET, "extension": {"total": "7"}}, "x-headrace.total", 1314),
    "a total among the rows": (
        {"paginationParams": OFFSET, "extension": {"total": "$.rows.all"}}, "x-headrace.total", 1314),
    "a parameter to keep where nothing links": (
        {**asking(key="k"), "paginationParams": PAGE, "extension": {"keepQuery": ["key"]}},
        "x-headrace.keepQuery", 1312),
    **{f"{what} as {member}": (
        {"contentPath": "$.a.rows",
         "paginationParams": {**pages, member: place} | ({"endConditionValue": "Const:1"} if "Cond" in member else {})},
        f"paginationParams.{member}", 1314)
       for what, place in (("a whole row", "$.a.rows[-1]"), ("the array", "a.rows"), ("what holds the array", "$.a"))
       for member, pages in (("continuationTokenPath", TOKEN), ("pointerPath", LINK), ("endPageIndex", PAGE),
                             ("endConditionName", OFFSET))},
    "a whole row as a listing's token": (
        {"extension": {"partition": {"param": "a", "listing": {
            "path": "/a", "paginationParams": {**TOKEN, "continuationTokenPath": "$.elements[-1]"}}}}},
        "x-headrace.partition.listing.paginationParams.continuationTokenPath", 1314),
    "a whole row as the total": (
        {"paginationParams": OFFSET, "extension": {"total": "rows[0]"}}, "x-headrace.total", 1314),
    "an end that counts in, and is never asked for": (
        {"extension": {"endInclusive": True}, "scheduleParams": {"scheduleStartParamName": "a"}},
        "x-headrace.endInclusive", 1312),
    "an end that counts in, without a window": (
        {"extension": {"endInclusive": True}}, "x-headrace.endInclusive", 1312),
    "an end that counts in, and stands nowhere": (
        {**asking(q="{START_TIME}"), "scheduleParams": {"type": "ADVANCE"}, "extension": {"endInclusive": True}},
        "x-headrace.endInclusive", 1312),
    "statuses that end a chain where there is none": ({"extension": {"endsAt": [404]}}, "x-headrace.endsAt", 1312),
    **{f"a blank text in {place}": ({"extension": block}, f"x-headrace.{place}", 1312) for place, block in {
        "aliases[0]": {"aliases": [""]},
        "keepQuery[1]": {"keepQuery": ["a", " "]},
        "omitWhenEmpty[0]": {"omitWhenEmpty": [""]},
        "rename": {"rename": {"": "a"}},
        "probe.path": {"probe": {"path": ""}},
        "partition.param": {"partition": {"param": " "}},
        "partition.unless[0]": {"partition": {"param": "a", "unless": [""]}},
        "readable[0].listing.path": {"readable": [{"param": "a", "listing": {"path": "\t"}}]},
        "rules[0].name": {"rules": [{"name": "", "param": "a", "field": "a", "by": "b", "listings": {}}]},
        "rules[0].by": {"rules": [{"name": "n", "param": "a", "field": "a", "by": "", "listings": {}}]}}.items()},
    "a parameter to omit that nobody sends": (
        {**asking(key="k"), "extension": {"omitWhenEmpty": ["team"]}}, "x-headrace.omitWhenEmpty", 1312),
    "a look ahead": ({"extension": {"lookback": -1}}, "x-headrace.lookback", 1312),
    "weeks in days": ({"extension": {"period": "week", "sliceDays": 3}}, "x-headrace.sliceDays", 1312),
    "a key at a complex path": ({"extension": {"key": ["row[*].id"]}}, "x-headrace.key[0]", 1312),
    "a key that is the element": ({"contentPath": "$.rows", "extension": {"key": ["rows"]}}, "x-headrace.key[0]", 1312),
    "a key that is the element under its other name": (
        {"contentPath": {"path": "$.rows", "overrideWrapperAttribute": "row"}, "extension": {"key": ["row.id", "row"]}},
        "x-headrace.key[1]", 1312),
    "a key by the name that the element no longer has": (
        {"contentPath": {"path": "$.rows", "overrideWrapperAttribute": "row"}, "extension": {"key": ["rows.id"]}},
        "x-headrace.key[0]", 1312),
    "a key that does not go along": (
        {"contentPath": {"path": "$.rows", "skipAttributes": ["page"]}, "extension": {"key": ["rows.id", "page"]}},
        "x-headrace.key[1]", 1312),
    "a key that lies in another": ({"extension": {"key": ["rows.a.b", "rows.a"]}}, "x-headrace.key[1]", 1312),
    "a version in a key": ({"extension": {"key": ["rows.a"], "version": "rows.a.b"}}, "x-headrace.key[0]", 1312),
    "a version that is the element": (
        {"contentPath": "$.rows", "extension": {"key": ["id"], "version": "rows"}}, "x-headrace.version", 1312),
    "a deletion that is the element": (
        {"contentPath": "$.rows", "extension": {"key": ["id"], "deletion": {"field": "rows", "present": True}}},
        "x-headrace.deletion.field", 1312),
    "a day that is the element": (
        {"contentPath": "$.rows", "extension": {"day": {"date": "rows"}}}, "x-headrace.day.date", 1312),
    "a rule about what is in an array": (
        {"extension": {"rules": [{"name": "r", "param": "a", "field": "rows.a[0]", "by": "b", "listings": {}}]}},
        "x-headrace.rules[0].field", 1314),
    "a rule about the element": (
        {"contentPath": "$.rows", "extension": {"rules": [{"name": "r", "param": "a", "field": "rows", "by": "b",
                                                           "listings": {}}]}}, "x-headrace.rules[0].field", 1312),
    "a status that is good": ({"extension": {"endsAt": [200]}}, "x-headrace.endsAt", 1312),
    "a status about rights": ({"extension": {"endsAt": [404, 403]}}, "x-headrace.endsAt", 1312),
    **{f"a status about time, {status}": ({"paginationParams": PAGE, "extension": {"endsAt": [status]}},
                                         "x-headrace.endsAt", 1312) for status in (408, 425)},
    "a status about trouble": ({"extension": {"endsAt": [500]}}, "x-headrace.endsAt", 1312),
    "a rename of nothing": ({"extension": {"rename": {"a": "$"}}}, "x-headrace.rename.a", 1314),
    "a rename at a complex path": ({"extension": {"rename": {"a": "b[*]"}}}, "x-headrace.rename.a", 1314),
    "a listing at a complex path": (
        {"extension": {"partition": {"param": "a", "listing": {"path": "/a", "contentPath": "$..a"}}}},
        "x-headrace.partition.listing.contentPath", 1314),
    "a listing with wrong paging": (
        {"extension": {"readable": [{"param": "a", "listing": {"path": "/a", "paginationParams": {"type": "PAGE"}}}]}},
        "x-headrace.readable[0].listing.paginationParams.pageParamName", 1316),
    "a listing of a rule with wrong paging": (
        {"extension": {"rules": [{"name": "r", "param": "a", "field": "a", "by": "b",
                                  "listings": {"x": {"path": "/a", "paginationParams": {"type": "MAGIC"}}}}]}},
        "x-headrace.rules[0].listings.x.paginationParams.type", 1312),
}  # fmt: skip

# What stands in a part of the block -> what the refusal offers instead.
OFFERED = {
    "must be one of once, minute, hour, day, week, not 'daily'": {"frequencies": ["daily"]},
    "retention.days is no member of it; it has months, a whole number: what a source still answers for is counted in "
    "calendar months.": {"retention": {"days": 30}},
    "retention.months must be 1 or more.": {"retention": {"months": 0}},
    "sliceDays must be 1,000,000 or less.": {"sliceDays": 10**7},
    "explore.dayz is no member of it; did you mean days?": {"explore": {"dayz": 30}},
    "listings.days.valeu is no member of it; did you mean value?": {
        "rules": [{"name": "r", "param": "a", "field": "a", "by": "b", "listings": {"days": {"path": "/", "valeu": 1}}}]
    },
    "readable[0].listing.paths is no member of it; did you mean path?": {
        "readable": [{"param": "a", "listing": {"paths": "/"}}]
    },
}


@pytest.mark.parametrize("offer", OFFERED)
def test_a_refusal_offers_what_may_stand_there(offer):
    with pytest.raises(errors.SpecInvalid) as caught:
        sources.check_spec(spec(extension=OFFERED[offer]))
    assert offer in caught.value.message


FORMATS = {
    "yyyy-MM-ddTHH:mm:ssZ": True,
    "yyyy-MM-ddTHH:mm:ss:fffffffK": True,
    "'(year:'yyyy',month:'M',day:'d')'": True,
    "dd\\dMM": True,
    "s": True,
    "%d": True,
    "epochSeconds": True,
    "epochMilliseconds": True,
    "YYYY-MM-DD": False,
    "%Y-%m-%d": False,
    "%H:%M": False,
    "epoch": False,
    "'yyyy": False,
    "--": False,
    "yyyy-mm-dd": False,
    "yyyy-MM-dd ss": False,
    "HH:mm.fff": False,
    "yyyy-dd": False,
    "yyyy-MM-ddThh:mm:ss": False,
    "MM/dd/yyyy hh:mm tt": True,
    "yyyy-MM-ddTHHZ": True,
    "x": False,
}


@pytest.mark.parametrize("given", GOOD_PAGES, ids=str)
def test_good_paging(given):
    sources.check_spec(spec(paginationParams=given))


GOOD_TOGETHER: list[dict[str, Any]] = [
    {**asking(cursor="*"), "paginationParams": {**TOKEN, "parameterName": "cursor"}},
    {**asking(p="1", n=50, o=""),
     "paginationParams": {**PAGE, "initialPageIndex": 1, "limitName": "n", "limitValue": "50"}},
    {"urlParams": {"path": "/x", "method": "POST", "queryParams": {"p": 7}}, "paginationParams": PAGE},
    {"urlParams": {"path": "/x", "method": "POST"}, "bodyParams": {"q": ["{SCHEDULE_QUERY}"]},
     "scheduleParams": {"type": "ADVANCE", "incremental": "{START_TIME}"}},
    {"urlParams": {"path": "/x", "method": "POST"}, "bodyParams": {"range": {"from": "{START_TIME}"}},
     "scheduleParams": {"type": "ADVANCE"}},
    {"urlParams": {"path": "/lists/${username|list:?#}/items%3Fa#b"}},
    {"contentPath": "$", "explodeEntityPath": "$.xs"},
    {"contentPath": "$['a, b']", "explodeEntityPath": "$['a, b']['it\'s']"},
    {"scheduleParams": {"scheduleStartParamName": "since"}, "paginationParams": LINK,
     "extension": {"keepQuery": ["since"]}},
    {"extension": {"endsAt": [404], "mayBeAbsent": True}},
    {"contentPath": "$.a.rows", "paginationParams": {**OFFSET, "endConditionName": "$.a.rows[0]"}},
    {"contentPath": "$.a.rows", "paginationParams": {**TOKEN, "continuationTokenPath": "$.a.next"}},
    {"contentPath": "$", "paginationParams": {**TOKEN, "continuationTokenPath": "[-1].id"}},
    {"scheduleParams": {"scheduleEndParamName": "to"}, "extension": {"endInclusive": True}},
    {**asking(q="x<{SCHEDULE_QUERY}"), "scheduleParams": {"type": "ADVANCE", "incremental": "{END_TIME}"},
     "extension": {"endInclusive": True}},
    {"paginationParams": OFFSET, "extension": {"total": "$.page.total"}},
    {"paginationParams": OFFSET, "extension": {"total": "headers.X-Total", "endsAt": [416]}},
    {**POST, "bodyParams": {"q": "{SCHEDULE_QUERY}", "to": "{END_TIME}"},
     "scheduleParams": {"type": "ADVANCE", "incremental": "{START_TIME}"}},
    {"contentPath": "$.a.rows", "extension": {"key": ["page", "rows.a", "rows.ab"], "version": "rows.v"}},
    {"contentPath": "$", "extension": {"key": ["id", "a.b"]}},
    {"scheduleParams": {"scheduleStartParamName": "since"},
     "extension": {"writeMode": "replace-window", "sliceDays": 1, "day": {"date": "$.rows['on.day']"}}},
]  # fmt: skip


@pytest.mark.parametrize("changes", GOOD_TOGETHER, ids=str)
def test_what_can_work_together(changes):
    sources.check_spec(spec(**changes))


def test_what_ships_is_good():
    for shipped in sources.shipped_specs():
        sources.check_spec(shipped)


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_work_is_refused_by_its_place_and_its_rule(name):
    changes, place, rule = BAD[name]
    with pytest.raises(errors.SpecInvalid) as caught:
        sources.check_spec(spec(**changes))
    where = f"sourceSpec.attributes.{place}"
    assert (caught.value.facts["field"], caught.value.facts["rule"]) == (where, rule)
    assert caught.value.message.startswith(where)


# What stands beside the attributes -> where it is wrong.
BAD_BESIDE: dict[str, tuple[dict[str, Any], str]] = {
    "a blank name": ({"authSpec": [{"name": " "}]}, "authSpec[0].name"),
    "no name": ({"authSpec": [{"type": "None"}]}, "authSpec[0].name"),
    "a name that is a number": ({"authSpec": [{"name": 7}]}, "authSpec[0].name"),
    "one name twice": ({"authSpec": [{"name": "API key"}, {"name": "None"}, {"name": "api-KEY"}]}, "authSpec[2].name"),
    "a blank type": ({"authSpec": [{"name": "a", "type": ""}]}, "authSpec[0].type"),
    "a blank member": ({"authSpec": [{"name": "a", "spec": {"properties": {" ": {}}}}]}, "authSpec[0].spec.properties"),
    "a member without a schema": (
        {"authSpec": [{"name": "a", "spec": {"properties": {"k": True}}}]}, "authSpec[0].spec.properties.k"),
    "an input without a schema": (
        {"sourceSpec": {**spec()["sourceSpec"], "spec": {"properties": {"k": True}}}}, "sourceSpec.spec.properties.k"),
    "attributes of no object": (
        {"authSpec": [{"name": "a", "spec": {"properties": {"k": {"restAttributes": [0]}}}}]},
        "authSpec[0].spec.properties.k.restAttributes"),
    "a key in a header that no header may be": (
        {"authSpec": [{"name": "a", "spec": {"properties": {"k": {"restAttributes": {"headerParamName": "a b"}}}}}]},
        "authSpec[0].spec.properties.k.restAttributes.headerParamName"),
    "a blank input": ({"sourceSpec": {"spec": {"properties": {"": {}}}}}, "sourceSpec.spec.properties"),
    **{f"{path}, which is misspelt": (changes, path) for path, changes in {
        "authSpecs": {"authSpecs": []},
        "sourcespec": {"sourcespec": {}},
        "sourceSpec.attribute": {"sourceSpec": {"attribute": {}}},
        "sourceSpec.attributes.paginationParam": {"sourceSpec": {"attributes": {"paginationParam": PAGE}}},
        "sourceSpec.attributes.contentpath": {"sourceSpec": {"attributes": {"contentpath": "$.rows"}}},
        "sourceSpec.attributes.x-headrance": {"sourceSpec": {"attributes": {"x-headrance": {}}}}}.items()},
    "paging outside the attributes": (
        {"sourceSpec": {"paginationParams": PAGE, "attributes": {}}}, "sourceSpec.paginationParams"),
    "additions outside the source": ({"x-headrace": {"endsAt": [404]}}, "x-headrace"),
    "inputs in two places": (
        {"sourceSpec": {"attributes": {"spec": {"properties": {"a": {}}}}, "spec": {"properties": {"b": {}}}}},
        "sourceSpec.attributes.spec"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BESIDE)
def test_what_stands_beside_the_attributes_is_held_to_rules_too(name):
    changes, where = BAD_BESIDE[name]
    with pytest.raises(errors.SpecInvalid) as caught:
        sources.check_spec({**spec(), **changes})
    assert (caught.value.facts["field"], caught.value.facts["rule"]) == (where, 1312)


def test_an_authentication_is_picked_by_its_name_before_anothers_type():
    offered = [{"name": "Partner", "type": "Basic Authentication"}, {"name": "Basic Authentication", "type": "None"}]
    document = {**spec(), "authSpec": offered}
    sources.check_spec(document)
    assert sources.auth_spec(document, "basic authentication") is offered[1]
    assert sources.auth_spec(document, "none") is offered[1]


@pytest.mark.parametrize("pattern", FORMATS)
@pytest.mark.parametrize("name", ["scheduleStartParamFormat", "scheduleEndParamFormat", "paramFormat"])
def test_formats_of_times(pattern, name):
    simple = {"scheduleStartParamName": "from", "scheduleEndParamName": "to"}
    schedule = {"type": "ADVANCE", "incremental": "{START_TIME}"} if name == "paramFormat" else simple
    query = {"q": "{SCHEDULE_QUERY}"} if name == "paramFormat" else {}
    document = spec(**asking(**query), scheduleParams={**schedule, name: pattern})
    if FORMATS[pattern]:
        sources.check_spec(document)
    else:
        with pytest.raises(errors.SpecInvalid, match=re.escape(pattern)) as caught:
            sources.check_spec(document)
        assert caught.value.facts["field"] == f"sourceSpec.attributes.scheduleParams.{name}"


GENERIC = {
    "properties": {
        name: {} for name in ("urlParams", "contentPath", "paginationParams", "scheduleParams", "x-headrace")
    },
    "required": ["urlParams", "contentPath", "paginationParams"],
}
GIVEN = {"urlParams": {"path": "/v1"}, "contentPath": "$.data", "paginationParams": {"type": "NONE"}}
GIVEN_BADLY: dict[str, tuple[dict[str, Any], str, int]] = {
    "no type": ({"paginationParams": {"limitName": "n"}}, "params.paginationParams.type", 1312),
    "a complex path": ({"contentPath": {"path": "$..data"}}, "params.contentPath.path", 1314),
    "a path through the array": (
        {"paginationParams": {"type": "POINTER", "pointerPath": "data.next"}},
        "params.paginationParams.pointerPath", 1314),
    "a path with a query": ({"urlParams": {"path": "/v1?a=1"}}, "params.urlParams.path", 1312),
    "no path": ({"urlParams": {"host": "https://x.test"}}, "params.urlParams.path", 1313),
    "a page that the query has, too": (
        {"urlParams": {"path": "/v1", "queryParams": {"p": 2}}, "paginationParams": PAGE},
        "params.paginationParams.pageParamName", 1312),
    "an advanced schedule that stands nowhere": (
        {"scheduleParams": {"type": "ADVANCE", "incremental": "{START_TIME}"}}, "params.scheduleParams.type", 1312),
    "a name that nobody declares": (
        {"headerParams": {"a": "${nope}"}, "urlParams": {"path": "/${nope}"}}, "params.urlParams.path", 1312),
    "an element that is the key": ({"contentPath": "$.id"}, "sourceSpec.attributes.x-headrace.key[0]", 1312),
    "an addition that is none": ({"x-headrace": {"endAt": [404]}}, "params.x-headrace.endAt", 1312),
    "an addition that is text": ({"x-headrace": "endsAt"}, "params.x-headrace", 1312),
    "a status that is no end": (
        {"paginationParams": PAGE, "x-headrace": {"endsAt": [500]}}, "params.x-headrace.endsAt", 1312),
    "statuses that end no chain": ({"x-headrace": {"endsAt": [404]}}, "params.x-headrace.endsAt", 1312),
    "a total of pages": (
        {"paginationParams": PAGE, "x-headrace": {"total": "$.all"}}, "params.x-headrace.total", 1312),
    "days to replace, and no day": (
        {"x-headrace": {"writeMode": "replace-window", "sliceDays": 7}}, "params.x-headrace.day", 1312),
    "a key that is the element under the spec's own name": (
        {"x-headrace": {"key": ["data"]}}, "params.x-headrace.key[0]", 1312),
    "a merge without a key": ({"x-headrace": {"writeMode": "merge"}}, "params.x-headrace.key", 1312),
    "a listing of what nobody declares": (
        {"x-headrace": {"partition": {"param": "a", "listing": {"path": "/${nope}"}}}},
        "params.x-headrace.partition.listing.path", 1312),
    **{f"{name}, which belongs to a spec": ({"x-headrace": {name: value}}, f"params.x-headrace.{name}", 1312)
       for name, value in (("aliases", ["a"]), ("probe", {"path": "/me"}))},
    "a format": ({"scheduleParams": {"scheduleStartParamFormat": "YYYY"}},
                 "params.scheduleParams.scheduleStartParamFormat", 1312),
}  # fmt: skip


def generic():
    """A spec that lets the source connection bring the objects of the language, as the generic REST source does."""
    document = spec(deepcopy(GENERIC), extension={"key": ["id"]})
    for name in ("urlParams", "contentPath"):
        del document["sourceSpec"]["attributes"][name]
    return document


def test_what_a_source_connection_brings_may_be_absent_or_empty_in_the_spec():
    document = generic()
    document["sourceSpec"]["attributes"] |= {"paginationParams": {}, "urlParams": {}}
    sources.check_spec(document)
    sources.check_given(document, GIVEN)
    sources.check_given(document, {**GIVEN, "scheduleParams": {}})


@pytest.mark.parametrize("name", GIVEN_BADLY)
def test_what_a_source_connection_brings_is_held_to_the_same_rules(name):
    changes, where, rule = GIVEN_BADLY[name]
    with pytest.raises(errors.SpecInvalid) as caught:
        sources.check_given(generic(), {**GIVEN, **changes})
    assert (caught.value.facts["field"], caught.value.facts["rule"]) == (where, rule)


def test_names_are_the_inputs_those_of_an_authentication_or_what_a_source_connection_may_bring():
    good = asking(a="${accessToken}", b="${listId|upper}", c="${host}", d="${authKey1}")
    sources.check_spec(spec({"allOf": [{"required": ["listId"]}]}, **good))
    document = spec({"additionalProperties": True}, **asking(a="${team}"))
    sources.check_spec(document)
    sources.check_given(document, {"team": "blue"})
    with pytest.raises(errors.SpecInvalid) as caught:
        sources.check_given(document, {"teem": "blue"})
    assert caught.value.facts["field"] == "sourceSpec.attributes.urlParams.queryParams.a"


def test_what_neither_says_is_missing_where_it_is_used():
    document = generic()
    del document["sourceSpec"]["spec"]["properties"]["urlParams"]
    sources.check_spec(document)
    with pytest.raises(errors.SpecInvalid) as caught:
        sources.check_given(document, GIVEN)
    assert caught.value.facts["rule"] == 1313


def test_the_additions_of_a_source_connection_stand_in_the_place_of_the_specs():
    document = generic()
    block = {"endsAt": [404], "writeMode": "merge", "key": ["data.id"], "keepQuery": ["key"]}
    urls = {"path": "/v1", "queryParams": {"key": "a"}}
    params = {**GIVEN, "urlParams": urls, "paginationParams": LINK, "x-headrace": block}
    sources.check_given(document, params)
    mine = sources.settled(document, params)
    assert sources.write_mode(mine) == "merge" and sources.extraction(mine, params).extension.ends_at == {404}
    assert sources.settled(document, GIVEN) == document == generic()
    closed = spec({"properties": {}}, extension={"endsAt": [404]})
    assert sources.settled(closed, params) == closed


# -- whatever comes --------------------------------------------------------------------------------------------------

TEXTS = st.sampled_from(
    ["", " ", "$", "$.a[-1]", "a..b", "headers.x", "OFFSET", "PAGE", "url", "7", "${a|b}", "'", "\ud800"]
)
MEMBERS = st.sampled_from([
    "path", "host", "method", "queryParams", "type", "limitName", "limitValue", "offSetName", "pageParamName",
    "pointerPath", "endPageIndex", "endConditionName", "endConditionValue", "incremental", "paramFormat",
    "scheduleStartParamFormat", "skipAttributes", "continuationTokenPath", "parameterName", "endsAt", "rename",
])  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(MEMBERS, below, max_size=6),
    max_leaves=12,
)


@settings(max_examples=300)
@given(name=st.sampled_from([*OBJECTS, "x-headrace"]), value=ANYTHING)
def test_anything_is_taken_or_refused(name, value):
    inputs = {"properties": {each: {} for each in (*OBJECTS, "x-headrace")}}
    tried = (
        lambda: sources.check_spec(spec(**{name: value})),
        lambda: sources.check_given(spec(inputs), {**GIVEN, name: value}),
    )
    for attempt in tried:
        try:
            attempt()
        except errors.SpecInvalid as refused:
            assert refused.facts.get("rule", 1312) in (1312, 1313, 1314, 1316, 1317)


CREDENTIALS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a header": ({}, {"headerParams": {"X-Api-Key": "Key ${k}"}}, "sourceSpec.attributes.headerParams.X-Api-Key"),
    "a query": ({}, asking(access_token="${k|lower}"), "sourceSpec.attributes.urlParams.queryParams.access_token"),
    "a format": ({"format": "password"}, {}, "sourceSpec.spec.properties.k"),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_what_a_source_connection_gives_is_no_credential(case: str) -> None:
    declared, attributes, place = CREDENTIALS[case]
    document = spec({"type": "object", "properties": {"k": {"type": "string", **declared}}}, **attributes)
    with pytest.raises(errors.SpecInvalid) as refused:
        sources.check_spec(document)
    assert refused.value.facts["field"] == place and "authentication" in refused.value.message
    document["authSpec"] = [{"name": "Own", "type": "None", "spec": {"properties": {"k": {"type": "string"}}}}]
    sources.check_spec(document)


@pytest.mark.parametrize("name", ["pageToken", "sync_token", "$skiptoken", "X-CSRF-Token", "nextToken"])
def test_a_place_in_a_list_is_no_credential(name: str) -> None:
    sources.check_spec(spec(urlParams={"path": "/x", "queryParams": {name: "*"}}))


def test_a_source_connection_brings_no_credential_either() -> None:
    declared = {"type": "object", "properties": {"headerParams": {"type": "object"}, "k": {"type": "string"}}}
    for value in ("k0", "${k}"):
        with pytest.raises(errors.SpecInvalid) as refused:
            sources.check_given(spec(declared), {"headerParams": {"X-Api-Key": value}, "k": "k0"})
        assert refused.value.facts["field"] == "params.headerParams.X-Api-Key"
    sources.check_given(spec(declared), {"headerParams": {"X-Api-Key": "${accessToken}"}})


@pytest.mark.parametrize("name", ["accessTokenUrl", "description"])
def test_no_address_anywhere_in_a_spec_holds_a_password(name: str) -> None:
    document = spec()
    address = {"type": "string", "default": "https://u:p0@x.test/token"}
    document["authSpec"] = [{"name": "Own", "type": "None", "spec": {"properties": {name: address}}}]
    with pytest.raises(errors.SpecInvalid) as refused:
        sources.check_spec(document)
    assert refused.value.facts["field"] == f"authSpec[0].spec.properties.{name}.default"
    assert "p0" not in refused.value.message
