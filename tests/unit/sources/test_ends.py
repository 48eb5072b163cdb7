"""How chains end: by what the spec declares, and where rows may be missing or doubled, by a failure that says why."""

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from headrace import errors, sources
from source_server import Reply, reading, reply, spec


def rows(*ids: int, **more: Any) -> Reply:
    return reply({"rows": [{"id": n} for n in ids], **more})


def bare(*ids: int) -> Reply:
    return reply([{"id": n} for n in ids])


def linked(link: str, *ids: int) -> Reply:
    return reply({"rows": [{"id": n} for n in ids]}, Link=link)


@dataclass
class Case:
    """What a source answers, one reply a request; what comes of it: ids, or a failure; the queries that it was asked.

    queries  of each request, where they matter; else only their number must be that of the answers
    bare     pages are their rows, without a name for them
    content  what contentPath says besides
    """

    paging: dict[str, Any]
    answers: list[Reply]
    ids: list[int] | None = None
    fails: str = ""
    queries: list[str] | None = None
    extension: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    bare: bool = False
    content: dict[str, Any] = field(default_factory=dict)


PAGE = {"type": "PAGE", "pageParamName": "p", "initialPageIndex": 1, "limitName": "n", "limitValue": 2}
OFFSET = {"type": "OFFSET", "offSetName": "o", "limitName": "n", "limitValue": 5}
MORE = {"endConditionName": "$.more", "endConditionValue": "Const:false"}
TOTAL = {"total": "$.all"}
TOKEN = {"type": "CONTINUATION_TOKEN", "continuationTokenPath": "next", "parameterName": "t"}
LINK = {"type": "POINTER", "pointerPath": "next"}
HEADER = {"type": "POINTER", "pointerPath": "headers.Link"}
CURSOR = {"type": "CONTINUATION_TOKEN", "continuationTokenPath": "$.rows[-1].id", "parameterName": "after"}
REPLACE = {"writeMode": "replace-window"}
NO_CONTENT, EMPTY = Reply(204, b""), Reply(200, b" \n")
ERROR = reply({"code": 17, "message": "Internal error"})

