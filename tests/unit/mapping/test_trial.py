"""Preview and the listings of the language."""

import json
from decimal import Decimal

import pyarrow as pa
import pytest

from headrace import mapping
from headrace.errors import MappingInvalid
from headrace.mapping.listing import operators_listing

TARGET = pa.schema(
    [
        ("_id", pa.string()),
        ("person", pa.struct([("age", pa.int32()), ("pay", pa.decimal128(38, 18))])),
        ("at", pa.date32()),
    ]
)
ITEMS = [
    {"sourceType": "ATTRIBUTE", "source": "id", "destination": "_id"},
    {"sourceType": "ATTRIBUTE", "source": "age", "destination": "person.age"},
    {"sourceType": "EXPRESSION", "source": "to_decimal(pay) * 2", "destination": "person.pay"},
    {"sourceType": "EXPRESSION", "source": "date(day)", "destination": "at"},
]


def test_one_record_gives_one_answer_without_nulls():
    answer = mapping.preview(ITEMS, TARGET, {"id": 1234, "pay": "0.05", "day": "2022/08/10"}, 0)
    absent = [{"field": "age", "message": "age is found in no record."}]
    data = {"_id": "1234", "person": {"pay": Decimal("0.1")}, "at": "2022-08-10"}
    assert answer == {"data": data, "errors": None, "warnings": absent}


@pytest.mark.parametrize(
    ("amount", "expression", "pay"),
    [
        (1099, "to_decimal(amount) / 100", "10.99"),
        ("1099", "to_decimal(amount) / 100", "10.99"),
        ("-7", "to_decimal(amount) / 100", "-0.07"),
        (9007199254740993, "to_decimal(amount) / 100", "90071992547409.93"),
        (1099, 'iif(unit == "jpy", to_decimal(amount), to_decimal(amount) / 100)', "1099"),
        ("1099", "amount / 100", "10"),
    ],
)
def test_money_in_minor_units_as_the_reference_says(amount, expression, pay):
    item = {"sourceType": "EXPRESSION", "source": expression, "destination": "person.pay"}
    answer = mapping.preview([item], TARGET, {"amount": amount, "unit": "jpy"}, 0)
    assert answer["data"] == {"person": {"pay": Decimal(pay)}}


def test_an_array_gives_an_array_and_a_rejected_row_its_errors():
    good, bad = mapping.preview(ITEMS, TARGET, [{"age": 5, "pay": 1}, {"age": "old", "day": "never"}], 0)
    absent = [{"field": "id", "message": "id is found in no record."}]
    assert good == {"data": {"person": {"age": 5, "pay": 2}}, "errors": None, "warnings": absent}
    assert (bad["data"], bad["errors"][0]) == (
        {},
        {
            "destination": "person.age",
            "exception": '"old" from age cannot become int, the type of person.age.',
            "source": "age",
            "columnName": "person.age",
            "sourceType": "ATTRIBUTE",
        },
    )


def test_a_failed_expression_is_told_and_leaves_a_null():
    answer = mapping.preview(ITEMS, TARGET, {"id": "a", "day": "never", "pay": "much"}, 0)
    assert answer["data"] == {"_id": "a"}
    assert [(one["destination"], one["sourceType"]) for one in answer["errors"]] == [
        ("person.pay", "EXPRESSION"),
        ("at", "EXPRESSION"),
    ]
    assert answer["errors"][1]["exception"] == (
        "date(day) failed and left at null: never is no date-time in any default format."
    )


def test_nulls_are_shown_where_the_set_allows_them():
    answer = mapping.preview(ITEMS, TARGET, {"age": 7}, 0, nulls=True)
    assert answer["data"] == {"_id": None, "person": {"age": 7, "pay": None}, "at": None}


NULLS = pa.schema(
    [
        ("list", pa.list_(pa.string())),
        ("objs", pa.list_(pa.struct([("a", pa.string()), ("names", pa.list_(pa.string()))]))),
        ("obj", pa.struct([("a", pa.string()), ("b", pa.int64())])),
        ("m", pa.map_(pa.string(), pa.string())),
        ("mo", pa.map_(pa.string(), pa.struct([("a", pa.string()), ("b", pa.int64())]))),
    ]
)


