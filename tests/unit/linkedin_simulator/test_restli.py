"""The grammar: what raw characters mean, in both protocols."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkedin_simulator.restli import RestliSyntax, Value, encode, parse_element, parse_query

ELEMENTS: dict[str, Value] = {
    "CAMPAIGN": "CAMPAIGN",
    "a%2Cb": "a,b",
    "a+b": "a+b",
    "caf%C3%A9": "café",
    "''": "",
    "it's": "it's",
    "List": "List",
    "List()": [],
    "()": {},
    "(value:CAMPAIGN)": {"value": "CAMPAIGN"},
    "List(urn%3Ali%3AsponsoredAccount%3A1,urn%3Ali%3AsponsoredAccount%3A2)": [
        "urn:li:sponsoredAccount:1",
        "urn:li:sponsoredAccount:2",
    ],
    "(end:(day:30,month:9),start:(day:1,month:09))": {
        "end": {"day": "30", "month": "9"},
        "start": {"day": "1", "month": "09"},
    },
    "(status:(values:List(ACTIVE,PAUSED)),test:false)": {"status": {"values": ["ACTIVE", "PAUSED"]}, "test": "false"},
    "(a%3Ab:c)": {"a:b": "c"},
    "List(List(a),(b:''))": [["a"], {"b": ""}],
    "%28start%3A1%29": "(start:1)",
    "List%28a%2Cb%29": "List(a,b)",
    "(List:List(List))": {"List": ["List"]},
}
BROKEN = [
    "",
    "urn:li:sponsoredAccount:1",
    "a,b",
    "(a:b",
    "List(a",
    "List(a))",
    "List(a,)",
    "List(a,,b)",
    "(a:)",
    "(:a)",
    "(a)",
    "(a:b,)",
    "list(a)",
    "(a:b:c)",
    "50%",
    "%zz",
    "%FF",
    "(" * 100,
    "List(" * 100_000,
]
NESTED: dict[str, dict[str, Any]] = {
    "accounts[0]=urn:li:x:1&accounts[1]=urn:li:x:2": {"accounts": ["urn:li:x:1", "urn:li:x:2"]},
    "accounts%5B0%5D=urn%3Ali%3Ax%3A1": {"accounts": ["urn:li:x:1"]},
    "dateRange.start.day=1&dateRange.start.month=9": {"dateRange": {"start": {"day": "1", "month": "9"}}},
    "search.status.values[0]=ACTIVE": {"search": {"status": {"values": ["ACTIVE"]}}},
    "pivot=CAMPAIGN&accounts=List(a)": {"pivot": "CAMPAIGN", "accounts": "List(a)"},
    "name=a+b": {"name": "a b"},
}


@pytest.mark.parametrize("raw", ELEMENTS)
def test_an_element_reads(raw: str) -> None:
    assert parse_element(raw) == ELEMENTS[raw]


@pytest.mark.parametrize("raw", BROKEN, ids=lambda raw: raw[:20])
def test_a_broken_element_is_refused(raw: str) -> None:
    with pytest.raises(RestliSyntax):
        parse_element(raw)


@pytest.mark.parametrize("raw", NESTED)
def test_protocol_1_reads_dots_and_indexes(raw: str) -> None:
    assert parse_query(raw, "1.0.0").values == NESTED[raw]


@pytest.mark.parametrize("raw", ["a=1&a.b=2", "a=1&a=2", "a[0]=1&a=2", "[=1", ".=1"])
def test_protocol_1_refuses_two_shapes_of_one_name(raw: str) -> None:
    assert parse_query(raw, "1.0.0").broken


def test_a_value_keeps_further_equals_signs() -> None:
    assert parse_query("pageToken=AbC_-1%3D%3D&x=a=b", "2.0.0").values == {"pageToken": "AbC_-1==", "x": "a=b"}


def test_fields_is_a_comma_list_and_no_element() -> None:
    assert parse_query("fields=dateRange,clicks%2Clikes", "2.0.0").values == {"fields": "dateRange,clicks,likes"}


def test_a_repeated_parameter_is_broken() -> None:
    assert set(parse_query("q=a&q=b", "2.0.0").broken) == {"q"}


TEXT = st.text(max_size=12).filter(lambda text: text != "''")
VALUES = st.recursive(
    TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)


@settings(max_examples=50)
@given(VALUES)
def test_what_is_encoded_reads_back(value: Value) -> None:
    assert parse_element(encode(value)) == value


@given(st.text(alphabet="(),:Lista%'2", max_size=40))
def test_any_text_reads_or_is_refused(raw: str) -> None:
    try:
        parse_element(raw)
    except RestliSyntax as error:
        assert str(error)
