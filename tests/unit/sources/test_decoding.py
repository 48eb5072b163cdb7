"""Pages to slices: exact numbers, odd records, explosions, days, and every element in exactly one place."""

from datetime import date
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, strategies

from headrace import sources
from headrace.sources.reading import Stretch
from source_server import part, reading, spec


def slices(body, wanted, document=None, **planned):
    document = document or spec(contentPath={"path": "$.rows", "keepAttributes": ["none"]})
    body = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return list(sources.decoder(reading(document), part(**planned), wanted).slices([("p", body)]))


def rows(*texts):
    """A page of these elements, as JSON text."""
    return b'{"rows":[' + ",".join(texts).encode() + b"]}"


V = ("rows", "v")
EXACT = {
    "integer": (["1", "-7", "null"], None, pa.int64(), [1, -7, None]),
    "large integer": (["9007199254740993", "9223372036854775807"], None, pa.int64(), [2**53 + 1, 2**63 - 1]),
    "text": (['"a"', '"é\\u0000"'], None, pa.string(), ["a", "é\0"]),
    "money as text": (['"99.99999999999996"', '"-2E-18"'], pa.decimal128(38, 18), pa.string(),
                      ["99.99999999999996", "-2E-18"]),
    "money as a number": (["1234567890123456.78901", "-2E-18", "5"], pa.decimal128(38, 18), pa.decimal128(38, 18),
                          [Decimal("1234567890123456.78901"), Decimal("-2E-18"), Decimal(5)]),
    "boolean": (["true", "false"], None, pa.bool_(), [True, False]),
    "fraction": (["0.1", "2.5"], None, pa.float64(), [0.1, 2.5]),
    "fraction for a double": (["1", "0.5"], pa.float64(), pa.float64(), [1.0, 0.5]),
    "absent": (["null", "null"], pa.int64(), pa.int64(), [None, None]),
    "absent, of any type": (["null"], None, pa.string(), [None]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_columns_have_the_json_type_and_the_exact_value(name):
    texts, wanted, kind, values = EXACT[name]
    [one] = slices(rows(*(f'{{"v":{text}}}' for text in texts)), {V: wanted})
    column = one.typed["rows"].combine_chunks().field("v")
    assert column.type == kind and column.to_pylist() == values
    assert one.loose.num_rows == one.rejected.num_rows == 0 and one.typed["_row"].to_pylist() == [*range(len(texts))]


LOOSE = {
    "text among integers": (["1", '"n/a"', "2"], None),
    "a fraction among integers": (["1", "1.5", "2"] + ["3"] * 100, pa.string()),
    "beyond 64 bits": (["1", "9223372036854775808", "2"], None),
    "an object among texts": (['"a"', '{"x":1}', '"b"'], None),
    "an integer too large for a float": (["1.5", "9007199254740993", "2.5"], None),
    "more decimals than the destination has": (["1.25", "1.123", "2"], pa.decimal128(10, 2)),
    "a decimal without end": (["1", "1e30", "2"], pa.decimal128(38, 18)),
}


@pytest.mark.parametrize("name", LOOSE)
def test_a_value_of_another_type_makes_its_record_loose(name):
    texts, wanted = LOOSE[name]
    if "fraction" in name:
        texts = [*texts[2:], texts[1]]  # beyond the sample that decides the type
    odd = next(n for n, text in enumerate(texts) if text in (LOOSE[name][0][1],))
    [one] = slices(rows(*(f'{{"v":{text},"k":1.10}}' for text in texts)), {V: wanted})
    assert one.loose.to_pylist() == [{"_row": odd, "record": f'{{"rows":{{"v":{texts[odd]},"k":1.10}}}}'}]
    assert one.typed["_row"].to_pylist() == [n for n in range(len(texts)) if n != odd]
    assert one.read == len(texts) == one.typed.num_rows + one.loose.num_rows


def test_an_element_that_is_no_record_is_rejected_alone():
    [one] = slices(rows('{"v":1}', "null", '"x"', "[1]", '{"v":2}'), {V: None})
    assert one.typed.to_pylist() == [{"_row": 0, "rows": {"v": 1}}, {"_row": 4, "rows": {"v": 2}}]
    found = one.rejected.to_pylist()
    assert [(row["_row"], row["actual"], row["value"]) for row in found] == [
        (1, "null", "null"), (2, "string", '"x"'), (3, "array", "[1]"),
    ]  # fmt: skip
    assert {(row["family"], row["code"], row["expected"]) for row in found} == {
        ("parsing", "INGEST-1401-400", "object")
    }


def test_bytes_that_are_no_text_are_rejected_alone():
    [one] = slices(rows('{"v":"a"}', '{"v":"?"}', '{"v":"b"}').replace(b"?", b"\xff"), {V: None})
    assert one.typed["_row"].to_pylist() == [0, 2] and one.rejected["_row"].to_pylist() == [1]


def test_a_leaf_first_seen_late_is_still_a_column():
    texts = ["{}"] * 700 + ['{"v":3}', '{"v":"x"}']
    [one] = slices(rows(*texts), {V: None})
    assert one.typed["rows"].combine_chunks().field("v").to_pylist() == [None] * 700 + [3]
    assert one.loose["_row"].to_pylist() == [701]


ODD = {'{"v":"n/a"}': "loose", '{"v":true}': "loose", '{"w":1,"v":[]}': "loose", "null": "rejected", "7": "rejected"}


@given(strategies.dictionaries(strategies.integers(0, 1300), strategies.sampled_from(sorted(ODD)), max_size=40))
def test_every_element_is_in_its_one_place_wherever_odd_ones_stand(odd):
    """Odd ones few and far between, side by side, at the edges of what is decoded at once, and many."""
    wanted = {V: None, ("rows", "never"): None}
    [one] = slices(rows('{"v":0}', *(odd.get(n, f'{{"v":{n}}}') for n in range(1, 1301))), wanted)
    places = {kind: [n for n in sorted(odd) if n and ODD[odd[n]] == kind] for kind in ("loose", "rejected")}
    assert (one.loose["_row"].to_pylist(), one.rejected["_row"].to_pylist()) == tuple(places.values())
    kept = [n for n in range(1301) if not (n and n in odd)]
    column = one.typed["rows"].combine_chunks()
    assert one.typed["_row"].to_pylist() == kept == column.field("v").to_pylist()
    assert column.field("never").null_count == len(kept)


def test_records_are_loose_where_a_whole_object_is_wanted():
    body = {"rows": [{"v": {"a": 1}, "w": 2}]}
    for wanted in ({V: None}, {V: None, ("rows", "v", "a"): None}, {("rows",): None}):
        [one] = slices(body, {**wanted, ("rows", "w"): None})
        assert one.loose["record"].to_pylist() == ['{"rows":{"v":{"a":1},"w":2}}'] and one.typed.num_rows == 0


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "line\nbreak", "\x00"])
def test_a_name_is_a_name_whatever_it_is(name):
    [one] = slices({"rows": [{name: 1}]}, {("rows", name): None})
    assert one.read == 1 and msgspec.json.decode(one.original(0)) == {"rows": {name: 1}}


