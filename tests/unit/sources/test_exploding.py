"""Elements taken apart: as many and as large as they are, they cost what is read of them."""

import json
import re
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from headrace.raw_json import Raw
from headrace.sources.content import Records, Unreadable
from headrace.sources.exploding import Exploded
from headrace.sources.gathering import MOST_BYTES, gathered
from headrace.sources.spec import extraction
from source_server import spec

SPEC = spec(
    contentPath={"path": "$.rows", "overrideWrapperAttribute": "e"},
    explodeEntityPath={"path": "$.e.list", "overrideWrapperAttribute": "one"},
)


def records(element: bytes) -> Records:
    return Records(extraction(SPEC, {}), b'{"rows":[' + element + b"]}")


def test_the_page_about_specs_says_where_items_stand() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "source-specs.md").read_text()
    (block,) = re.findall(r'^```json\n(\{\n  "page": .*?)^```$', page, re.M | re.S)
    case = json.loads(block)
    document = spec(contentPath=case["contentPath"], explodeEntityPath=case["explodeEntityPath"])
    records = Records(extraction(document, {}), msgspec.json.encode(case["page"]))
    assert [records.value(n) for n in range(len(records.elements))] == case["records"]


FORMS = {
    "both paths as texts": ("$.rows", "$.rows.list", {"t": 1, "rows": {"id": 1, "list": {"k": 1}}}),
    "a page that is the array": ("$", "list", {"id": 1, "list": {"k": 1}}),
    "a page that is the array, with a name": (
        {"path": "$", "overrideWrapperAttribute": "r"},
        "$.r.list",
        {"r": {"id": 1, "list": {"k": 1}}},
    ),
    "less beside the items": (
        "rows",
        {"path": "rows.list", "skipAttributes": ["id"]},
        {"t": 1, "rows": {"list": {"k": 1}}},
    ),
    "something else than an array": ("rows", "rows.id", "id is no array, which explodeEntityPath names"),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_forms_of_both_paths(form: str) -> None:
    content, explode, record = FORMS[form]
    row = {"id": 1, "list": [{"k": 1}]}
    body = [row] if form.startswith("a page") else {"t": 1, "rows": [row]}
    rows = Records(extraction(spec(contentPath=content, explodeEntityPath=explode), {}), msgspec.json.encode(body))
    element = rows.element(0)
    assert (element.why if isinstance(element, Unreadable) else rows.value(0)) == record


def test_very_many_items_of_an_element_take_it_apart_once() -> None:
    rows = records(b'{"k":1,"list":[' + b"{}," * 199_999 + b"{}]}")
    assert len(rows.elements) == 200_000
    assert bytes(rows.elements[199_999]) == b'{"k":1,"one":{}}'


def test_a_long_field_beside_many_items_is_held_once() -> None:
    long = b'"' + b"x" * 100_000 + b'"'
    rows = records(b'{"t":' + long + b',"list":[' + b"{}," * 9_999 + b"{}]}")
    tracemalloc.start()
    slices = gathered([("p", rows)])
    first = next(slices)
    texts, _, _ = first.sorted()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(texts) == first.count == MOST_BYTES // len(next(iter(texts.values())))
    assert peak < 4 * MOST_BYTES
    assert first.count + sum(each.count for each in slices) == 10_000


@pytest.mark.parametrize("size", [0, 1, 5, 7, 11, 12, 100])
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_what_is_within_a_size_is(size: int, first: int) -> None:
    elements = Exploded()
    elements.take((b"", b""), [Raw(b"12345")])
    elements.take((b"[", b"]"), [Raw(b"1"), Raw(b"1234"), Raw(b"1")])
    sizes = [len(bytes(element)) for element in elements]
    fitting = [n for n in range(len(sizes) - first + 1) if sum(sizes[first : first + n]) <= size]
    assert elements.within(first, size) == max(fitting)
    assert elements.size(first, 1) == sizes[first]
