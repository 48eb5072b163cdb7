"""Every documented example of Data Prep, as cases: one by one by the reference, and as tables between other rows."""

import json
import re
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from headrace import mapping, xdm
from headrace.mapping.functions.declaring import Context
from headrace.mapping.reference import Scope, evaluator
from headrace.mapping.values import as_double, json_text

CASES = json.loads((Path(__file__).parents[2] / "cases" / "mapping" / "documented.json").read_text("utf-8"))
NOW = 1_660_107_600_000
# What does not pass, each with its reason.
WAITING = {
    "doc-mapping-001": "a dot that is not escaped always steps into an object; the page itself says to escape it",
    "doc-fpid_to_ecid-001": "how Adobe makes the one id of the other is not public",
}
EXPRESSIONS = [case for case in CASES if case["kind"] == "expression"]
MAPPINGS = [case for case in CASES if case["kind"] != "expression"]


def holds(case, value):
    expected = case["expected"]
    match case["compare"]:
        case "regex":
            return re.fullmatch(case["pattern"].strip("^$"), str(value)) is not None
        case "instant":
            return datetime.fromisoformat(value) == datetime.fromisoformat(expected)
        case "instant_second":
            return datetime.fromisoformat(value).replace(microsecond=0) == datetime.fromisoformat(expected)
        case "unordered":
            return sorted(value) == sorted(expected)
        case "loose":
            return str(value) == str(expected)
        case "float32":
            return value == pytest.approx(expected, rel=1e-7)
    return value == expected and isinstance(value, bool) == isinstance(expected, bool)


def waiting(case):
    if case["id"] in WAITING:
        pytest.xfail(WAITING[case["id"]])


@pytest.mark.parametrize("case", EXPRESSIONS, ids=lambda case: case["id"])
def test_expressions(case):
    waiting(case)
    scope = Scope(Context(NOW), as_double)
    value = evaluator(mapping.validate_expression(case["expression"]), scope)(case["data"])
    assert holds(case, json.loads(json_text(value)))


@pytest.mark.parametrize("case", EXPRESSIONS, ids=lambda case: case["id"])
def test_expressions_in_a_table(case):
    waiting(case)
    items = [{"sourceType": "EXPRESSION", "source": case["expression"], "destination": "value"}]
    compiled = mapping.compile_mapping(items, pa.schema([("value", type_of(case["expected"]))]), NOW)
    records = [{}, case["data"], case["data"], {}]
    table = pa.Table.from_pylist([{"_row": n, **record} for n, record in enumerate(records)], typed(case["data"]))
    made, reference = compiled.map_table(table), compiled.map_records(range(4), records)
    if case["compare"] != "regex":
        assert made.table.equals(reference.table)
    assert made.warnings == reference.warnings


@pytest.mark.parametrize("case", MAPPINGS, ids=lambda case: case["id"])
def test_mappings(case):
    waiting(case)
    target = xdm.arrow_schema(case["schema"]) if "schema" in case else schema_of(case["expected"])
    assert mapping.preview(case["mappings"], target, case["data"], NOW) == {"data": case["expected"], "errors": None}
    compiled = mapping.compile_mapping(case["mappings"], target, NOW)
    table = pa.Table.from_pylist([{"_row": 0, **case["data"]}], typed(case["data"]))
    assert compiled.map_table(table).table.equals(compiled.map_records([0], [case["data"]]).table)


def test_what_waits_is_known():
    assert set(WAITING) <= {case["id"] for case in CASES}


def type_of(value):
    return pa.list_(pa.string()) if value == [] else pa.string() if value is None else pa.array([value]).type


def schema_of(record):
    return pa.schema([(name, type_of(value)) for name, value in record.items()])


def typed(record):
    return pa.schema([("_row", pa.int64()), *schema_of(record)])
