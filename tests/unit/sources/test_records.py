"""The records of a page: an element that is broken or odd costs itself, and never its neighbours."""

import msgspec
import pytest

from headrace import sources
from headrace.errors import SourceUnreadable
from headrace.exact_json import read
from headrace.sources.content import Records, Unreadable, array_of
from headrace.sources.paths import pick
from headrace.sources.spec import extraction
from source_server import part, reading, spec


def records_of(body, document=None):
    document = document or spec(contentPath={"path": "$.rows", "keepAttributes": ["none"]})
    return Records(extraction(document, {}), body if isinstance(body, bytes) else msgspec.json.encode(body))


def page(*texts):
    return b'{"total": 1, "rows": [' + b", ".join(texts) + b'], "next": "n"}'


def outcomes(records):
    """Each element: its record, or why there is none."""
    found = []
    for n in range(len(records.elements)):
        element = records.element(n)
        found.append(element.why if isinstance(element, Unreadable) else records.value(n))
    return found


BROKEN = {
    b'{"v": NaN}': "it is not JSON (NaN is not a JSON value)",
    b'{"v": -Infinity}': "it is not JSON (-Infinity is not a JSON value)",
    b'{"v": "a\nb"}': "it is not JSON (invalid control character at character 9)",
    b'{"v": "\xff"}': "it is not JSON (byte 8 is not UTF-8)",
    b'{"v": 01}': "it is not JSON (expecting ',' delimiter at character 8)",
    b'{"v"; 1}': "it is not JSON (expecting ':' delimiter at character 5)",
    b'{"v": ' + b"[" * 199 + b"]" * 199 + b"}": "it is nested more than 200 levels deep",
    b'{"v": ' + b"[" * 3000 + b"]" * 3000 + b"}": "it is nested more than 200 levels deep",
    b"null": "it is null, not an object",
    b'"{}"': "it is string, not an object",
    b"[1]": "it is array, not an object",
    b"-7": "it is number, not an object",
    b"true": "it is boolean, not an object",
}


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_element_that_is_no_record_is_refused_alone(text, at):
    good = [b'{"k":1}', b'{"k":2,"h":"\\ud83d","\\udc00":1e400}']
    texts = [*good[:at], text, *good[at:]]
    found = outcomes(records_of(page(*texts)))
    assert found.pop(at) == BROKEN[text]
    assert found == [{"rows": {"k": 1}}, {"rows": {"k": 2, "h": "\ud83d", "\udc00": read("1e400")}}]
    [one] = sources.decoder(reading(spec(contentPath={"path": "$.rows"})), part(), {("rows", "k"): None}).slices(
        [("p", page(*texts))]
    )
    assert one.rejected["_row"].to_pylist() == [at] and text[:20] in one.original(at)


def test_half_a_character_is_of_no_account_where_it_is_not_asked_for():
    body = page(b'{"k":1,"t":"\\ud83d","\\udc00":{"x":[1.10]}}', b'{"k":"\\udc00"}')
    records = records_of(body)
    assert outcomes(records) == [
        {"rows": {"k": 1, "t": "\ud83d", "\udc00": {"x": [read("1.10")]}}}, {"rows": {"k": "\udc00"}},
    ]  # fmt: skip
    assert records.record(0) == b'{"rows":{"k":1,"t":"\\ud83d","\\udc00":{"x":[1.10]}}}'