CASES: dict[str, Case] = {
    # -- a count or a flag overrules a short or empty page
    "a page count, an empty page before it": Case(
        {**PAGE, "endPageIndex": "$.pages"}, [rows(1, 2, pages=3), rows(pages=3), rows(3, pages=3)], [1, 2, 3]),
    "a page count, a short page before it": Case(
        {**PAGE, "endPageIndex": "$.pages"}, [rows(1, 2, pages=3), rows(3, pages=3), rows(4, 5, pages=3)],
        [1, 2, 3, 4, 5], queries=["n=2&p=1", "n=2&p=2", "n=2&p=3"]),
    "a page count that only the first page says": Case(
        {**PAGE, "endPageIndex": "$.pages"}, [rows(1, 2, pages=3), rows(), rows(3)], [1, 2, 3]),
    "a page count in a header": Case(
        {**PAGE, "endPageIndex": "headers.X-Pages"},
        [reply({"rows": [{"id": n}]} if n else {"rows": []}, **{"X-Pages": "3"}) for n in (1, 0, 3)], [1, 3]),
    "a last row without the field of the cursor": Case(
        CURSOR, [reply({"rows": [{"id": 1}, {"n": 2}]})], fails="it cannot be told whether rows are missing"),
    "a flag that is a number, written otherwise": Case(
        {**OFFSET, "endConditionName": "$.left", "endConditionValue": "Const:0"},
        [rows(1, 2, 3, 4, 5, left=5.0), rows(6, 7, 8, 9, 10, left=0.0)], [*range(1, 11)]),
    "a page count in the spec": Case({**PAGE, "endPageIndex": 3}, [rows(1, 2), rows(), rows(3)], [1, 2, 3]),
    "a page count that is no number": Case(
        {**PAGE, "endPageIndex": "$.pages"}, [rows(1, pages="many")], fails=r"no number at \$.pages"),
    **{f"a page count of {count}": Case(
        {**PAGE, "endPageIndex": "$.pages"}, [Reply(200, b'{"rows":[{"id":1}],"pages":%b}' % count.encode())],
        fails=r"no number at \$.pages that could be the index") for count in (
            "1e400000", "1e99999999999999999999", "-1e400000", "1e-400000", "2.5", "9" * 19,
            '"' + "9" * 5000 + '"', "true")},
    **{f"a page count written {count}": Case(
        {**PAGE, "endPageIndex": "$.pages"}, [Reply(200, b'{"rows":[{"id":1}],"pages":%b}' % count.encode())], [1])
        for count in ("1.0", "10e-1", '" 1 "', "-1", "-0")},
    "no page count, though one is declared": Case({**PAGE, "endPageIndex": "$.pages"}, [rows(1, 2), rows()], [1, 2]),
    "pages, a flag, an empty page before it": Case(
        {**PAGE, **MORE}, [rows(1, 2, more=True), rows(more=True), rows(3, more=False)], [1, 2, 3]),
    "pages, a flag that the last page leaves out": Case({**PAGE, **MORE}, [rows(1, 2, more=True), rows()], [1, 2]),
    # -- a limit declares no end
    "pages until an empty one": Case(PAGE, [rows(1, 2), rows(3), rows()], [1, 2, 3]),
    "offsets until an empty page": Case(
        OFFSET, [rows(1, 2, 3, 4, 5), rows(6), rows()], [1, 2, 3, 4, 5, 6], queries=["n=5&o=0", "n=5&o=5", "n=5&o=6"]),
    # -- offsets count the rows that came
    "a source that gives fewer than asked": Case(
        OFFSET, [rows(1, 2), rows(3, 4), rows(5), rows()], [1, 2, 3, 4, 5],
        queries=["n=5&o=0", "n=5&o=2", "n=5&o=4", "n=5&o=5"]),
    "fewer than asked, and a flag": Case(
        {**OFFSET, **MORE}, [rows(1, 2, more=True), rows(3, 4, more=True), rows(5, more=False)], [1, 2, 3, 4, 5],
        queries=["n=5&o=0", "n=5&o=2", "n=5&o=4"]),
    "more than asked": Case(OFFSET, [rows(*range(7)), rows(7), rows()], [*range(8)],
        queries=["n=5&o=0", "n=5&o=7", "n=5&o=8"]),
    "without a limit": Case(
        {"type": "OFFSET", "offSetName": "o"}, [rows(1, 2, 3), rows(4), rows()], [1, 2, 3, 4],
        queries=["o=0", "o=3", "o=4"]),
    "a stretch without rows, and a flag": Case(
        {**OFFSET, **MORE}, [rows(1, 2, 3, 4, 5, more=True), rows(more=True), rows(6, more=False)], [1, 2, 3, 4, 5, 6],
        queries=["n=5&o=0", "n=5&o=5", "n=5&o=10"]),
    "many pages without rows, and a flag": Case(
        {**PAGE, **MORE}, [rows(1, 2, more=True), *[rows(more=True)] * 99, rows(3, more=False)], [1, 2, 3]),
    "the same page without rows for ever": Case(
        {**PAGE, **MORE}, [rows(1, 2, more=True), *[rows(more=True)] * 100],
        fails="same page without rows for the 100th time in a row"),
    "the same page without rows, allowed": Case(
        {**PAGE, **MORE}, [*[rows(more=True)] * 150, rows(1, more=False)], [1], extension={"mayRepeat": True}),
    "the same page without rows, by a number of pages": Case(
        {**PAGE, "endPageIndex": 150}, [*[rows()] * 149, rows(1)], [1]),
    "pages without rows that tell themselves apart": Case(
        {**PAGE, **MORE}, [*(rows(more=True, at=n) for n in range(150)), rows(1, more=False)], [1]),
    "cursors that move for ever, and never a row": Case(
        TOKEN, [rows(1, next="a"), *(rows(next=f"t{n}") for n in range(1000))],
        fails="is the 1,000th page without rows in a row, and says that more follow"),
    "cursors that move for long, and a row": Case(
        TOKEN, [*(rows(next=f"t{n}") for n in range(600)), rows(1, next="a"),
                *(rows(next=f"u{n}") for n in range(600)), rows(2)], [1, 2]),
    "a stretch without rows, a flag and no limit": Case(
        {**MORE, "type": "OFFSET", "offSetName": "o"}, [rows(1, more=True), rows(more=True)],
        fails="nobody knows where"),
    **{f"a stretch without rows, a flag and {name}": Case(
        {**OFFSET, **MORE}, [*pages, rows(more=True)], fails="no full pages.*nobody knows where") for name, pages in (
            ("shorter pages before it", [rows(0, 1, more=True)]),
            ("a shorter page among full ones", [rows(*range(5), more=True), rows(5, more=True)]),
            ("a full page behind a shorter one", [rows(0, more=True), rows(*range(1, 6), more=True)]),
            ("a page with more than was asked for", [rows(*range(7), more=True)]),
            ("nothing before it", []))},
    "two stretches without rows, and a flag": Case(
        {**OFFSET, **MORE}, [rows(1, 2, 3, 4, 5, more=True), rows(more=True), rows(more=True, at=2),
        rows(6, more=False)], [1, 2, 3, 4, 5, 6], queries=["n=5&o=0", "n=5&o=5", "n=5&o=10", "n=5&o=15"]),
    "offsets that count rows which are left out": Case(
        OFFSET, [rows(1, 3), rows(3, 6)], fails="gives the last row of the page before again"),
    # -- a number of all rows
    "offsets to a total": Case(
        OFFSET, [rows(1, 2, 3, 4, 5, all=7), rows(6, 7, all=7)], [*range(1, 8)], extension=TOTAL,
        queries=["n=5&o=0", "n=5&o=5"]),
    "offsets to a total that fills the last page": Case(
        OFFSET, [rows(*range(5), all=10), rows(*range(5, 10), all=10), rows(all=10)], [*range(10)], extension=TOTAL),
    **{f"{name} beyond a total that fills the last page": Case(
        OFFSET, [rows(*range(5), all=5), answer], [*range(5)], extension={**REPLACE, **TOTAL}) for name, answer in (
            ("nothing", rows()), ("null", reply({"rows": None})), ("no content", NO_CONTENT), ("an empty body", EMPTY),
            ("a refusal", Reply(400)), ("an absence", Reply(404)), ("a range that is none", Reply(416)))},
    "a total on one page": Case(OFFSET, [rows(1, 2, all=2), rows(all=2)], [1, 2], extension=TOTAL),
    "a total that is first of one page, then of two": Case(
        OFFSET, [rows(*range(5), all=5), rows(5, all=6)], [*range(6)], extension=TOTAL),
    "offsets to a total, short pages before it": Case(
        OFFSET, [rows(1, 2, all=5), rows(3, 4, all=5), rows(5, all=5)], [1, 2, 3, 4, 5], extension=TOTAL,
        queries=["n=5&o=0", "n=5&o=2", "n=5&o=4"]),
    "offsets to a total in a header": Case(
        OFFSET, [reply({"rows": [{"id": n}]}, **{"X-Total": "2"}) for n in (1, 2)], [1, 2],
        extension={"total": "headers.X-Total"}),
    "offsets to a total that only the first page says": Case(
        OFFSET, [rows(1, 2, all=3), rows(3)], [1, 2, 3], extension=TOTAL),
    "offsets to a total that grows": Case(
        OFFSET, [rows(1, 2, all=2 + 1), rows(3, all=4), rows(4, all=4)], [1, 2, 3, 4], extension=TOTAL),
    "offsets to a total that shrinks below what came": Case(
        OFFSET, [rows(1, 2, all=3), rows(all=1)], [1, 2], extension=TOTAL),
    **{f"{end}, though a total says that rows follow": Case(
        OFFSET, [rows(1, 2, all=3), answer], extension={**TOTAL, "endsAt": [404]},
        fails=r"but the page before says by \$.all that more") for end, answer in (
            ("a status that is declared", Reply(404)), ("no content", NO_CONTENT), ("an empty body", EMPTY))},
    "a total of no rows": Case(OFFSET, [rows(all=0)], [], extension=TOTAL),
    "no total, though one is declared": Case(OFFSET, [rows(1, 2), rows(3), rows()], [1, 2, 3], extension=TOTAL),
    "a total and a flag that agree": Case(
        {**OFFSET, **MORE}, [rows(1, 2, all=3, more=True), rows(3, all=3, more=False)], [1, 2, 3], extension=TOTAL),
    **{f"a total {name}": Case(paging, answers, fails=fails, extension=TOTAL) for name, paging, answers, fails in (
        ("of each page", OFFSET, [rows(*range(5), all=5), rows(*range(5, 10), all=5)], "5 rows, and 10 came"),
        ("of each page, shorter than asked", OFFSET, [rows(1, 2, all=2), rows(3, 4, all=2)], "2 rows, and 4 came"),
        ("that is capped", OFFSET, [rows(*range(5), all=10), rows(*range(5, 10), all=10), rows(10, all=10)],
         "10 rows, and 11 came"),
        ("that is reached before an error", OFFSET, [rows(*range(5), all=5), Reply(500)], "500"),
        ("below the rows that came", OFFSET, [rows(1, 2, 3, all=2)], r"by \$.all .* 2 rows, and 3 came"),
        ("below the rows of all pages", OFFSET, [rows(1, 2, all=4), rows(3, 4, 5, all=4)], "4 rows, and 5 came"),
        ("above the rows that come", OFFSET, [rows(1, 2, all=4), rows(all=4)], "4 rows, but holds none when 2 came"),
        ("beyond a stretch without rows", OFFSET, [rows(*range(5), all=11), rows(all=11)], "11 rows, but holds none"),
        ("that is reached while a flag says that more follow", {**OFFSET, **MORE}, [rows(1, 2, all=2, more=True)],
         r"2 rows, and by \$.more that more follow when 2 came"),
        ("above what a flag ends", {**OFFSET, **MORE}, [rows(1, 2, all=3, more=False)],
         r"3 rows, and ends by \$.more is Const:false when 2 came"),
        ("in words", OFFSET, [rows(1, all="many")], r"no number at \$.all that could be the number of all rows"))},
    # -- an answer without its array
    "an error body": Case(PAGE, [ERROR], fails=r'rows.*absent.*begins: {"code":17,"message":"Internal error"}'),
    "an error body further on": Case(PAGE, [rows(1, 2), ERROR], fails="Internal error"),
    "an error body where rows are replaced": Case(PAGE, [ERROR], fails="Internal error", extension=REPLACE),
    "an error body that says 200 where a page should link": Case(LINK, [rows(1, next="/2"), ERROR], fails="Internal"),
    "an absent array that may be": Case({}, [reply({"range": "A1:B2"})], [], extension={"mayBeAbsent": True}),
    "an absent array that may be, where rows are replaced": Case(
        {}, [reply({"range": "A1:B2"})], [], extension={**REPLACE, "mayBeAbsent": True}),
    "an object for an array, though it may be absent": Case(
        {}, [reply({"rows": {"a": 1}})], fails="no array at", extension={"mayBeAbsent": True}),
    "null first": Case(PAGE, [reply({"rows": None})], fails="it is null"),
    "null at the end": Case(PAGE, [rows(1, 2), reply({"rows": None})], [1, 2]),
    "null at the end, where rows are replaced": Case(
        PAGE, [rows(1, 2), reply({"rows": None})], [1, 2], extension=REPLACE),
    "null in the middle, with a link": Case(
        LINK, [rows(1, next="/2"), reply({"rows": None, "next": "/3"}), rows(2)], [1, 2]),
    "no content first": Case(PAGE, [NO_CONTENT], []),
    "no content further on": Case(PAGE, [rows(1, 2), NO_CONTENT], [1, 2]),
    "an empty body": Case(PAGE, [rows(1, 2), EMPTY], [1, 2]),
    "no content ends a chain with a count": Case({**PAGE, "endPageIndex": 9}, [rows(1, 2), NO_CONTENT], [1, 2]),
    "no content where rows are replaced": Case(PAGE, [NO_CONTENT], fails="proves nothing", extension=REPLACE),
    "no content further on, where rows are replaced": Case(
        PAGE, [rows(1, 2), NO_CONTENT], fails="proves nothing", extension=REPLACE),
    # -- pages that are their rows
    "pages that are arrays": Case(PAGE, [bare(1, 2), bare(3), bare()], [1, 2, 3], bare=True),
    **{f"{name} behind pages that are arrays": Case(
        PAGE, [*pages, answer], fails=fails, bare=True, extension=extension)
       for name, pages, answer, fails, extension in (
            ("an error", [bare(1)], ERROR, r'no array, though.*begins: {"code":17,"message":"Internal error"}', {}),
            ("an error further on", [bare(1), bare(2)], ERROR, "no array, though", {}),
            ("an error where the array may be absent", [bare(1)], ERROR, "no array, though", {"mayBeAbsent": True}),
            ("an error where rows are replaced", [bare(1)], ERROR, "no array, though", REPLACE),
            ("an error on many lines", [bare(1)], Reply(200, b'{\n"error": 1\n}'), "no array, though", {}),
            ("lines", [bare(1)], Reply(200, b'{"id":2}\n{"id":3}'), "no array, though", {}),
            ("a text", [bare(1)], reply("no more"), "no array, though", {}))},
    "an array behind an object, and an object again": Case(
        PAGE, [reply({"id": 1}), bare(2), reply({"id": 3})], fails="no array, though", bare=True),
    "objects, a page each": Case(PAGE, [reply({"id": 1}), reply({"id": 2}), EMPTY], [1, 2], bare=True),
    "lines, then a single one": Case(
        PAGE, [Reply(200, b'{"id":1}\n{"id":2}\n'), Reply(200, b'{"id":3}\n'), EMPTY], [1, 2, 3], bare=True),
    "one record as the whole answer": Case({}, [reply({"id": 1, "error": None})], [1], bare=True),
    "null behind pages that are arrays": Case(PAGE, [bare(1), reply(None)], [1], bare=True),
    "null as the whole answer": Case(PAGE, [reply(None)], fails="it is null", bare=True),
    **{f"{name} as the whole answer": Case(PAGE, [Reply(200, body)], fails=fails, bare=True) for name, body, fails in (
        ("HTML", b"<html>\n<p>Sign in</p>", "an HTML page"), ("words", b"Not now\nTry later", "not whole JSON"),
        ("half an object", b'{"id":', "not whole JSON"))},
    "a broken line among lines": Case({}, [Reply(200, b'{"id":1}\n{"id":\n{"id":3}')], [1, 3], bare=True),
    "broken lines that have an end": Case({}, [Reply(200, b'{"id":1,"x":NaN}\n{"id":3,"x":NaN}')], [1, 3], bare=True),
    # -- the same page again
    "a page parameter that is ignored": Case(PAGE, [rows(1, 2), rows(1, 2)], fails="the same page again, with 2 rows"),
    "an offset that is ignored": Case(OFFSET, [rows(*range(5)), rows(*range(5))], fails="the same page again"),
    "a token that is ignored": Case(TOKEN, [rows(1, 2, next="a"), rows(1, 2, next="a")], fails="the same page again"),
    "pages that may be alike": Case(
        PAGE, [rows(1, 1), rows(1, 1), rows(2), rows()], [1, 1, 1, 1, 2], extension={"mayRepeat": True}),
    "pages that are alike, but not side by side": Case(PAGE, [rows(1), rows(2), rows(1), rows()], [1, 2, 1]),
    **{f"a {kind} that is ignored, beside what is new each time": Case(
        paging, [rows(1, 2, took=1, **more), rows(1, 2, took=2, **more)], fails="the same page again, with 2 rows")
       for kind, paging, more in (
           ("page", PAGE, {}), ("page of a number that is declared", {**PAGE, "endPageIndex": "$.pages"}, {"pages": 3}),
           ("page with a flag", {**PAGE, **MORE}, {"more": True}), ("token", TOKEN, {"next": "a"}),
           ("link", LINK, {"next": "/items?p=2"}), ("offset", {**OFFSET, "limitValue": 2}, {}))},
    "a token that is ignored, beside another one each time": Case(
        TOKEN, [rows(1, 2, next="a"), rows(1, 2, next="b")], fails="the same page again"),
    "a page parameter that is ignored by arrays of another layout": Case(
        PAGE, [Reply(200, b'[{"id":1},{"id":2}]'), Reply(200, b'[{"id":1}, {"id":2}] ')], fails="same page", bare=True),
    "the same rows, and more": Case(PAGE, [rows(1, 2), rows(1, 2, 3), rows()], [1, 2, 1, 2, 3]),
    "rows that may be alike beside something else": Case(
        PAGE, [rows(1, at=1), rows(1, at=2), rows(at=3)], [1, 1], extension={"mayRepeat": True}),
    **{f"the same rows, told apart by {name}": Case(
        PAGE, [rows(1, 2, at=1), rows(1, 2, at=2), rows(at=3)], [1, 2, 1, 2], extension=extension, content=content)
       for name, extension, content in (
           ("a day beside them", {"day": {"date": "at"}}, {}), ("a key beside them", {"key": ["at", "rows.id"]}, {}),
           ("a version beside them", {"key": ["rows.id"], "version": "at"}, {}),
           ("what goes along by name", {}, {"keepAttributes": ["at"]}))},
    **{f"the same rows, not told apart by {name}": Case(
        PAGE, [rows(1, 2, at=1, took=n) for n in (1, 2)], fails="same page", extension=extension, content=content)
       for name, extension, content in (
           ("a day beside them", {"day": {"date": "at"}}, {}), ("a key among them", {"key": ["rows.id"]}, {}),
           ("what goes along by name", {}, {"keepAttributes": ["at"]}))},
    "two empty pages with a token": Case(TOKEN, [rows(next="a"), rows(next="b"), rows(1)], [1]),
    # -- the last page names itself
    "the last page repeats its token": Case(TOKEN, [rows(1, next="a"), rows(2, next="a")], [1, 2]),
    "an empty last page repeats its token": Case(TOKEN, [rows(1, next="a"), rows(next="a")], [1]),
    "the last page links to itself": Case(LINK, [rows(1, next="/items?p=2"), rows(2, next="/items?p=2")], [1, 2]),
    "the first page links to itself": Case(LINK, [rows(1, next="/items")], [1]),
    "a page with the same rows names itself": Case(
        TOKEN, [rows(1, next="a", at=1), rows(1, next="a", at=2)], fails="the same page again"),
    **{f"a page names itself, though {name}": Case(paging, answers, fails=r"more rows follow, but names itself")
       for name, (paging, answers) in {
           "a flag says that more follows": (
               {**TOKEN, **MORE}, [rows(1, more=True, next="a"), rows(2, more=True, next="a")]),
           "a flag says that more follows, without rows": (
               {**TOKEN, **MORE}, [rows(1, more=True, next="a"), rows(more=True, next="a")]),
           "a flag beside its link says that more follows": (
               {**LINK, **MORE}, [rows(1, more=True, next="/items?p=2"), rows(2, more=True, next="/items?p=2")]),
           "a flag in its header says that more follows": (
               {**LINK, "endConditionName": "headers.X-More", "endConditionValue": "Const:no"},
               [reply({"rows": [{"id": 1}], "next": "/items"}, **{"X-More": "yes"})]),
           "something exists while more follows": (
               {**LINK, "endConditionName": "$.meta.left"}, [rows(1, meta={"left": 3}, next="/items")])}.items()},
    **{f"a page names itself, and {name}": Case({**LINK, **paging}, [rows(1, next="/items", **more)], [1])
       for name, (paging, more) in {
           "the end condition is about that link": ({"endConditionName": "$.next"}, {}),
           "the end condition is about its rows": ({"endConditionName": "$.rows", "endConditionValue": "Empty"}, {}),
           "the end condition is about a row": ({"endConditionName": "$.rows[0].id"}, {}),
           "a flag says that nothing follows": (MORE, {"more": False}),
           "a flag is left out": (MORE, {})}.items()},
    # -- chains that go round
    "tokens that go round": Case(TOKEN, [rows(1, next="a"), rows(2, next="b"), rows(3, next="a")], fails="goes round"),
    "links that go round": Case(LINK, [rows(1, next="/items?p=2"), rows(2, next="/items")], fails="goes round"),
    # -- the Link header
    "a Link header": Case(
        HEADER,
        [linked('</items?p=0>; rel="prev", </items?p=2&q=a,b>; rel="next", </items?p=9>; rel="last"', 1),
         linked("</items?p=1>; rel=prev, </x>; rel=first", 2)],
        [1, 2], queries=["", "p=2&q=a,b"]),
    "a Link header without next": Case(HEADER, [linked('</items?p=9>; rel="last"', 1)], [1]),
    "no Link header": Case(HEADER, [rows(1)], [1]),
    "a Link header with more relations and parameters": Case(
        HEADER, [linked('</items?p=2>; title="a, \\"b\\" <c>"; REL="last Next" ; hreflang=de', 1), rows(2)], [1, 2]),
    "a Link header about something else": Case(HEADER, [linked('</items?p=2>; rel=next; anchor="/other"', 1)], [1]),
    "a Link header that is none": Case(HEADER, [linked("<oops", 1)], fails="Link header cannot be read"),
    "a header with a plain link": Case(
        {"type": "POINTER", "pointerPath": "headers.X-Next"},
        [reply({"rows": [{"id": 1}]}, **{"X-Next": "/items?p=2"}), rows(2)], [1, 2]),
    # -- the last row as cursor
    "a field of the last row": Case(
        CURSOR, [rows(1, 2), rows(3), rows()], [1, 2, 3], queries=["", "after=2", "after=3"]),
    "a field of the last row, and a flag": Case(
        {**CURSOR, **MORE}, [rows(1, 2, more=True), rows(3, more=False)], [1, 2, 3], queries=["", "after=2"]),
    "a cursor that counts its row in": Case(
        CURSOR, [rows(1, 2), rows(2, 3)], fails="gives the row again that named this page"),
    "a cursor that counts its row in, alone": Case(
        CURSOR, [rows(1, 2), rows(2)], fails="gives the row again that named this page"),
    "a cursor that counts its row in, among rows of its moment": Case(
        {**CURSOR, "continuationTokenPath": "$.rows[-1].at"},
        [reply({"rows": [{"id": n, "at": at} for n, at in page]}) for page in ([(1, 1), (2, 2)], [(3, 2), (2, 2)])],
        fails="gives the row again"),
    "a cursor of the first row that counts it in": Case(
        {**CURSOR, "continuationTokenPath": "$.rows[0].id"}, [rows(3, 2), rows(3, 1)], fails="gives the row again"),
    "a link in the last row that leads to it": Case(
        {**LINK, "pointerPath": "$.rows[-1].next"},
        [reply({"rows": [*before, {"id": 2, "next": "/items?p=2"}]}) for before in ([{"id": 1}], [])],
        fails="gives the row again"),
    "a cursor of a row that stands twice on its page": Case(CURSOR, [rows(1, 2, 2), rows(3), rows()], [1, 2, 2, 3]),
    "a cursor that is ignored": Case(CURSOR, [rows(1, 2), rows(1, 2)], fails="the same page again"),
    **{f"a cursor that counts its row in, {name}": Case(
        CURSOR, [rows(1, 2), rows(2, 3), rows(3)], [1, 2, 2, 3, 3], extension=extension) for name, extension in (
            ("where rows are merged", {"writeMode": "merge", "key": ["rows.id"]}), ("allowed", {"mayRepeat": True}))},
    "a flag that promises more than the page can name": Case(
        {**CURSOR, **MORE}, [rows(1, more=True), rows(more=True)], fails="more rows follow, but holds no token"),
    "a flag that promises more without a link": Case(
        {**LINK, **MORE}, [rows(1, more=True)], fails="more rows follow, but holds no link at next"),
    "a token that is none": Case(TOKEN, [rows(1, next={"a": 1})], fails="holds no token at next that could be sent"),
    "a token that would call up a secret": Case(
        {**TOKEN, "parameterType": "HEADERPARAM"}, [rows(1, next="${accessToken}")], fails="that could be sent"),
    # -- links
    "OData's link": Case(
        {"type": "POINTER", "pointerPath": "$.@odata.nextLink"},
        [rows(1, **{"@odata.nextLink": "/items?p=2"}), rows(2)], [1, 2]),
    "a link in brackets": Case(
        {"type": "POINTER", "pointerPath": "['@odata.nextLink']"},
        [rows(1, **{"@odata.nextLink": "/items?p=2"}), rows(2)], [1, 2]),
    "blanks and umlauts in a link": Case(
        LINK, [rows(1, next="/items?city=Mün chen&q=%20+\t\n#top"), rows(2)], [1, 2],
        queries=["", "city=M%C3%BCn%20chen&q=%20+"]),
    "a link that is a number": Case(LINK, [rows(1, next=17)], fails="is not text"),
    "a link that is no address": Case(LINK, [rows(1, next="http://[oops/")], fails="is no address"),
    "a link with half a character": Case(
        LINK, [Reply(200, b'{"rows":[1],"next":"/p?x=\\ud800"}')], fails=r"/items: the link at next holds half"),
    "a token with half a character": Case(
        TOKEN, [Reply(200, b'{"rows":[1],"next":"\\ud800"}')], fails=r"/items: the token at next holds half"),
    "a link as long as a page": Case(
        LINK, [rows(1, next="/p?" + "x" * 70_000)], fails=r"/items: the link at next has 70,003 characters"),
    "a token as long as a page": Case(
        TOKEN, [rows(1, next="x" * 70_000)], fails=r"/items: the token at next has 70,000 characters"),
    "a link that its escapes make too long": Case(
        LINK, [rows(1, next="/p?" + "ü" * 30_000)], fails=r"^The address \S{400,600} has 180,\d+ characters"),
    "a link that leads away, and long": Case(
        LINK, [rows(1, next="http://a.test/" + "x" * 50_000)], fails=r"another host \(http://a\.test/x{400,500}…\)"),
    "a token that no header takes": Case(
        {**TOKEN, "parameterType": "HEADERPARAM"}, [rows(1, next="a\nb: c")], fails="holds what no header"),
    "a link without the author's query": Case(
        LINK, [rows(1, next="/items?p=2"), rows(2)], [1, 2], extension={"keepQuery": ["key", "unknown"]},
        query={"key": "${accessToken}", "a": "b"}, queries=["key=t&a=b", "p=2&key=t"]),
    "a link with the author's query": Case(
        LINK, [rows(1, next="/items?p=2&key=other"), rows(2)], [1, 2], extension={"keepQuery": ["key"]},
        query={"key": "mine"}, queries=["key=mine", "p=2&key=other"]),
    "a link without the author's query, which nobody keeps": Case(
        LINK, [rows(1, next="/items?p=2"), rows(2)], [1, 2], query={"key": "mine"}, queries=["key=mine", "p=2"]),
    # -- statuses
    "a status beyond the last page": Case(PAGE, [rows(1, 2), Reply(404)], [1, 2], extension={"endsAt": [404, 416]}),
    "another status beyond the last page": Case(
        PAGE, [rows(1, 2), Reply(404)], fails="404", extension={"endsAt": [416]}),
    **{f"a status {status} that nobody declared, {name}": Case(
        paging, [rows(1, 2), Reply(status)], fails=f"answered {status}.*before it was good.*{status} in the endsAt")
       for name, paging in (("by pages", PAGE), ("by offset", {**OFFSET, "limitValue": 2}), ("by a row", CURSOR))
       for status in (400, 404, 410, 416, 422)},
    **{f"a status {name}": Case(paging, answers, fails=r"answered 4\d\d: [^;]*; [^;]*$") for name, paging, answers in (
        ("at once, that nobody declared", PAGE, [Reply(404)]),
        ("that is about rights", PAGE, [rows(1, 2), Reply(403)]),
        ("of a page that the one before it names", TOKEN, [rows(1, next="a"), Reply(404)]),
        ("of a page that the one before counts", {**PAGE, "endPageIndex": "$.pages"}, [rows(1, pages=2), Reply(404)]),
        ("of a page that the spec counts", {**PAGE, "endPageIndex": 9}, [rows(1), Reply(404)]))},
    "a status at once": Case(PAGE, [Reply(404)], fails="404", extension={"endsAt": [404]}),
    "a status at once, where the array may be absent": Case(
        PAGE, [Reply(404)], [], extension={"endsAt": [404], "mayBeAbsent": True}),
    "no content that is declared, where rows are replaced": Case(
        PAGE, [rows(1, 2), NO_CONTENT], [1, 2], extension={**REPLACE, "endsAt": [204]}),
    **{f"{end}, though {name}": Case(
        paging, [*pages, answer], extension=extension, fails=f"{said}, but the page before says by {place} that more")
       for end, answer, said, extension in (
           ("a status that is declared", Reply(404), "answered 404", {"endsAt": [404]}),
           ("a status that is declared, where the array may be absent", Reply(404), "answered 404",
            {"endsAt": [404], "mayBeAbsent": True}),
           ("no content", NO_CONTENT, "the answer is empty", {}),
           ("no content that is declared, where rows are replaced", NO_CONTENT, "answered 204",
            {**REPLACE, "endsAt": [204]}),
           ("an empty body", EMPTY, "the answer is empty", {}))
       for name, paging, pages, place in (
           ("a count says that a page follows", {**PAGE, "endPageIndex": "$.pages"}, [rows(1, 2, pages=2)],
            r"\$.pages"),
           ("an earlier page counted it", {**PAGE, "endPageIndex": "$.pages"}, [rows(1, 2, pages=3), rows(3)],
            r"\$.pages"),
           ("a header counts it", {**PAGE, "endPageIndex": "headers.X-Pages"},
            [reply({"rows": [{"id": 1}]}, **{"X-Pages": "2"})], "headers.X-Pages"),
           ("a flag says that more follows", {**PAGE, **MORE}, [rows(1, 2, more=True)], r"\$.more"),
           ("a flag beside a token says so", {**TOKEN, **MORE}, [rows(1, more=True, next="a")], r"\$.more"))},
    **{f"a status that is declared, and {name}": Case(
        {**PAGE, **paging}, [rows(1, 2), rows(3, **more), Reply(404)], [1, 2, 3], extension={"endsAt": [404]})
       for name, (paging, more) in {
           "a count in the spec": ({"endPageIndex": 9}, {}),
           "a count that is left out": ({"endPageIndex": "$.pages"}, {}),
           "a flag that is left out": (MORE, {}),
           "a condition on the rows": ({"endConditionName": "$.rows", "endConditionValue": "Empty"}, {})}.items()},
    # -- the end condition
    "a condition on the array itself": Case(
        {**PAGE, "endConditionName": "$.rows", "endConditionValue": "Empty"}, [rows(1), rows(2), rows()], [1, 2]),
    "a constant in other letters": Case(
        {**PAGE, "endConditionName": "$.state", "endConditionValue": "Const:'DONE'"}, [rows(1, state="Done")], [1]),
    "something that exists": Case(
        {**PAGE, "endConditionName": "$.done", "endConditionValue": "Exist"}, [rows(1), rows(2, done=1)], [1, 2]),
    "something that exists no longer": Case(
        {**PAGE, "endConditionName": "$.meta.next", "endConditionValue": "NonExist"},
        [rows(1, meta={"next": 2}), rows(meta={"next": 3}), rows(2, meta={})], [1, 2]),
    "a value beside an array that stands deeper": Case(
        {**PAGE, "endConditionName": "$.meta", "endConditionValue": "NonExist"},
        [rows(1, meta={"x": {}}), rows(2)], [1, 2]),
}  # fmt: skip


