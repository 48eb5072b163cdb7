"""The expression language, by cases as data: values, failures, and errors with their place."""

import json
from pathlib import Path

import pytest

from headrace.errors import MappingSyntax
from headrace.mapping import validate_expression
from headrace.mapping.expressions import fault_of
from headrace.mapping.failure import Failure
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.declaring import Context
from headrace.mapping.parser import DEEPEST, LONGEST, parse_expression
from headrace.mapping.reference import Scope, evaluator
from headrace.mapping.values import as_double, json_text

CASES = Path(__file__).parents[2] / "cases" / "mapping"
NOW = 1_660_107_600_000


def cases(name):
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def value_of(expression, data=None):
    scope = Scope(Context(NOW), as_double)
    value = evaluator(parse_expression(expression), scope)(data or {})
    return value if isinstance(value, Failure) else json.loads(json_text(value))


@pytest.mark.parametrize(
    "case", [*cases("expressions"), *cases("dates"), *cases("paths")], ids=lambda case: case["expression"]
)
def test_expressions(case):
    value = value_of(case["expression"], case["data"])
    # What would fail on any record is told at creation; the rest is up to the record.
    assert (fault_of(case["expression"]) is not None) == (case.get("fails") == "at creation")
    if case.get("fails"):
        assert isinstance(value, Failure)
        assert value.reason
    else:
        assert (type(value), value) == (type(case["expected"]), case["expected"]) or value == case["expected"]
        assert isinstance(value, bool) == isinstance(case["expected"], bool)


EXAMPLES = [(name, *example) for name, one in FUNCTIONS.items() for example in one.examples.items()]


@pytest.mark.parametrize(("name", "expression", "expected"), EXAMPLES, ids=[one[1] for one in EXAMPLES])
def test_the_examples_of_every_function(name, expression, expected):
    assert fault_of(expression) is None
    assert value_of(expression) == expected


def test_every_function_says_what_it_does_and_shows_it():
    for name, one in FUNCTIONS.items():
        assert one.description.endswith("."), name
        assert one.examples or one.contextual, name


@pytest.mark.parametrize("case", cases("syntax_errors"), ids=lambda case: case["expression"])
def test_errors_name_their_place(case):
    with pytest.raises(MappingSyntax, match=case["says"]) as raised:
        validate_expression(case["expression"])
    facts = raised.value.facts
    assert (facts["line"], facts["column"]) == (case["line"], case["column"])


def test_limits_of_length_and_depth():
    with pytest.raises(MappingSyntax, match="at most 4096 characters"):
        validate_expression("1" + " " * LONGEST)
    with pytest.raises(MappingSyntax, match="levels deep"):
        validate_expression("-" * (DEEPEST + 1) + "1")
    assert value_of("-" * (DEEPEST - 1) + "1") == -1
    assert value_of("(" * 1000 + "1" + ")" * 1000) == 1
