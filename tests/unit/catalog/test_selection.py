"""Catalog's query dialect over plain objects: what the wire tests do not reach."""

from typing import Any

import pytest

from headrace.catalog.selection import BATCHES, DATASETS, read
from headrace.errors import Invalid

ITEMS: list[dict[str, Any]] = [
    {"id": "a", "name": "100%", "created": 3, "tags": {"t": ["x:1", "y"]}},
    {"id": "b", "name": "100 of_it", "created": 1, "tags": {"t": "x:1"}, "enableErrorDiagnostics": True},
    {"id": "c", "name": "back\\slash", "created": 2, "tags": {}, "schemaRef": {"id": "https://n/s/1"}},
]


def _found(*pairs: tuple[str, str]) -> str:
    return "".join(item["id"] for item in read(pairs, DATASETS).page(ITEMS))


CASES = [
    ((), "abc"),
    ((("name", "100*"),), "ab"),
    ((("name", "*%"),), "a"),
    ((("name", "*_it"),), "b"),
    ((("name", "*\\*"),), "c"),
    ((("tags", "t:x:1"),), "ab"),
    ((("tags", "t:x:*"),), "ab"),
    ((("tags", "t"),), "ab"),
    ((("enableErrorDiagnostics", "true"),), "b"),
    ((("property", "schemaRef.id==https://n/s/1"),), "c"),
    ((("property", "!schemaRef"),), "ab"),
    ((("property", "name~=="),), ""),
    ((("sort", "desc:created"), ("offset", "1")), "cb"),
    ((("orderBy", "created"),), "bca"),
    ((("name", ""), ("limit", "")), "abc"),
]


@pytest.mark.parametrize(("pairs", "expected"), CASES)
def test_pages(pairs: tuple[tuple[str, str], ...], expected: str) -> None:
    assert _found(*pairs) == expected


def test_only_datasets_are_paged_from_one() -> None:
    pairs = [("limit", "2"), ("start", "3")]
    assert (read(pairs, DATASETS).start, read(pairs, BATCHES).start) == (2, 3)
    assert read([("limit", "5"), ("start", "1")], DATASETS).start == 1


@pytest.mark.parametrize("name", ["limit", "start", "offset"])
@pytest.mark.parametrize("text", ["9" * 5000, "0" * 20 + "9" * 400, "0" * 19 + "1" + "0" * 9, "0" * 30, "٣", "-1", "²"])
def test_a_number_that_no_page_has_is_refused(name: str, text: str) -> None:
    with pytest.raises(Invalid, match=name) as refused:
        read([(name, text)], DATASETS)
    assert len(str(refused.value)) < 300


def test_projection_keeps_what_is_there() -> None:
    chosen = read([("properties", "tags.t, a.b.c,name,nothing")], DATASETS)
    item = {"name": "n", "tags": {"t": [1], "u": [2]}, "a": {"b": {"c": 1, "d": 2}}}
    assert chosen.projected(item) == {"tags": {"t": [1]}, "a": {"b": {"c": 1}}, "name": "n"}
    assert chosen.projected({}) == {}