def started(source, http, case, trail=None):
    urls = {"path": "/items", "method": "GET", "queryParams": case.query}
    told = reading(document(case, urlParams=urls))
    credentials = {"host": source.url, "accessToken": "t"}
    [part] = sources.plan(told, credentials, http).parts
    return sources.fetch(told, part, credentials, http, trail=trail)


def document(case, **more):
    content = {"path": "$" if case.bare else "$.rows", **case.content}
    return spec(paginationParams=case.paging, extension=case.extension, contentPath=content, **more)


def answering(source, case):
    """Answers in order, each request in the place of its chain; what fails is asked again and answered alike."""
    source.script = [*case.answers, Reply(500, b"asked once more than the chain has pages")]
    source.asked.clear()
    if case.fails:
        source.script = [*case.answers[:-1], case.answers[-1]]


def ids(pages):
    return [int(each) for page in pages for each in re.findall(rb'"id":(\d+)', page.body)]


@pytest.mark.parametrize("name", CASES)
def test_a_chain_ends_by_what_is_declared(source, http, name):
    case = CASES[name]
    answering(source, case)
    if case.fails:
        with pytest.raises(errors.SourceFailure, match=re.compile(case.fails, re.DOTALL)):
            list(started(source, http, case))
    else:
        pages = list(started(source, http, case))
        assert ids(pages) == case.ids and [page.n for page in pages] == list(range(len(pages)))
        assert len(source.asked) == len(case.answers) and pages[-1].trail is None
        assert all(page.trail is not None and not page.ended for page in pages[:-1])
        assert pages[-1].ended
    if case.queries is not None:
        assert [target.partition("?")[2] for target in source.targets] == case.queries


