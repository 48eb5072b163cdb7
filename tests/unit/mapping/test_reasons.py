"""Whatever values a function, a method or an operator is given: a value, or a reason in words of our own."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from headrace.mapping.failure import Failure
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.declaring import Context
from headrace.mapping.methods import METHODS
from headrace.mapping.nodes import ArrayOf, Binary, Call, Field, Index, Lambda, MapOf, Method, Node, Unary, children
from headrace.mapping.operators import BINARY, UNARY
from headrace.mapping.parser import parse_expression
from headrace.mapping.reference import Scope, evaluator
from headrace.mapping.values import as_double, as_exact, json_text

pytestmark = pytest.mark.slow

# Names of exceptions, and how Python and the libraries put things.
FOREIGN = re.compile(
    r"\b\w*(Error|Exception)\b|Inexact|InvalidOperation|Python int|must be in|out of range|invalid literal|codec"
    r"|decimal\.|not supported|convert|NoneType|argument [0-9]|can't|recursion|surrogate|digits\) for",
)
CONTEXTS = [Context(0, exact) for exact in (False, True)]


def nested(depth, wrap):
    value = 1
    for _ in range(depth):
        value = wrap(value)
    return value


ODD = [
    None, True, False, 0, -1, 13, 400, 2**31, 2**63, -(2**63) - 1, 10**30, 10**400, 10**5000, -(10**5000),
    0.0, -0.0, 0.5, 1e308, -1e308, 5e-324, float("inf"), float("-inf"), float("nan"),
    Decimal("1e400"), Decimal("1e9999"), Decimal("-1e-9999"), Decimal("1." + "1" * 500),
    Decimal("NaN"), Decimal("Infinity"),
    "", " ", "x", "\x00", "\ud83d", "a\udc00b", "😀", "ß", "İ", "9" * 400, "1" * 5000, "1e400", "-1e9999",
    "1e99999", "NaN",
    "0x10", "1_000", "٣", "%", "%ff", "%zz", "%ed%a0%80", "$9", "\\", "[", "(", "(?<n>", "a" * 5000, "(" * 300,
    "http://", "http://[::1", "http://[::1]:99999/", "http://a:x/", "http://a:99999999999999999999/",
    "http://ａ．ｂ/", "//a",
    "http://\u2100.com/", "http://a.b/?" + "&" * 50 + "=#",
    "{", "[" * 5000, '{"a":' * 5000, "[1e99999999999999999999]", "[" + "9" * 5000 + "]", '"\\ud83d"', "nul",
    "[1,]", '{"a":1e400}',
    "2021-02-30", "0000-01-01", "0001-01-01", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00", "2021-13-01",
    "yyyy yyyy", "yyyy uuuu", "MM L", "'", "d" * 600, "b", "+18:00", "+18:01", "Europe/Paris", "../etc/passwd", "month",
    "event1=:::", ";;;;;", "|=|", "UTF-16", "sha1", "retain",
    datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    [], [None], ["a", 1, None], [[]], {}, {"": None}, {"a": {"b": [1]}},
    nested(500, lambda value: [value]), nested(500, lambda value: {"a": value}), nested(20000, lambda value: [value]),
]  # fmt: skip
PAIRS = [pair for left in ODD for right in ODD[::5] for pair in ([left, right], [right, left])]
FIELDS = [(f"v{n}",) for n in range(9)]


def assert_own_words(node, values):
    """``node`` of the fields v0, v1 … has a value, or a reason of our own, whatever the numbers are read as."""
    record = {f"v{n}": value for n, value in enumerate(values)}
    for context in CONTEXTS:
        made = evaluator(node, Scope(context, lambda value: value))(record)
        if isinstance(made, Failure):
            assert made.reason or made.expected
            assert not FOREIGN.search(made.reason), (made.reason, node, str(values)[:200])
        else:
            json_text(made)


def usual_arguments(name, function):
    """The arguments of the function's examples, worked out, one list each."""
    for example in function.examples:
        for call in calls(parse_expression(example)):
            if FUNCTIONS[call.name] is function and not any(isinstance(one, Lambda) for one in call.arguments):
                yield [evaluator(one, Scope(CONTEXTS[0], as_double))({}) for one in call.arguments]


def calls(node):
    if isinstance(node, Call):
        yield node
    for child in children(node):
        yield from calls(child)


def altered(usual):
    """``usual`` with each odd value in each place, and in all places."""
    for odd in ODD:
        yield [odd] * len(usual)
        for position in range(len(usual)):
            yield [*usual[:position], odd, *usual[position + 1 :]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    function = FUNCTIONS[name]
    for usual in usual_arguments(name, function):
        node = Call(name, tuple(map(Field, FIELDS[: len(usual)])))
        for values in altered(usual):
            assert_own_words(node, values)


@pytest.mark.parametrize("name", METHODS)
def test_methods(name):
    method = METHODS[name]
    for given in range(method.fewest, method.most + 1):
        node = Method(Field(FIELDS[0]), name, tuple(map(Field, FIELDS[1 : given + 1])))
        for values in altered(["abc", *(["a"] * given)]):
            assert_own_words(node, values)
        for values in altered(["abc", *([1] * given)]):
            assert_own_words(node, values)


@pytest.mark.parametrize("operator", BINARY)
def test_binary_operators(operator):
    node = Binary(operator, Field(FIELDS[0]), Field(FIELDS[1]))
    for values in PAIRS:
        assert_own_words(node, values)


@pytest.mark.parametrize("operator", UNARY)
def test_unary_operators(operator):
    for odd in ODD:
        assert_own_words(Unary(operator, Field(FIELDS[0])), [odd])


def test_arrays_objects_and_their_elements():
    first, second = map(Field, FIELDS[:2])
    nodes: list[Node] = [Index(first, second), MapOf(((first, second),)), ArrayOf((first, second))]
    for node in nodes:
        for values in PAIRS:
            assert_own_words(node, values)


@pytest.mark.parametrize("read", [as_double, as_exact])
def test_lambdas(read):
    for text in ("filterArray(v0, x -> x > v1)", "transformArray(v0, x -> x / v1)"):
        for odd in ODD:
            assert_own_words(parse_expression(text), [[1, odd], odd])
