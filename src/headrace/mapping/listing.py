"""The functions and operators as Data Prep's listings describe them."""

import inspect
from datetime import datetime
from typing import Annotated, get_args, get_origin

from headrace.mapping.functions import FUNCTIONS, Function
from headrace.mapping.functions.declaring import Applied
from headrace.mapping.regex_time import Regex
from headrace.mapping.values import json_text

# annotation -> (type, Java class)
_TYPES: dict[object, tuple[str, str]] = {
    str: ("string", "java.lang.String"),
    Regex: ("string", "java.lang.String"),
    int: ("integer", "java.lang.Long"),
    float: ("number", "java.lang.Double"),
    bool: ("boolean", "java.lang.Boolean"),
    datetime: ("string", "java.time.ZonedDateTime"),
    list[object]: ("array", "java.util.List"),
    dict[str, object]: ("object", "java.util.Map"),
    Applied: ("object", "java.util.function.Function"),
}
_ANY = ("object", "java.lang.Object")
_OPERATORS = (
    ("+", "add", 2, "Adds two numbers, or joins two texts.", "1 + 2"),
    ("-", "subtract", 2, "Takes the second number from the first.", "3 - 2"),
    ("*", "multiply", 2, "Multiplies two numbers.", "2 * 3"),
    ("/", "divide", 2, "Divides the first number by the second; two whole numbers give a whole number.", "6 / 3"),
    ("%", "mod", 2, "The rest of a division; also written mod.", "7 % 3"),
    ("-", "negate", 1, "Turns a number's sign around.", "-12"),
    ("+", "positivize", 1, "A number, as it is.", "+12"),
    ("~", "complement", 1, "The two's complement: ~33 is -34.", "~44"),
    ("!", "not", 1, "Whether a condition does not hold; also written not.", "!cond1"),
    ("==", "equals", 2, "Whether two values are equal; also written eq.", "a == b"),
    ("!=", "notEquals", 2, "Whether two values differ; also written ne.", "a != b"),
    ("<", "lessThan", 2, "Whether the first value is less; also written lt.", "a < b"),
    ("<=", "lessThanOrEqual", 2, "Whether the first value is less or equal; also written le.", "a <= b"),
    (">", "greaterThan", 2, "Whether the first value is greater; also written gt.", "a > b"),
    (">=", "greaterThanOrEqual", 2, "Whether the first value is greater or equal; also written ge.", "a >= b"),
    ("=~", "contains", 2, "Whether the value is in the array, or matches the regular expression.", "a =~ ['x', 'y']"),
    ("!~", "notContains", 2, "Whether the value is not in the array, or does not match.", "a !~ 'x.*'"),
    ("=^", "startsWith", 2, "Whether a text starts with another.", "a =^ 'x'"),
    ("!^", "notStartsWith", 2, "Whether a text does not start with another.", "a !^ 'x'"),
    ("=$", "endsWith", 2, "Whether a text ends with another.", "a =$ 'x'"),
    ("!$", "notEndsWith", 2, "Whether a text does not end with another.", "a !$ 'x'"),
    ("&&", "and", 2, "Whether both conditions hold; also written and.", "a && b"),
    ("||", "or", 2, "Whether one of the conditions holds; also written or.", "a || b"),
    ("?:", "elvis", 2, "The first value if it holds, else the second.", "a ?: b"),
    ("??", "coalesce", 2, "The first value unless it is null, else the second.", "a ?? b"),
    ("&", "bitwiseAnd", 2, "The bits that both numbers have.", "6 & 3"),
    ("|", "bitwiseOr", 2, "The bits that either number has.", "6 | 3"),
    ("^", "bitwiseXor", 2, "The bits that one of the numbers has.", "6 ^ 3"),
    ("<<", "shiftLeft", 2, "Moves bits to the left.", "1 << 2"),
    (">>", "shiftRight", 2, "Moves bits to the right, keeping the sign.", "8 >> 2"),
    (">>>", "shiftRightUnsigned", 2, "Moves bits to the right, filling with zeros.", "8 >>> 2"),
    ("empty", "empty", 1, "Whether a value is null or has nothing in it.", "empty(a)"),
    ("size", "size", 1, "How many letters, elements or keys a value has.", "size(a)"),
)


def functions_listing() -> list[dict[str, object]]:
    """Every function by name, aliases included, as ``GET /languages/el/functions`` lists them."""
    return [_described(name, FUNCTIONS[name]) for name in sorted(FUNCTIONS)]


def operators_listing() -> list[dict[str, object]]:
    """Every operator, as ``GET /languages/el/operators`` lists them."""
    members = ("operatorSymbol", "methodName", "numberOfOperands", "description", "example")
    return [dict(zip(members, one, strict=True)) for one in _OPERATORS]


def _described(name: str, one: Function) -> dict[str, object]:
    example, result = next(iter(one.examples.items()), (f"{name}()", None))
    returned, java = _type(one, "return")
    listed = ", ".join(_java(one, parameter) for parameter in one.parameters)
    return {
        "category": one.category,
        "function": name,
        "description": one.description,
        "syntax": f"{_short(java)} {name}({listed})",
        "returns": returned,
        "returnType": java,
        "example": example,
        "result": json_text(result),
        "params": [_parameter(one, parameter, n) for n, parameter in enumerate(one.parameters, 1)],
        "since": 1,
    }


def _parameter(one: Function, parameter: inspect.Parameter, position: int) -> dict[str, object]:
    kind, java = _type(one, parameter.name)
    many = "any number of values" if parameter.kind is parameter.VAR_POSITIONAL else "one value"
    needed = "optional" if parameter.default is not parameter.empty else "needed"
    return {
        "name": parameter.name.upper(),
        "description": f"{many}, {needed}",
        "type": kind,
        "dataType": java,
        "position": position,
    }


def _java(one: Function, parameter: inspect.Parameter) -> str:
    java = _short(_type(one, parameter.name)[1])
    return f"{java}..." if parameter.kind is parameter.VAR_POSITIONAL else f"{java} {parameter.name}"


def _short(java: str) -> str:
    return java.rpartition(".")[2]


def _type(one: Function, name: str) -> tuple[str, str]:
    hint = one.hints.get(name)
    read = next((get_args(kind)[0] for kind in (hint, *get_args(hint)) if get_origin(kind) is Annotated), None)
    if read is not None:
        # What is read from a word is given as a text.
        return _TYPES.get(read, _TYPES[str])
    matching = (described for kind, described in _TYPES.items() if hint == kind or hint == _or_none(kind))
    return next(matching, _ANY)


def _or_none(kind: object) -> object:
    return None if kind is Applied else kind | None  # type: ignore[operator]