@pytest.mark.parametrize("name", CASES)
def test_a_chain_that_is_taken_up_behind_each_page_is_the_same_chain(source, http, name):
    """Its trail is written down and read again in between, so that nothing but the trail is remembered."""
    case = CASES[name]
    answering(source, case)
    pages, trail = [], None
    try:
        while not pages or trail is not None:
            pages.append(next(started(source, http, case, trail)))
            trail = msgspec.json.decode(msgspec.json.encode(pages[-1].trail), type=sources.Trail | None)
    except errors.SourceFailure as error:
        assert case.fails and re.search(case.fails, error.message, re.DOTALL)
    else:
        assert not case.fails and ids(pages) == case.ids and len(source.asked) == len(case.answers)
    if case.queries is not None:
        assert [target.partition("?")[2] for target in source.targets] == case.queries


@pytest.mark.parametrize("name", [
    "a page parameter that is ignored", "a page with the same rows names itself",
    "a page that is ignored, beside what is new each time", "the same rows, told apart by a day beside them",
    "the same rows, not told apart by a day beside them", "the same rows, and more",
])  # fmt: skip
def test_a_large_page_is_known_again_by_its_digest(source, http, name, monkeypatch):
    monkeypatch.setattr("headrace.sources.past._HELD", 0)
    test_a_chain_ends_by_what_is_declared(source, http, name)