def test_long_pages_come_in_slices():
    found = slices({"rows": [{"v": n} for n in range(30_001)]}, {V: None})
    assert [one.stretches for one in found] == [
        (Stretch("p", 0, 0, 15_000),), (Stretch("p", 15_000, 0, 15_000),), (Stretch("p", 30_000, 0, 1),),
    ]  # fmt: skip
    assert [one.read for one in found] == [15_000, 15_000, 1]
    assert found[1].original(7) == b'{"rows":{"v":15007}}' and found[1].place(7) == ("p", 15_007)
    assert found[2].typed["_row"].to_pylist() == [0] and found[2].place(0) == ("p", 30_000)
    with pytest.raises(IndexError):
        found[1].original(15_000)


def test_nested_leaves_and_absent_parents():
    body = {"rows": [{"a": {"b": {"c": 1}}, "d": True}, {"a": None}, {}]}
    [one] = slices(body, {("rows", "a", "b", "c"): None, ("rows", "d"): None, ("elsewhere", "x"): pa.int64()})
    assert one.typed.to_pylist() == [
        {"_row": 0, "rows": {"a": {"b": {"c": 1}}, "d": True}, "elsewhere": {"x": None}},
        {"_row": 1, "rows": {"a": {"b": {"c": None}}, "d": None}, "elsewhere": {"x": None}},
        {"_row": 2, "rows": {"a": {"b": {"c": None}}, "d": None}, "elsewhere": {"x": None}},
    ]


