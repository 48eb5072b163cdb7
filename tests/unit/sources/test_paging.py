"""Each paging type on a real source of five items: the requests it makes and the items that come of them."""

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from headrace import errors, sources
from source_server import reading, reply, spec

ITEMS = [{"id": n} for n in range(5)]
TOKEN = {
    "type": "CONTINUATION_TOKEN",
    "continuationTokenPath": "$.meta.after",
    "parameterType": "QUERYPARAM",
    "parameterName": "page[after]",
}


def page(start, size=2, **more):
    return {"rows": ITEMS[start : start + size], **more}


def counted(name, first=0, step=1):
    """A source that is asked for a place in the list."""

    def answer(asked):
        at = int(parse_qs(urlsplit(asked.target).query)[name][0])
        start = (at - first) * step
        return reply(page(start, more=start + 2 < 5, total=3), **{"X-PageCount": str(first + 2)})

    return answer


def chained(value):
    """A source whose pages name the next one."""

    def answer(asked):
        text = asked.target + asked.headers.get("x-after", "")
        start = next((n for n in (4, 2) if f"T{n}" in text), 0)
        return reply(page(start, meta={"after": value(start + 2) if start < 4 else None}))

    return answer


CASES = {
    "none": ({"type": "NONE"}, lambda _: reply({"rows": ITEMS}), ["/items"]),
    "not declared": ({}, lambda _: reply({"rows": ITEMS}), ["/items"]),
    "offset": (
        {"type": "OFFSET", "limitName": "count", "limitValue": "2", "offSetName": "offset"},
        counted("offset"),
        ["/items?count=2&offset=0", "/items?count=2&offset=2", "/items?count=2&offset=4", "/items?count=2&offset=5"],
    ),
    "offset until a condition": (
        {"type": "OFFSET", "limitName": "count", "limitValue": 2, "offsetName": "offset",
         "endConditionName": "$.more", "endConditionValue": "Const:false"},
        counted("offset"),
        ["/items?count=2&offset=0", "/items?count=2&offset=2", "/items?count=2&offset=4"],
    ),
    "page": (
        {"type": "PAGE", "limitName": "n", "limitValue": 2, "pageParamName": "p"},
        counted("p", 0, 2),
        ["/items?n=2&p=0", "/items?n=2&p=1", "/items?n=2&p=2", "/items?n=2&p=3"],
    ),
    "page to an index in a header": (
        {"type": "PAGE", "pageParamName": "p", "initialPageIndex": 1, "endPageIndex": "headers.x-pagecount"},
        counted("p", 1, 2),
        ["/items?p=1", "/items?p=2", "/items?p=3"],
    ),
    "page to a fixed index": (
        {"type": "PAGE", "pageParamName": "p", "initialPageIndex": 1, "endPageIndex": 3},
        counted("p", 1, 2),
        ["/items?p=1", "/items?p=2", "/items?p=3"],
    ),
    "relative pointer": (
        {"type": "POINTER", "limitName": "limit", "limitValue": 2, "pointerPath": "meta.after"},
        chained(lambda n: f"/items?cursor=T{n}%2B"),
        ["/items?limit=2", "/items?cursor=T2%2B", "/items?cursor=T4%2B"],
    ),
    "token in the query": (TOKEN, chained(lambda n: f"T{n}="), [
        "/items", "/items?page[after]=T2%3D", "/items?page[after]=T4%3D"]),
    "token in a header": (
        {**TOKEN, "parameterType": "HEADERPARAM", "parameterName": "X-After"},
        chained(lambda n: f"T{n}"), ["/items"] * 3,
    ),
}  # fmt: skip


def fetched(source, http, pagination, **more):
    pages = chain(source, http, spec(paginationParams=pagination, **more))
    return [item for one in pages for item in msgspec.json.decode(one.body)["rows"]]


def chain(source, http, document, trail=None, **credentials):
    """The pages of the one part of a spec, or those behind the page that left ``trail``."""
    return list(started(source, http, document, trail, **credentials))


def started(source, http, document, trail=None, **credentials):
    told, known = reading(document), {"host": source.url, "accessToken": "t", **credentials}
    [part] = sources.plan(told, known, http).parts
    return sources.fetch(told, part, known, http, trail=trail)


def stepwise(source, http, document):
    """The pages of a chain that is interrupted behind each of them, its trail written down in between."""
    trail, pages = None, []
    while not pages or trail is not None:
        pages.append(next(started(source, http, document, trail)))
        trail = msgspec.json.decode(msgspec.json.encode(pages[-1].trail), type=sources.Trail | None)
    return pages