def test_the_rows_of_a_page_are_known_again_by_a_trail_of_before(source, http):
    """It held digests of the body and of the rows."""
    case = CASES["a page that is ignored, beside what is new each time"]
    answering(source, case)
    trail = next(started(source, http, case)).trail
    older = {**msgspec.to_builtins(trail), "before": ["0" * 32, trail.before]}
    with pytest.raises(errors.SourceUnreadable, match="same page again"):
        list(started(source, http, case, msgspec.convert(older, sources.Trail)))


def test_only_pages_that_name_the_next_one_leave_the_requests_behind(source, http):
    for name, length in (("pages until an empty one", 0), ("tokens that go round", 8)):
        answering(source, CASES[name])
        assert len(next(started(source, http, CASES[name])).trail.seen) == length


@pytest.mark.parametrize(("declared", "replaces", "fails"), [
    ("append", None, False), ("append", True, True), ("replace-window", None, True), ("replace-window", False, False),
])  # fmt: skip
def test_what_the_run_does_with_its_rows_says_what_proves_something(source, http, declared, replaces, fails):
    source.script = [NO_CONTENT]
    told = msgspec.structs.replace(reading(spec(extension={"writeMode": declared})), replaces=replaces)
    credentials = {"host": source.url, "accessToken": "t"}
    [part] = sources.plan(told, credentials, http).parts
    pages = sources.fetch(told, part, credentials, http)
    if fails:
        with pytest.raises(errors.SourceUnreadable, match="proves nothing"):
            list(pages)
    else:
        assert ids(pages) == []