@pytest.mark.parametrize(
    ("data", "mappings", "expected"),
    [
        ({}, {"list[0]": "x"}, {"list": None}),
        ({}, {"objs[0].a": "x"}, {"objs": None}),
        ({}, {"objs.a": "x"}, {"objs": None}),
        ({}, {"objs[*].a": "x[*].q"}, {"objs": None}),
        ({"x": None}, {"objs[*].a": "x[*].q"}, {"objs": None}),
        ({}, {"list[*]": "x[*]"}, {"list": None}),
        ({}, {"list": "x"}, {"list": None}),
        ({}, {"obj.a": "x"}, {"obj": {"a": None}}),
        ({}, {"obj": "x"}, {"obj": None}),
        ({"x": {"a": None, "b": 2}}, {"obj": "x"}, {"obj": {"a": None, "b": 2}}),
        ({"x": {"b": 2}}, {"obj": "x"}, {"obj": {"b": 2}}),
        ({"x": {"b": 2}}, {"obj": "x", "obj.a": "y"}, {"obj": {"a": None, "b": 2}}),
        ({"x": "v"}, {"objs[0].a": "x", "objs[0].names": "y"}, {"objs": [{"a": "v", "names": None}]}),
        ({"x": [{"q": "1"}, {}]}, {"objs[*].a": "x[*].q"}, {"objs": [{"a": "1"}, {"a": None}]}),
        ({"x": {"a": None}}, {"m": "x"}, {"m": {"a": None}}),
        ({"x": {"a": None}}, {"obj": "x"}, {"obj": {"a": None}}),
        ({"x": {"zork": None}}, {"obj": "x"}, {"obj": None}),
        ({"x": {"k": {"a": None, "b": 1}, "j": None}}, {"mo": "x"}, {"mo": {"k": {"a": None, "b": 1}, "j": None}}),
        ({"x": [{"a": None, "names": ["n"]}]}, {"objs[*]": "x[*]"}, {"objs": [{"a": None, "names": ["n"]}]}),
        ({"x": {"a": None, "names": ["n"]}}, {"objs": "x"}, {"objs": [{"a": None, "names": ["n"]}]}),
        ({"x": {"a": None}}, {"objs": "x"}, {"objs": [{"a": None}]}),
        ({"x": [{"a": None, "names": ["n"]}, None]}, {"objs": "x"}, {"objs": [{"a": None, "names": ["n"]}, None]}),
        ({"x": {"a": None, "names": ["n"]}}, {"objs[0]": "x"}, {"objs": [{"a": None, "names": ["n"]}]}),
        ({"x": {"a": "b"}}, {"m.k": "y", "m.j": "x.a"}, {"m": {"k": None, "j": "b"}}),
        ({}, {"m.k": "y"}, {"m": {"k": None}}),
    ],
)
def test_nulls_stand_where_the_schema_has_a_place_for_them(data, mappings, expected):
    items = [{"sourceType": "ATTRIBUTE", "source": source, "destination": to} for to, source in mappings.items()]
    answer = mapping.preview(items, NULLS, data, 0, nulls=True)
    assert (answer["data"], answer["errors"]) == (expected, None)


def test_nulls_that_an_expression_makes_are_kept_in_its_object():
    items = [{"sourceType": "EXPRESSION", "source": '{"a": null, "b": n}', "destination": "obj"}]
    assert mapping.preview(items, NULLS, {"n": 2}, 0, nulls=True) == {
        "data": {"obj": {"a": None, "b": 2}},
        "errors": None,
    }


def test_a_failed_expression_is_null_and_counted():
    compiled = mapping.compile_mapping(ITEMS, TARGET, 0)
    mapped = compiled.map_records([4], [{"day": "never", "pay": "1"}])
    assert (mapped.table["at"].to_pylist(), mapped.warnings, mapped.errors.num_rows) == ([None], {"at": 1}, 0)


def test_a_wrong_expression_is_a_problem_with_its_place():
    with pytest.raises(MappingInvalid) as raised:
        mapping.compile_mapping([{**ITEMS[3], "source": "dat(day)"}], TARGET, 0)
    [problem] = raised.value.facts["problems"]
    assert (problem["index"], problem["field"], problem["code"]) == (0, "source", "syntax")
    assert "column 1: there is no function dat; did you mean date?" in problem["message"]


def test_listings_have_the_documented_shape():
    functions = {one["function"]: one for one in mapping.functions_listing()}
    assert {"concat", "ucase", "iif", "to_decimal"} <= set(functions)
    assert functions["left"]["syntax"] == "String left(String string, Long count)"
    assert [one["position"] for one in functions["substr"]["params"]] == [1, 2, 3]
    json.dumps(functions)
    assert {"operatorSymbol", "methodName", "numberOfOperands", "description", "example"} == set(operators_listing()[0])
    for one in operators_listing():
        mapping.validate_expression(one["example"])


def test_the_surface():
    assert mapping.__all__ == sorted(mapping.__all__) and len(mapping.__all__) == 9


def test_an_expression_that_rejects_its_row_is_told_once():
    items = [{"sourceType": "EXPRESSION", "source": "matches_regex(id, '(a|aa)+')", "destination": "_id"}]
    answer = mapping.preview(items, TARGET, {"id": "a" * 60 + "!"}, 0)
    assert answer["data"] == {}
    [error] = answer["errors"]
    assert "was stopped after" in error["exception"] and error["sourceType"] == "EXPRESSION"


def test_an_error_says_of_which_kind_its_mapping_is_however_the_destination_was_written():
    target = pa.schema([("parts", pa.list_(pa.struct([("n", pa.int64()), ("m", pa.int64())])))])
    items = [
        {"sourceType": "text/x.aep-xl", "source": "to_integer(a)", "destination": "parts.n"},
        {"sourceType": "text/x.schema-path", "source": "b", "destination": "parts.m"},
    ]
    answer = mapping.preview(items, target, {"a": "x", "b": "y"}, 0)
    told = sorted((one["destination"], one["sourceType"]) for one in answer["errors"])
    assert told == [("parts[0].m", "text/x.schema-path"), ("parts[0].n", "text/x.aep-xl")]


def test_a_field_inside_of_an_array_that_is_filled_is_refused_though_an_object_around_both_is_copied():
    target = pa.schema([("obj", pa.struct([("l", pa.list_(pa.string()))]))])
    items = [{"source": source, "destination": to} for to, source in (("obj.l[0]", "y"), ("obj", "x"), ("obj.l", "z"))]
    with pytest.raises(MappingInvalid, match=r"lies inside obj\.l"):
        mapping.preview(items, target, {}, 0)
