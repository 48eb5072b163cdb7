"""The functions and operators as Data Prep's listings describe them."""

import inspect
from datetime import datetime
from typing import Annotated, get_args, get_origin

from headrace.mapping.functions import FUNCTIONS, Function
from headrace.mapping.functions.declaring import Applied
from headrace.mapping.operators import OPERATORS
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


def functions_listing() -> list[dict[str, object]]:
    """Every function by name, aliases included, as ``GET /languages/el/functions`` lists them."""
    return [_described(name, FUNCTIONS[name]) for name in sorted(FUNCTIONS)]


def operators_listing() -> list[dict[str, object]]:
    """Every operator, as ``GET /languages/el/operators`` lists them."""
    return [
        {
            "operatorSymbol": operator.symbol,
            "methodName": operator.name,
            "numberOfOperands": operator.operands,
            "description": operator.description,
            "example": operator.example,
        }
        for operator in OPERATORS
    ]


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