@pytest.mark.parametrize(("declared", "merges", "fails"), [
    ("append", None, True), ("append", True, False), ("merge", None, False), ("merge", False, True),
])  # fmt: skip
def test_what_the_run_does_with_its_rows_says_whether_a_cursor_may_count_its_row_in(
    source, http, declared, merges, fails
):
    source.script = [rows(1, 2), rows(2, 3), rows(3)]
    document = spec(paginationParams=CURSOR, extension={"writeMode": declared, "key": ["rows.id"]})
    told, credentials = msgspec.structs.replace(reading(document), merges=merges), {"host": source.url}
    [part] = sources.plan(told, credentials, http).parts
    pages = sources.fetch(told, part, credentials, http)
    if fails:
        with pytest.raises(errors.SourceUnreadable, match="named this page"):
            list(pages)
    else:
        assert ids(pages) == [1, 2, 2, 3, 3]


def test_a_chain_that_is_asked_to_wait_goes_on_behind_its_last_page(source, http):
    wait = Reply(429, headers={"Retry-After": "3600"})
    source.script = [rows(1, 2), wait, wait, rows(3), wait, rows()]
    pages, parked = [], 0
    while not pages or pages[-1].trail is not None:
        try:
            for page in started(source, http, Case(PAGE, []), pages[-1].trail if pages else None):
                pages.append(page)
        except errors.SourceAsksToWait as asked:
            assert asked.facts["until"] > 0
            parked += 1
    assert ids(pages) == [1, 2, 3] and parked == 3


