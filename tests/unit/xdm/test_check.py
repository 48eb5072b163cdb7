from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace import allowance
from headrace.errors import SchemaUncheckable
from headrace.rows import ROW_ERRORS
from headrace.xdm import rules
from headrace.xdm.arrow_schema import arrow_schema
from headrace.xdm.check import checker

OBJECT = {"type": "object"}


def check(properties, records, required=()):
    """Rows that pass and (row, column, code) of each error."""
    full = {"type": "object", "properties": properties, "required": list(required)}
    numbered = [{"_row": 10 + number, **record} for number, record in enumerate(records)]
    table = pa.Table.from_pylist(numbered, schema=pa.schema([("_row", pa.int64()), *arrow_schema(full)]))
    accepted, errors = checker(full).check(table)
    assert errors.schema == ROW_ERRORS
    assert accepted.schema == table.schema
    return accepted.column("_row").to_pylist(), errors.to_pylist()


RULES = [  # declaration, accepted values, rejected values
    ({"type": "string", "enum": ["A", "B"]}, ["A", "B", None], ["C", ""]),
    ({"type": "string", "const": "A"}, ["A", None], ["B"]),
    ({"type": "string", "meta:enum": {"A": "a"}}, ["Z"], []),
    ({"type": "integer", "enum": [1, 2, "x"]}, [1, 2], [3]),
    ({"type": "number", "enum": [0.5]}, [0.5], [0.25]),
    ({"type": "number", "meta:headraceType": "decimal(9,2)", "enum": [0.5]}, [Decimal("0.50")], [Decimal("0.51")]),
    ({"type": "string", "pattern": "^[A-Z]{3}$"}, ["USD", None], ["usd", "USDX", "USD\n"]),
    ({"type": "string", "pattern": "b+"}, ["abc"], ["ac"]),
    ({"type": "string", "pattern": "^(?!no).*$"}, ["yes", None], ["no", "nope"]),
    ({"type": "string", "minLength": 2, "maxLength": 3}, ["äö", "abc", None], ["ä", "abcd"]),
    ({"type": "integer", "minimum": 0, "maximum": 10}, [0, 10, None], [-1, 11]),
    ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}, [1, 9], [0, 10]),
    ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, [1], [0]),
    ({"type": "integer", "minimum": 0.5, "maximum": 2.5}, [1, 2], [0, 3]),
    ({"type": "integer", "exclusiveMinimum": 0.5, "exclusiveMaximum": 2.5}, [1, 2], [0, 3]),
    ({"type": "integer", "minimum": -1e30, "maximum": 1e30}, [-(2**63), 2**63 - 1], []),
    ({"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991}, [2**53 - 1], [2**53]),
    ({"type": "integer", "minimum": -1e308, "maximum": 1e308}, [-(2**63), 2**63 - 1], []),
    ({"type": "integer", "minimum": 1e308}, [None], [0, 2**63 - 1]),
    ({"type": "integer", "exclusiveMaximum": -(2**70)}, [None], [0, -(2**63)]),
    ({"type": "number", "minimum": 10**400}, [None], [0.0]),
    ({"type": "number", "meta:headraceType": "decimal(38,18)", "maximum": 1e308}, [Decimal(1)], []),
    ({"type": "integer", "minimum": True}, [-1], []),
    ({"type": "number", "minimum": 0.1}, [0.1, None], [0.09]),
    ({"type": "number", "meta:headraceType": "decimal(38,18)", "minimum": 0}, [Decimal(0)], [Decimal("-0.01")]),
    ({"type": "number", "meta:headraceType": "decimal(5,2)", "maximum": 1.005}, [Decimal("1")], [Decimal("1.01")]),
    ({"type": "string", "format": "email"}, ["a@b.c"], ["ab.c"]),
    ({"type": "string", "format": "uri"}, ["urn:li:sponsoredAccount:1", "https://x"], ["x y"]),
    ({"type": "string", "format": "ipv4"}, ["10.0.0.1"], ["10.0.0.256", "10.0.0"]),
    ({"type": "string", "format": "date"}, [date(2022, 8, 4)], []),
    (
        {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
        [["a"], None],
        [[], ["a", "b", "c"]],
    ),
    ({"type": "array", "items": {"type": "integer", "minimum": 0}}, [[0, 1], [], None, [None]], [[1, -1]]),
    (
        {**OBJECT, "additionalProperties": {"type": "integer", "maximum": 1}},
        [[("a", 1)], [], None],
        [[("a", 0), ("b", 2)]],
    ),
    ({**OBJECT, "minLength": 100}, ["{}"], []),
]


@pytest.mark.parametrize(("declared", "accepted", "rejected"), RULES)
def test_a_rule_splits_the_rows(declared, accepted, rejected):
    records = [{"x": value} for value in [*accepted, *rejected]]
    kept, errors = check({"x": declared}, records)
    assert kept == [10 + number for number in range(len(accepted))]
    assert [error["_row"] for error in errors] == [10 + len(accepted) + number for number in range(len(rejected))]


PERSON = {**OBJECT, "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name"]}


@pytest.mark.parametrize(
    ("declared", "value", "column"),
    [
        (PERSON, {"age": 1}, "x.name"),
        (PERSON, None, None),
        (PERSON, {"name": "A"}, None),
        ({"type": "array", "items": PERSON}, [{"name": "A"}, {"age": 1}], "x[].name"),
        ({**OBJECT, "additionalProperties": PERSON}, [("k", {"age": 1})], "x{}.name"),
        ({**OBJECT, "properties": {"p": PERSON}, "required": ["p", "gone"]}, {"p": None}, None),
    ],
)
def test_a_required_field_is_missed_where_its_parent_is_present(declared, value, column):
    _, errors = check({"x": declared}, [{"x": value}])
    found = [(error["column"], error["code"]) for error in errors if error["column"] != "x.p"]
    assert found == ([(column, "INGEST-1555-400")] if column else [])


def test_a_required_field_at_the_top_must_be_there():
    kept, errors = check({"x": {"type": "string"}}, [{"x": None}, {"x": "a"}], required=["x"])
    assert kept == [11]
    assert errors[0]["message"] == "The required field 'x' is missing."


def test_an_error_names_field_rule_and_value():
    _, (error,) = check({"_t": {**OBJECT, "properties": {"n": {"type": "integer", "minimum": 0}}}}, [{"_t": {"n": -5}}])
    assert error["message"] == "The value -5 of the field '_t.n' must be at least 0."
    assert (error["family"], error["column"], error["value"], error["expected"]) == (
        "validation",
        "_t.n",
        "-5",
        "at least 0",
    )


def test_a_row_may_break_several_rules_and_is_rejected_once():
    fields = {"a": {"type": "integer", "minimum": 0}, "b": {"type": "string", "maxLength": 1}}
    kept, errors = check(fields, [{"a": -1, "b": "xx"}, {"a": 1, "b": "x"}])
    assert kept == [11]
    assert [error["column"] for error in errors] == ["a", "b"]


def test_without_rules_the_table_itself_comes_back():
    full = {"properties": {"x": {"type": "string"}}}
    table = pa.table({"_row": [1, 2], "x": ["a", None]})
    assert checker(full).check(table)[0] is table


def test_chunked_and_sliced_tables_are_checked_alike():
    full = {"properties": {"x": {"type": "array", "items": {"type": "integer", "minimum": 0}}}}
    table = pa.table({"_row": range(4), "x": [[-1], [1], [-2, 3], None]}).slice(1)
    accepted, errors = checker(full).check(pa.concat_tables([table, table.slice(1, 1)]))
    assert accepted.column("_row").to_pylist() == [1, 3]
    assert errors.column("_row").to_pylist() == [2, 2]


def test_a_pattern_that_nothing_can_read_names_its_field():
    with pytest.raises(SchemaUncheckable, match="'x'"):
        checker({"properties": {"x": {"type": "string", "pattern": "(["}}})


TOO_LARGE = [
    "(?=((((a{99}){99}){99}){99}))",
    "(?=(a{500}){500})b",
    "(?=x)[\\p{L}]{60000}",
    "(?=x)" + "a{1000}" * 21,
    "(?=x)(?:a|[)]|\\)){9999}{9}",
    "(?=x)" + "(a|b)" * 30_000,
    "(?=x)" + "(" * 3000 + "a" + ")*" * 3000,
    "a" * 10_001,
]


@pytest.mark.parametrize("pattern", TOO_LARGE, ids=lambda pattern: pattern[:30])
def test_a_pattern_is_weighed_before_it_is_compiled(pattern, monkeypatch):
    """Compiling some of these takes gigabytes."""
    monkeypatch.setattr(rules.regex, "compile", lambda _: pytest.fail("it was compiled"))
    with pytest.raises(SchemaUncheckable, match="pattern of the field 'x' is too large, for ") as caught:
        checker({"properties": {"x": {"type": "string", "pattern": pattern}}})
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    "pattern",
    ["^(?!no)[a-z]{1,9999}$", "(?=(((a{1,999}){1,999}){1,999}))", "(?=x)(a{0,60000}){0,60000}", "(?=[(){999]{9})x?"],
)
def test_a_pattern_that_is_small_when_written_out_is_taken(pattern):
    checker({"properties": {"x": {"type": "string", "pattern": pattern}}})


def test_a_pattern_that_backtracks_without_end_costs_its_rows_and_bounded_time(monkeypatch):
    left = allowance.Allowance(0.05)
    monkeypatch.setattr(allowance, "Allowance", lambda: left)
    endless = [f"{'a' * 60}{n}" for n in range(30)]
    fields = {"x": {"type": "string", "pattern": "^(?=a)(a|aa)+$"}}
    kept, errors = check(fields, [{"x": value} for value in [*endless, "aaa", None, "b"]])
    assert (kept, len(errors)) == ([40, 41], 31)
    told = "of the field 'x' must be text that matches ^(?=a)(a|aa)+$ (and does so in bounded time)."
    assert all(told in error["message"] for error in errors)


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=20), st.integers(-100, 100))
def test_a_bound_holds_for_every_accepted_value(values, bound):
    kept, errors = check({"x": {"type": "integer", "minimum": bound}}, [{"x": value} for value in values])
    assert kept == [10 + n for n, value in enumerate(values) if value is None or value >= bound]
    assert len(kept) + len(errors) == len(values)