UNREADABLE = {
    "no end": page(b'{"v":1}')[:-1], "cut in the array": page(b'{"v":1}', b'{"v":2}')[:-20], "a web page": b"<html>",
    "broken, and without the array": b'{"oops": NaN}', "broken on the way": b'{"rows" [NaN]}',
    "no text": b'{"rows": [NaN], "x": "}',
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_page_is_unreadable_only_when_its_array_is_not_to_be_found(name):
    with pytest.raises(SourceUnreadable, match="not whole JSON"):
        array_of(UNREADABLE[name], extraction(spec(contentPath={"path": "$.rows"}), {}).content)


@pytest.mark.parametrize("body", [b'{"rows": {"a": 1}}', b'{"rows": 7}', b'{"rows": {"a": NaN}}', b'{"rows": "NaN"}'])
def test_what_is_no_array_is_told_to_be_none(body):
    with pytest.raises(SourceUnreadable, match=r"no array at \$.rows"):
        array_of(body, extraction(spec(contentPath={"path": "$.rows"}), {}).content)


def test_what_stands_beside_the_array_goes_into_each_record_or_spoils_all():
    document = spec(contentPath={"path": "$.rows", "keepAttributes": ["a", "b"]})
    body = b'{"a": 1.10, "a": 2.50, "c": NaN, "rows": [{"k": 1}, {"k": NaN}]}'
    records = records_of(body, document)
    assert records.record(0) == b'{"a":2.50,"rows":{"k": 1}}'
    assert [isinstance(one, dict) for one in outcomes(records)] == [True, False]
    spoiled = outcomes(records_of(b'{"a": NaN, "rows": [{"k": 1}]}', document))
    assert spoiled == ["what stands beside it cannot be read: it is not JSON (NaN is not a JSON value)"]


RENAMED = {
    b'{"pv":["u1"]}': {"v": "u1"}, b'{"v":"u2"}': {"v": "u2"}, b'{"pv":[],"v":"u3"}': {"pv": [], "v": "u3"},
    b'{"pv":["u4"],"v":"no"}': {"v": "u4"}, b'{"pv":[null],"v":"no"}': {"v": None}, b'{"pv":"x"}': {"pv": "x"},
    b'{"pv":["u5"],"\\ud83d":1}': {"v": "u5", "\ud83d": 1}, b"{}": {},
}  # fmt: skip


def test_each_record_is_renamed_by_what_it_has():
    document = spec(contentPath={"path": "$.rows", "keepAttributes": ["none"]}, extension={"rename": {"v": "pv[0]"}})
    records = records_of(page(*RENAMED), document)
    assert outcomes(records) == [{"rows": record} for record in RENAMED.values()]
    assert [records.sent(n) for n in range(len(RENAMED))] == [b'{"rows":' + text + b"}" for text in RENAMED]


EXPLODE = {"path": "$.e.list", "overrideWrapperAttribute": "one", "skipAttributes": ["skip"]}


def test_elements_explode_or_are_refused_one_by_one():
    document = spec(
        contentPath={"path": "$.rows", "keepAttributes": ["none"], "overrideWrapperAttribute": "e"},
        explodeEntityPath=EXPLODE,
    )
    body = page(
        b'{"id":1,"skip":0,"list":[{"a":1.10},NaN,{"a":2}]}', b"null", b'"text"', b'{"id":2,"list":null}', b'{"id":3}',
        b'{"id":4,"list":{"a":1}}', b'{"id":5,"list":"x"}', b'{"id":6,"list":[7,null]}',
    )  # fmt: skip
    no_array = "list is no array, which explodeEntityPath names"
    assert outcomes(records_of(body, document)) == [
        {"e": {"id": 1, "one": {"a": read("1.10")}}}, "it is not JSON (NaN is not a JSON value)",
        {"e": {"id": 1, "one": {"a": 2}}}, "it is null, not an object", "it is string, not an object",
        {"e": {"id": 2}}, {"e": {"id": 3}}, no_array, no_array,
        {"e": {"id": 6, "one": 7}}, {"e": {"id": 6, "one": None}},
    ]  # fmt: skip


ROOTS = {
    "an array": (b'[{"k":1},NaN]', [{"k": 1}, "it is not JSON (NaN is not a JSON value)"]),
    "a record over lines": (b'{\n"k":\n1}\n', [{"k": 1}]),
    "a broken record over lines": (b'{\n"k":\nNaN}\n', ["it is not JSON (NaN is not a JSON value)"]),
    "lines": (
        b'{"k":1}\n\n{"k":NaN}\r\n{"k"\n"x"\n{"k":2}',
        [{"k": 1}, "line 3 is not JSON (NaN is not a JSON value)",
         "line 4 is not JSON (expecting ':' delimiter at character 5)", "it is string, not an object", {"k": 2}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROOTS)
def test_a_page_without_a_path_to_its_array(name):
    body, found = ROOTS[name]
    assert outcomes(records_of(body, spec(contentPath={"path": "$"}))) == found


def test_a_value_beside_broken_elements_is_found_and_a_broken_one_is_told():
    body = page(b'{"v": NaN}')
    assert pick(body, ("next",)) == "n" and pick(body, ("rows", 1)) is None
    with pytest.raises(SourceUnreadable, match=r"\$\.rows\[0\]\.v cannot be read: it is not JSON"):
        pick(body, ("rows", 0, "v"))


def test_what_stands_beside_an_array_goes_along_in_whichever_page_it_stands():
    document = spec(contentPath={"path": "$.rows", "skipAttributes": ["paging"]})
    pages = [b'{"rows":[{"a":1}],"paging":{}}', b'{"rows":[{"a":2}],"total":7,"paging":{}}', b'{"rows":[{"a":3}]}']
    records = [Records(extraction(document, {}), page).value(0) for page in pages]
    assert records == [{"rows": {"a": 1}}, {"total": 7, "rows": {"a": 2}}, {"rows": {"a": 3}}]