WHY = {
    "a page count, a short page before it": "$.pages says that page 3 is the last",
    "pages, a flag, an empty page before it": "$.more is Const:false",
    "pages until an empty one": "the page is empty",
    "no content first": "the answer is empty",
    "the last page repeats its token": "the page names itself as the next one",
    "a Link header": "there is no link at headers.Link",
    "a field of the last row": "there is no token at $.rows[-1].id",
    "a status beyond the last page": "the source answered 404",
    "offsets to a total": "$.all says that there are 7 rows, and they came",
    "an absent array that may be": "no paging is declared, so it asks once",
}


@pytest.mark.parametrize("name", WHY)
def test_why_a_chain_ended(source, http, name):
    answering(source, CASES[name])
    [*_, last] = started(source, http, CASES[name])
    assert last.ended == WHY[name]


LENIENT = {
    "an error behind pages that are arrays": [1, None, None],
    "a status that is declared, though a flag says that more follows": [1, 2],
    "no content, though a count says that a page follows": [1, 2],
    "a page names itself, though a flag says that more follows": [1, 2],
    "an error body": [],
    "null first": [],
    "a token that is ignored": [1, 2, 1, 2],
    "tokens that go round": [1, 2, 3],
    "a Link header that is none": [1],
    "offsets that count rows which are left out": [1, 3, 3, 6],
    "a total below the rows that came": [1, 2, 3],
}


