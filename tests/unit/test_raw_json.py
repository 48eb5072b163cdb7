"""JSON taken apart: whole JSON as msgspec does it, and broken values at no price for their neighbours."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace import raw_json
from headrace.raw_json import Raw, assembled, is_closed, items, kind_of, members

BROKEN = [b"NaN", b"-Infinity", b'"a\nb"', b'"\xff"', b'{"a":NaN}', b'{"a" 1}', b"{'a'}", b"[" * 1500 + b"]" * 1500]
GOOD = [b"1", b'{"a":[1,{"b":"],}{["}]}', b'"\\ud83d \\" [{"', b"[]", b"{}", b'""', b"-0", b"1e400"]


@given(st.lists(st.sampled_from(GOOD + BROKEN), max_size=6), st.sampled_from([b",", b" ,\n"]))
def test_elements_are_what_stands_between_the_commas(texts, comma):
    text = b" [ " + comma.join(texts) + b" ]\n"
    assert [bytes(item).strip() for item in items(text)] == texts


@given(st.dictionaries(st.sampled_from(["a", 'q"', "\ud83d", "ü,", "{"]), st.sampled_from(GOOD + BROKEN)))
def test_members_go_by_their_names_and_come_back(fields):
    text = assembled({name: Raw(value) for name, value in fields.items()})
    assert {name: bytes(value) for name, value in members(text).items()} == fields


def test_of_equal_names_the_last_holds():
    assert bytes(members(b'{"a":1,"\\u0061":2}')["a"]) == bytes(members(b'{"a":NaN,"\\u0061":2}')["a"]) == b"2"


NONE = [b"", b"7", b'"x"', b"null", b"[1", b"[NaN", b'["a]', b"[1}", b"[NaN}", b"[NaN]x", b"[1][2]", b"]", b'{"a":NaN']


@pytest.mark.parametrize("text", NONE)
def test_what_has_no_end_is_neither_array_nor_object(text):
    assert items(text) is None and members(text) is None and not is_closed(text)


@pytest.mark.parametrize("text", [b'{"a":"' + b"x" * 9, b'[NaN,"', b'{"a":[1]', b'[{"a":NaN}'])
def test_what_breaks_off_is_not_looked_through_for_its_end(text, monkeypatch):
    monkeypatch.setattr(raw_json, "_TOKEN", None)
    assert items(text) is None and members(text) is None and not is_closed(text)


@settings(max_examples=200)
@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=4)))
def test_the_lenient_way_is_the_strict_one_where_both_go(value):
    text = json.dumps(value).encode()
    if isinstance(value, list):
        assert [bytes(item) for item in items(text)] == raw_json._pieces(text, b"[")


def test_kinds_are_told_by_the_first_character():
    kinds = [kind_of(text) for text in (b"{}", b"[]", b'"x"', b"true", b"false", b"null", b"-1", b"7")]
    assert kinds == ["object", "array", "string", "boolean", "boolean", "null", "number", "number"]