@pytest.mark.parametrize("name", CASES)
def test_every_paging_type_reads_everything_once(source, http, name):
    pagination, source.answer, targets = CASES[name]
    assert fetched(source, http, pagination) == ITEMS
    assert source.targets == targets


@pytest.mark.parametrize("name", CASES)
def test_a_chain_interrupted_behind_every_page_goes_on_as_if_it_had_not_been(source, http, name):
    pagination, source.answer, _ = CASES[name]
    document = spec(paginationParams=pagination)
    whole = chain(source, http, document)
    assert [one.n for one in whole] == list(range(len(whole)))
    targets = source.targets.copy()
    source.asked.clear()
    assert stepwise(source, http, document) == whole and source.targets == targets


def test_a_trail_holds_no_secret_even_where_a_link_repeats_one(source, http):
    secret = "s3cr+t/x y"
    document = spec(
        urlParams={"path": "/items", "method": "GET", "queryParams": {"key": "${accessToken}"}},
        paginationParams={"type": "POINTER", "pointerPath": "next"},
    )
    links = ["/items?key=s3cr%2Bt%2Fx%20y&p=1", "/items?key=s3cr%2Bt%2Fx+y&p=2", "/items?k=${accessToken}&p=3", None]
    source.script = [reply(page(n, next=link)) for n, link in enumerate(links)]
    [*before, last] = chain(source, http, document, accessToken=secret)
    assert last.trail is None and [one.trail.request.query for one in before] == [
        "key=${accessToken}&p=1", "key=${accessToken}&p=2", "k=$%7BaccessToken%7D&p=3"]  # fmt: skip
    assert source.targets[1:] == [
        "/items?key=s3cr%2Bt%2Fx%20y&p=1", "/items?key=s3cr%2Bt%2Fx%20y&p=2", "/items?k=$%7BaccessToken%7D&p=3"
    ]  # fmt: skip


def test_an_absolute_pointer_is_followed_on_its_own_host_only(source, http):
    pointer = {"type": "URL", "pointerPath": "$.next"}
    source.script = [reply({**page(0, 5), "next": f"{source.url}/more"}), reply({"rows": []})]
    assert fetched(source, http, pointer) == ITEMS
    source.script = [reply({**page(0), "next": "https://elsewhere.test/more"})]
    with pytest.raises(errors.SourceUnreadable, match="another host"):
        fetched(source, http, pointer)


def test_a_chain_beyond_its_most_requests_fails(source, http):
    source.answer = lambda asked: reply({"rows": [{"id": asked.target}]})
    paging = {"type": "PAGE", "pageParamName": "p", "maximumRequest": 4}
    with pytest.raises(errors.SourceTruncated, match="maximumRequest"):
        fetched(source, http, paging)
    assert len(source.asked) == 4


def test_the_source_may_ask_for_rest_between_pages(source, http, pauses):
    source.answer = chained(lambda n: f"T{n}")
    fetched(source, http, {**TOKEN, "delayRequestMillis": "850"})
    assert pauses == [0.85, 0.85]


@pytest.mark.parametrize(("rest", "longest"), [(1e12, 60), ("9" * 30, 60), (-5, 0), (0, 0)])
def test_a_rest_of_an_older_spec_has_an_end(source, http, pauses, rest, longest):
    source.answer = chained(lambda n: f"T{n}")
    assert fetched(source, http, {**TOKEN, "delayRequestMillis": rest}) == ITEMS
    assert sum(pauses) == pytest.approx(2 * longest)


def test_paging_of_a_post_goes_into_its_body(source, http):
    source.answer = lambda asked: reply(page(msgspec.json.decode(asked.body)["offset"]))
    paging = {"type": "OFFSET", "limitName": "count", "limitValue": 2, "offSetName": "offset"}
    urls = {"path": "/items", "method": "POST"}
    assert fetched(source, http, paging, urlParams=urls, bodyParams={"q": "all"}) == ITEMS
    assert [msgspec.json.decode(one.body) for one in source.asked] == [
        {"q": "all", "count": 2, "offset": offset} for offset in (0, 2, 4, 5)
    ]


def test_an_answer_at_the_cap_was_cut(source, http):
    source.script = [reply({"rows": ITEMS})]
    with pytest.raises(errors.SourceTruncated, match="cut"):
        fetched(source, http, {}, extension={"elementCap": 5})
    assert fetched(source, http, {}, extension={"elementCap": 6}) == ITEMS


@pytest.mark.parametrize("pagination", [{"type": "MAGIC"}, {"type": "OFFSET"}, {"type": "CONTINUATION_TOKEN"}])
def test_paging_that_cannot_be_read(source, http, pagination):
    source.script = [reply({"rows": ITEMS})]
    with pytest.raises(errors.SpecInvalid):
        fetched(source, http, pagination)
