"""Property filters over documents, and pages of what they leave."""

import pytest

from headrace.errors import FilterInvalid, Invalid
from headrace.wire.filters import parse_condition
from headrace.wire.pages import SortKey, page_after, parse_orderby, sort_items

FLOW = {
    "id": "f1",
    "state": "enabled",
    "createdAt": 1597784069368,
    "sourceConnectionIds": ["s1", "s2"],
    "transformations": [{"params": {"mappingId": "m1"}}, {"params": {"mappingId": "m2"}}],
    "inheritedAttributes": {"properties": {"isSourceFlow": True}},
    "meta:extends": ["https://ns.adobe.com/xdm/context/profile"],
}

CASES = [
    ("id==f1", True),
    ("id=f1", True),
    ('id=="f1"', True),
    ("id==f2,f1", True),
    ("id!=f2,f1", False),
    ("id!=f2", True),
    ("createdAt>=1597784069368", True),
    ("createdAt>1597784069368", False),
    ("createdAt<1597784069369", True),
    ("sourceConnectionIds[]==s2", True),
    ("sourceConnectionIds==s2", True),
    ("transformations[].params.mappingId==m2", True),
    ("transformations[].params.mappingId==m3", False),
    ("inheritedAttributes.properties.isSourceFlow==true", True),
    ("inheritedAttributes.properties.isSourceFlow==True", True),
    ("meta:extends!=https://ns.adobe.com/xdm/data/adhoc", True),
    ("meta:extends==https://ns.adobe.com/xdm/context/profile", True),
    ("missing==1", False),
    ("missing!=1", True),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_condition_selects(text: str, expected: bool) -> None:
    condition = parse_condition(text)
    assert condition is not None and condition(FLOW) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [("createdAt==", "empty"), ("createdAt<=1,2", "several"), ("a!>1", "operator"), ("a~x", "operator")],
)
def test_a_bad_condition_says_why(text: str, reason: str) -> None:
    with pytest.raises(FilterInvalid) as caught:
        parse_condition(text)
    assert caught.value.facts["reason"] == reason


def test_a_path_without_operator_is_a_projection() -> None:
    assert parse_condition("id,name") is None


def test_pages_cover_every_item_once_even_when_the_list_changes() -> None:
    items = [{"id": str(n)} for n in range(7)]
    first = page_after(items, 3, None)
    assert first.next_token is not None and "=" not in first.next_token and "&" not in first.next_token
    second = page_after([{"id": "new"}, *items], 3, first.next_token)
    assert [item["id"] for item in second.items] == ["3", "4", "5"]
    third = page_after(items, 3, second.next_token)
    assert [item["id"] for item in third.items] == ["6"] and third.next_token is None


def test_a_list_that_fits_has_no_next_page() -> None:
    assert page_after([{"id": "1"}], 1, None).next_token is None


def test_a_bad_token_is_refused() -> None:
    with pytest.raises(Invalid):
        page_after([], 1, "%%%")


def test_sorting_puts_items_without_the_field_last() -> None:
    items = [{"id": "a"}, {"id": "b", "name": "y"}, {"id": "c", "name": "x"}]
    for text, order in (("name", ["c", "b", "a"]), ("-name", ["b", "c", "a"]), (" name", ["c", "b", "a"])):
        assert [item["id"] for item in sort_items(items, parse_orderby(text))] == order
    assert parse_orderby("-createdAt,+name") == (SortKey("createdAt", True), SortKey("name", False))


@pytest.mark.parametrize("text", ["*name", "", "-"])
def test_a_bad_orderby_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_orderby(text)
