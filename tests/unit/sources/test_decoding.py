"""Pages to slices: exact numbers, odd records, explosions, days, and every element in exactly one place."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, strategies

from headrace import exact_json, sources
from headrace.json_columns import WRITTEN
from headrace.mapping.values import as_double
from headrace.sources.reading import Stretch
from sliced import typed_rows, types_at, values_at
from source_server import part, reading, spec

LIST_OF_X = pa.list_(pa.struct([("x", pa.int64())]))


DOCUMENT = spec(contentPath={"path": "$.rows", "keepAttributes": ["none"]})


def slices(body, wanted, document=None, **planned):
    document = document or DOCUMENT
    body = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return list(sources.decoder(reading(document), part(**planned), wanted).slices([("p", body)]))


def rows(*texts):
    """A page of these elements, as JSON text."""
    return b'{"rows":[' + ",".join(texts).encode() + b"]}"


V = ("rows", "v")
EXACT = {
    "integer": (["1", "-7", "null"], None, pa.int64()),
    "large integer": (["9007199254740993", "9223372036854775807"], None, pa.int64()),
    "integers for a text": (["7", "-8"], pa.string(), pa.int64()),
    "text": (['"a"', '"é\\u0000"'], None, pa.string()),
    "money as text": (['"99.99999999999996"', '"-2E-18"'], pa.decimal128(38, 18), pa.string()),
    "money as a number": (["1234567890123456.78901", "-2E-18", "5"], pa.decimal128(38, 18), WRITTEN),
    "boolean": (["true", "false"], None, pa.bool_()),
    "fractions": (["0.1", "2.5"], None, pa.float64()),
    "a number for a double": (["1", "0.5"], pa.float64(), pa.float64()),
    "fractions for a text": (["1.10", "2"], pa.string(), WRITTEN),
    "fractions for an integer": (["1.0", "2.0"], pa.int64(), WRITTEN),
    "absent": (["null", "null"], pa.int64(), pa.int64()),
    "absent, of any type": (["null"], None, pa.null()),
    "texts in a list": (['["a",null]', "[]", "null"], None, pa.list_(pa.string())),
    "fractions in a list": (["[1.5]"], None, WRITTEN),
    "fractions in a list of doubles": (["[1.5,1]"], pa.list_(pa.float64()), pa.list_(pa.float64())),
    "objects in a list": (['[{"x":1,"y":2}]', "[{}]"], LIST_OF_X, LIST_OF_X),
    "objects in a list, for an expression": (['[{"x":1}]'], None, WRITTEN),
    "an object": (['{"x":1.10}', '{"y":[]}'], None, WRITTEN),
    "containers and values": (["1", '"a"', "[1]", '{"x":1}', "1.50", "-0", "1e400"], None, WRITTEN),
}


@pytest.mark.parametrize("name", EXACT)
def test_a_column_has_the_type_that_holds_its_values_exactly(name):
    texts, wish, kind = EXACT[name]
    [one] = slices(rows(*(f'{{"v":{text}}}' for text in texts)), {V: wish})
    assert types_at(one, *V) == [kind] and one.loose.num_rows == one.rejected.num_rows == 0
    values = values_at(one, *V)
    assert [*values] == [*range(len(texts))]
    if kind != LIST_OF_X:
        assert all(same(value, exact_json.read(text)) for value, text in zip(values.values(), texts, strict=True))


def same(value, read):
    """Whether a value of a column is what was read, to the sign of a zero; a column of doubles holds doubles."""
    if isinstance(value, list):
        return isinstance(read, list) and len(value) == len(read) and all(map(same, value, read))
    return repr(value) == repr(float(read) if isinstance(value, float) else read)


# One odd value among many others: what it is, and what the others are.
ODD = {
    "text among integers": ("1", '"n/a"', None),
    "a fraction among integers": ("1", "1.5", pa.string()),
    "beyond 64 bits": ("1", "9223372036854775808", None),
    "minus zero among integers": ("1", "-0", pa.float64()),
    "an object among texts": ('"a"', '{"x":1}', None),
    "an integer among fractions": ("1.5", "7", None),
    "an integer too large for a float": ("1.5", "9007199254740993", None),
    "too large for a double": ("1.5", "1e400", pa.float64()),
    "a list among texts": ('"a"', "[1]", pa.string()),
    "a number in a list of texts": ('["a"]', "[1]", pa.list_(pa.string())),
    "a fraction in a list of integers": ("[1]", "[1.5]", pa.list_(pa.int64())),
    "a text in a list of objects": ('[{"x":1}]', '["x"]', LIST_OF_X),
    "a key twice": ('"a"', '"b","v":"c"', None),
}


@pytest.mark.parametrize("times", [1, 40])
@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_is_as_exact_as_the_others_and_changes_none_of_them(name, times):
    usual, odd, wish = ODD[name]
    texts = [usual] * 300
    for n in range(times):
        texts[5 * n + 3] = odd
    [one] = slices(rows(*(f'{{"v":{text},"k":1.10}}' for text in texts)), {V: wish})
    assert one.read == 300 == len(values_at(one, *V)) and one.rejected.num_rows == 0
    for row, value in values_at(one, *V).items():
        whole = exact_json.read(f'{{"v":{texts[row]}}}')["v"]
        assert same(value, whole) or (wish == LIST_OF_X and value == whole)


def test_an_element_that_is_no_record_is_rejected_alone():
    [one] = slices(rows('{"v":1}', "null", '"x"', "[1]", '{"v":2}'), {V: None})
    assert values_at(one, *V) == {0: 1, 4: 2}
    found = one.rejected.to_pylist()
    assert [(row["_row"], row["actual"], row["value"]) for row in found] == [
        (1, "null", "null"), (2, "string", '"x"'), (3, "array", "[1]"),
    ]  # fmt: skip
    assert {(row["family"], row["code"], row["expected"]) for row in found} == {
        ("parsing", "INGEST-1401-400", "object")
    }


def test_bytes_that_are_no_text_are_rejected_alone():
    [one] = slices(rows('{"v":"a"}', '{"v":"?"}', '{"v":"b"}').replace(b"?", b"\xff"), {V: None})
    assert values_at(one, *V) == {0: "a", 2: "b"} and one.rejected["_row"].to_pylist() == [1]


def test_a_leaf_first_seen_late_is_still_a_column():
    texts = ["{}"] * 1300
    for n in range(601, 1300, 2):
        texts[n] = f'{{"v":{n}}}'
    [one] = slices(rows(*texts, '{"v":"x"}'), {V: None})
    assert values_at(one, *V) == {n: n if n > 600 and n % 2 else None for n in range(1300)} | {1300: "x"}
    assert pa.int64() in types_at(one, *V)


STRANGE = {'{"v":"n/a"}': "n/a", '{"v":true}': True, '{"w":1,"v":[]}': [], "null": "rejected", "7": "rejected"}


@given(strategies.dictionaries(strategies.integers(0, 1300), strategies.sampled_from(sorted(STRANGE)), max_size=60))
def test_every_element_is_in_its_one_place_wherever_odd_ones_stand(odd):
    """Odd ones few and far between, side by side, at both ends, and many."""
    wanted = {V: None, ("rows", "never"): None}
    [one] = slices(rows('{"v":0}', *(odd.get(n, f'{{"v":{n}}}') for n in range(1, 1301))), wanted)
    expected = {n: STRANGE[odd[n]] if n and n in odd else n for n in range(1301)}
    assert one.rejected["_row"].to_pylist() == [n for n, value in expected.items() if value == "rejected"]
    assert values_at(one, *V) == {n: value for n, value in expected.items() if value != "rejected"}
    assert set(values_at(one, "rows", "never").values()) == {None}


def test_several_threads_decode_what_one_does():
    """Pages whose odd records differ, so that each thread would have the others try another order."""
    kinds = ['{"v":1}', '{"v":"x"}', '{"v":[1]}', '{"v":1.5,"w":{"a":2}}', '{"v":null,"w":-0}']
    pages = [rows(*(kinds[(n * k) % 5 if n % (k + 1) else 0] for n in range(400))) for k in range(12)]
    decoder = sources.decoder(reading(DOCUMENT), part(), {V: None, ("rows", "w"): None})
    with ThreadPoolExecutor(4) as threads:
        together = [*threads.map(lambda page: [*decoder.slices([("p", page)])], pages)]
    for page, [slice] in zip(pages, together, strict=True):
        [alone] = slices(page, {V: None, ("rows", "w"): None})
        for path in (V, ("rows", "w")):
            assert repr(values_at(slice, *path)) == repr(values_at(alone, *path))


ENCLOSING = [{V: None}, {("rows",): None}, {V: None, ("rows", "w"): None}]


@pytest.mark.parametrize("wanted", ENCLOSING)
def test_a_whole_object_is_kept_as_it_was_written(wanted):
    [one] = slices(rows('{"v":{"a":1.10},"w":2}', '{"v":[],"w":"x"}'), wanted)
    values = values_at(one, *next(iter(wanted)))
    assert one.loose.num_rows == 0 and [*map(repr, values.values())] == [
        repr(exact_json.read(text) if V in wanted else {"v": exact_json.read(text), "w": w})
        for text, w in (('{"a":1.10}', 2), ("[]", "x"))
    ]


def test_a_day_inside_an_object_that_is_wanted_whole():
    document = spec(extension={"day": {"date": "rows.v.at"}})
    [one] = slices({"rows": [{"v": {"at": "2024-02-29"}}, {"v": "n/a"}]}, {V: None}, document)
    assert values_at(one, *V) == {0: {"at": "2024-02-29"}, 1: "n/a"}
    assert one.days.to_pylist() == [date(2024, 2, 29), None]


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
    assert typed_rows(found[2]) == [0] and found[2].place(0) == ("p", 30_000)
    with pytest.raises(IndexError):
        found[1].original(15_000)


def test_nested_leaves_and_absent_parents():
    body = {"rows": [{"a": {"b": {"c": 1}}, "d": True}, {"a": None}, {}]}
    [one] = slices(body, {("rows", "a", "b", "c"): None, ("rows", "d"): None, ("elsewhere", "x"): pa.int64()})
    [table] = one.typed
    assert table.to_pylist() == [
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
    assert values_at(one, wrapper, "id") == {0: 1, 1: 2}
    assert set(values_at(one, "total").values()) == {record.get("total")}
    assert set(values_at(one, "meta", "x").values()) == {record.get("meta", {}).get("x")}


@pytest.mark.parametrize("body", [b'[{"id":1},{"id":2}]', b'{"id":1}\n{"id":2}\n'])
def test_a_page_that_is_the_array_or_one_record_a_line(body):
    [one] = slices(body, {("id",): None}, spec(contentPath={"path": "$"}))
    assert values_at(one, "id") == {0: 1, 1: 2}
    assert one.original(1) == b'{"id":2}'


def test_a_page_that_is_one_record():
    [one] = slices(b'{\n  "id": 1\n}', {("id",): None}, spec(contentPath={"path": "$"}))
    assert values_at(one, "id") == {0: 1}


def test_an_array_deep_in_the_page():
    body = {"data": [{"groups": {"rows": [{"id": 5}]}}]}
    [one] = slices(body, {("rows", "id"): None}, spec(contentPath={"path": "$.data[0].groups.rows"}))
    assert values_at(one, "rows", "id") == {0: 5}


def test_inner_arrays_explode_into_records():
    document = spec(
        contentPath={"path": "$.emails", "skipAttributes": ["n"], "overrideWrapperAttribute": "email"},
        explodeEntityPath={"path": "$.email.activity", "overrideWrapperAttribute": "act", "skipAttributes": ["_links"]},
    )
    body = {"n": 1, "emails": [
        {"id": "a", "_links": 0, "activity": [{"at": 1.10}, {"at": 2.20}]}, {"id": "b", "activity": []},
    ]}  # fmt: skip
    [one] = slices(body, {("email", "id"): None, ("email", "act", "at"): None}, document)
    assert values_at(one, "email", "id") == {0: "a", 1: "a", 2: "b"}
    assert values_at(one, "email", "act", "at") == {0: 1.1, 1: 2.2, 2: None}
    assert [msgspec.json.decode(one.original(n)) for n in (0, 2)] == [
        {"email": {"id": "a", "act": {"at": 1.1}}}, {"email": {"id": "b"}},
    ]  # fmt: skip


# -- our own additions -------------------------------------------------------------------------------------------


RENAMED = {
    "an element of an array": ("many[0]", ['{"many":["a","b"],"v":1}', '{"many":[]}', '{"v":2}'], ["a", None, None]),
    "another field": ("old", ['{"old":"a"}', '{"old":null}', "{}"], ["a", None, None]),
    "a page that has the new name already": ("many[0]", ['{"one":"a"}'], ["a"]),
    "a record that has the new name already": ("many[0]", ['{"many":["a"]}', '{"one":"b"}'], ["a", "b"]),
    "both": ("many[0]", ['{"many":["a"],"one":"b"}', '{"many":[null],"one":"b"}', '{"many":[],"one":"b"}'],
             ["a", None, "b"]),
    "numbers": ("many[0]", ['{"many":[1.10]}', '{"many":[2]}'], [1.1, 2]),
    "no array": ("many[0]", ['{"many":"abc"}', '{"many":{"0":"x"}}', '{"many":["a"]}'], [None, None, "a"]),
}  # fmt: skip


@pytest.mark.parametrize("times", [1, 50])
@pytest.mark.parametrize("name", RENAMED)
def test_a_field_gets_the_name_that_the_spec_gives_it(name, times):
    path, elements, values = RENAMED[name]
    [one] = slices(rows(*elements * times), {("rows", "one"): None, V: None}, spec(extension={"rename": {"one": path}}))
    read = [None if value is None else as_double(value) for value in values_at(one, "rows", "one").values()]
    assert read == values * times


def test_the_end_of_a_text_is_no_minus_zero():
    [one] = slices(rows(*['{"v":7,"w":"label-0","x":["x-0"]}'] * 100), {V: None, ("rows", "w"): None})
    assert types_at(one, *V) == [pa.int64()] and set(values_at(one, *V).values()) == {7}


def test_two_values_inside_what_is_renamed():
    document = spec(extension={"rename": {"one": "many[0]"}})
    [one] = slices(rows('{"many":[{"a":1,"b":2}]}'), {("rows", "one", "a"): None, ("rows", "one", "b"): None}, document)
    assert (values_at(one, "rows", "one", "a"), values_at(one, "rows", "one", "b")) == ({0: 1}, {0: 2})


def test_the_original_has_the_new_name():
    [one] = slices(
        rows('{"many":["a"],"v":1}'), {("rows", "one"): None}, spec(extension={"rename": {"one": "many[0]"}})
    )
    assert one.original(0) == b'{"rows":{"v":1,"one":"a"}}'


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


@pytest.mark.parametrize("name", ["k", "a.b", 'quo"te'])
def test_rows_that_a_rule_drops_are_counted_under_its_name(name):
    listing = {"path": "/active"}
    rule = {"name": "activeOnly", "param": "a", "field": f"rows['{name}']", "by": "p", "listings": {"X": listing}}
    listed = [("in", 1), ("out", 2), ("in", "n/a"), ("out", "n/a")]
    body = {"rows": [*({name: value, "v": v} for value, v in listed), {}]}
    [one] = slices(body, {V: None}, spec(extension={"rules": [rule]}), allowed={"activeOnly": ("in",)})
    assert one.dropped == {"activeOnly": 3}
    assert values_at(one, *V) == {0: 1, 2: "n/a"} and len(one.days) == one.read