def test_the_original_keeps_every_digit():
    [one] = slices(rows('{"v":1,"m":1234567890123456.78901000}'), {V: None})
    assert one.original(0) == b'{"rows":{"v":1,"m":1234567890123456.78901000}}'


# -- where records are -------------------------------------------------------------------------------------------

PAGE = {"total": 2, "meta": {"x": 1}, "rows": [{"id": 1}, {"id": 2}]}
CONTENT = {
    "siblings go along": ({"path": "$.rows"}, {"total": 2, "meta": {"x": 1}, "rows": {"id": 1}}),
    "some skipped": ({"path": "$.rows", "skipAttributes": ["total"]}, {"meta": {"x": 1}, "rows": {"id": 1}}),
    "some kept": ({"path": "$.rows", "keepAttributes": ["total"]}, {"total": 2, "rows": {"id": 1}}),
    "kept, then skipped": (
        {"path": "$.rows", "keepAttributes": ["total"], "skipAttributes": ["total"]}, {"rows": {"id": 1}}),
    "another wrapper": (
        {"path": "$.rows", "skipAttributes": ["total", "meta"], "overrideWrapperAttribute": "row"}, {"row": {"id": 1}}),
    "a bare path": ("rows", {"total": 2, "meta": {"x": 1}, "rows": {"id": 1}}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTENT)
def test_records_in_wrapper_form(name):
    content, record = CONTENT[name]
    wrapper = "row" if "row" in record else "rows"
    [one] = slices(PAGE, {(wrapper, "id"): None, ("total",): None, ("meta", "x"): None}, spec(contentPath=content))
    assert msgspec.json.decode(one.original(0)) == record
    typed = one.typed.to_pylist()
    assert [row[wrapper]["id"] for row in typed] == [1, 2] and typed[0]["total"] == record.get("total")
    assert typed[1]["meta"]["x"] == record.get("meta", {}).get("x")


@pytest.mark.parametrize("body", [b'[{"id":1},{"id":2}]', b'{"id":1}\n{"id":2}\n'])
def test_a_page_that_is_the_array_or_one_record_a_line(body):
    [one] = slices(body, {("id",): None}, spec(contentPath={"path": "$"}))
    assert one.typed.to_pylist() == [{"_row": 0, "id": 1}, {"_row": 1, "id": 2}]
    assert one.original(1) == b'{"id":2}'


def test_a_page_that_is_one_record():
    [one] = slices(b'{\n  "id": 1\n}', {("id",): None}, spec(contentPath={"path": "$"}))
    assert one.typed.to_pylist() == [{"_row": 0, "id": 1}]


def test_an_array_deep_in_the_page():
    body = {"data": [{"groups": {"rows": [{"id": 5}]}}]}
    [one] = slices(body, {("rows", "id"): None}, spec(contentPath={"path": "$.data[0].groups.rows"}))
    assert one.typed["rows"].to_pylist() == [{"id": 5}]


def test_inner_arrays_explode_into_records():
    document = spec(
        contentPath={"path": "$.emails", "skipAttributes": ["n"], "overrideWrapperAttribute": "email"},
        explodeEntityPath={"path": "$.email.activity", "overrideWrapperAttribute": "act", "skipAttributes": ["_links"]},
    )
    body = {"n": 1, "emails": [
        {"id": "a", "_links": 0, "activity": [{"at": 1.10}, {"at": 2.20}]}, {"id": "b", "activity": []},
    ]}  # fmt: skip
    [one] = slices(body, {("email", "id"): None, ("email", "act", "at"): None}, document)
    assert one.typed["email"].to_pylist() == [
        {"id": "a", "act": {"at": 1.1}}, {"id": "a", "act": {"at": 2.2}}, {"id": "b", "act": {"at": None}},
    ]  # fmt: skip
    assert [msgspec.json.decode(one.original(n)) for n in (0, 2)] == [
        {"email": {"id": "a", "act": {"at": 1.1}}}, {"email": {"id": "b"}},
    ]  # fmt: skip


# -- our own additions -------------------------------------------------------------------------------------------


def test_a_field_gets_the_name_that_the_spec_gives_it():
    document = spec(extension={"rename": {"one": "many[0]"}})
    body = {"rows": [{"many": ["a", "b"], "v": 1}, {"many": []}, {"v": 2}]}
    [one] = slices(body, {("rows", "one"): None, V: None}, document)
    assert one.typed["rows"].combine_chunks().field("one").to_pylist() == ["a", None, None]
    assert one.original(0) == b'{"rows":{"v":1,"one":"a"}}'


def test_a_page_that_has_the_new_name_already():
    document = spec(extension={"rename": {"one": "many[0]"}})
    [one] = slices({"rows": [{"one": "a"}]}, {("rows", "one"): None}, document)
    assert one.typed["rows"].to_pylist() == [{"one": "a"}] and one.original(0) == b'{"rows":{"one":"a"}}'


DAYS = {
    "parts": ([{"y": 2024, "m": 2, "d": 29}], [date(2024, 2, 29)]),
    "no such day": ([{"y": 2023, "m": 2, "d": 29}, {"y": 2023, "m": 13, "d": 1}], [None, None]),
    "absent": ([{"y": 2024, "m": 2}, {"y": 2024, "m": 2, "d": 1}], [None, date(2024, 2, 1)]),
    "of another type": ([{"y": 2024, "m": 2, "d": 1}, {"y": "x", "m": 2, "d": 1}], [date(2024, 2, 1), None]),
    "of a loose record": ([{"y": 2024, "m": 2, "d": 1, "v": 1}, {"y": 2024, "m": 2, "d": 2, "v": "n/a"}],
                          [date(2024, 2, 1), date(2024, 2, 2)]),
}  # fmt: skip


@pytest.mark.parametrize("name", DAYS)
def test_days_of_year_month_and_day(name):
    records, days = DAYS[name]
    document = spec(extension={"day": {"year": "rows.y", "month": "rows.m", "day": "rows.d"}})
    [one] = slices({"rows": records}, {V: None}, document)
    assert one.days.type == pa.date32() and one.days.to_pylist() == days


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2022-08-09", date(2022, 8, 9)),
        ("2022-08-09T23:30:00-02:00", date(2022, 8, 10)),
        (1660000000, date(2022, 8, 8)),
        (1660000000000, date(2022, 8, 8)),
        ("soon", None),
        (True, None),
        (None, None),
    ],
)
def test_days_of_one_field(value, day):
    [one] = slices({"rows": [{"at": value}]}, {V: None}, spec(extension={"day": {"date": "$.rows.at"}}))
    assert one.days.to_pylist() == [day]


def test_rows_that_a_rule_drops_are_counted_under_its_name():
    listing = {"path": "/active"}
    rule = {"name": "activeOnly", "param": "a", "field": "rows.k", "by": "p", "listings": {"X": listing}}
    body = {"rows": [{"k": "in", "v": 1}, {"k": "out", "v": 2}, {"k": "in", "v": "n/a"}, {"k": "out", "v": "n/a"}, {}]}
    [one] = slices(body, {V: None}, spec(extension={"rules": [rule]}), allowed={"activeOnly": ("in",)})
    assert one.dropped == {"activeOnly": 3}
    assert one.typed["_row"].to_pylist() == [0] and one.loose["_row"].to_pylist() == [2] and len(one.days) == one.read