@pytest.mark.parametrize("name", LENIENT)
def test_explore_shows_what_came(source, http, name):
    case = CASES[name]
    answering(source, case)
    credentials = {"host": source.url, "accessToken": "t"}
    seen = sources.explore(document(case), "OAuth2 Refresh Code", credentials, {}, 0, http)
    records = seen.data if case.bare else [record["rows"] for record in seen.data]
    assert [record.get("id") for record in records] == LENIENT[name]


# -- pages without names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bodies", [
    [b'[{"id":1},{"id":2}]', b'[{"id":3}]', b"[]"],
    [b'{"id":1}\n{"id":2}\n', b'{"id":3}\n', b"\n"],
])  # fmt: skip
def test_the_last_row_of_a_page_that_is_the_array_itself(source, http, bodies):
    source.script = [Reply(200, body) for body in bodies]
    document = spec(contentPath={"path": "$"}, paginationParams={**CURSOR, "continuationTokenPath": "$[-1].id"})
    told, credentials = reading(document), {"host": source.url, "accessToken": "t"}
    [part] = sources.plan(told, credentials, http).parts
    pages = list(sources.fetch(told, part, credentials, http))
    assert [page.body for page in pages[:2]] == bodies[:2]
    assert [target.partition("?")[2] for target in source.targets] == ["", "after=2", "after=3"]


def test_a_chain_ends_by_what_its_source_connection_declares(source, http):
    (generic,) = [each for each in sources.shipped_specs() if each["name"] == "generic-rest"]
    params = {"urlParams": {"path": "/items"}, "contentPath": "$.rows", "paginationParams": PAGE, "scheduleParams": {}}
    for block, ends in (({}, False), ({"endsAt": [404]}, True)):
        brought = {**params, "x-headrace": block}
        sources.check_params(generic, brought)
        sources.check_given(generic, brought)
        told = reading(sources.settled(generic, brought), brought)
        credentials = {"host": source.url, "accessToken": "t"}
        source.script = [rows(1, 2), Reply(404)]
        [part] = sources.plan(told, credentials, http).parts
        pages = sources.fetch(told, part, credentials, http)
        if ends:
            assert ids(pages) == [1, 2]
        else:
            with pytest.raises(errors.SourceMissing):
                list(pages)
