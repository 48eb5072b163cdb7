"""Whether a body is a schema at all: every member in its place and of its type."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from headrace.errors import ResourceInvalid

Problem = dict[str, Any]

MOST_LEVELS = 200
MOST_TOLD = 5
JSON_TYPES = ("string", "number", "integer", "boolean", "array", "object")
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
TEXTS = ("title", "description", "format", "$ref", "meta:headraceType")


def problem(path: str, keyword: str, message: str, *arguments: object) -> Problem:
    """One entry of ``sub-errors``."""
    return {"path": path or "$", "type": keyword, "arguments": list(arguments), "message": message}


def require(found: list[Problem]) -> None:
    """ResourceInvalid naming all of ``found``, unless it is empty."""
    if found:
        raise ResourceInvalid(" ".join(one["message"] for one in found[:MOST_TOLD]), problems=found)


def require_shallow(body: object) -> None:
    """ResourceInvalid when JSON is nested deeper than any resource needs to be."""
    level, depth = [body], 0
    while level:
        depth += 1
        if depth > MOST_LEVELS:
            message = f"The body is nested more than {MOST_LEVELS} levels deep."
            require([problem("$", "depth", message, MOST_LEVELS)])
        level = [inner for value in level for inner in _inner(value)]


def _inner(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []


def problems(node: object, path: str = "$") -> Iterator[Problem]:
    """Everything wrong with the form of a schema and the schemas inside it."""
    if not isinstance(node, Mapping):
        yield problem(path, "type", f"{path} must be an object that describes a field.", "object")
        return
    for key, value in node.items():
        check = _CHECKS.get(key)
        if check is not None and (wrong := check(value)):
            yield problem(f"{path}.{key}", "type", f"{path}.{key} {wrong}, not {value!r:.80}.", wrong)
        elif key in _INNER:
            yield from _INNER[key](value, f"{path}.{key}")


def _named(value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield problem(path, "type", f"{path} must be an object of fields by name.", "object")
        return
    for name, child in value.items():
        yield from problems(child, f"{path}.{name}")


def _listed(value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield problem(path, "type", f'{path} must be an array of parts such as {{"$ref": "…"}}.', "array")
        return
    for n, child in enumerate(value):
        yield from problems(child, f"{path}[{n}]")


def _values(value: object, path: str) -> Iterator[Problem]:
    return iter(()) if isinstance(value, bool) else problems(value, path)


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "must be text"


def _number(value: object) -> str:
    return "" if isinstance(value, int | float) and not isinstance(value, bool) else "must be a number"


def _count(value: object) -> str:
    counts = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if counts else "must be a whole number of at least 0"


def _json_type(value: object) -> str:
    return "" if value in JSON_TYPES else f"must be one of {', '.join(JSON_TYPES)}"


def _texts(value: object) -> str:
    fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "" if fits else "must be an array of texts"


def _enum(value: object) -> str:
    return "" if isinstance(value, list) and value else "must be an array of at least one value"


def _labels(value: object) -> str:
    return "" if isinstance(value, Mapping) else "must be an object of labels by value"


def _pattern(value: object) -> str:
    if not isinstance(value, str):
        return _text(value)
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return "must be a regular expression"
    return ""


_CHECKS: Mapping[str, Callable[[object], str]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(COUNTS, _count),
    "type": _json_type,
    "required": _texts,
    "meta:intendedToExtend": _texts,
    "meta:immutableTags": _texts,
    "meta:extends": _texts,
    "enum": _enum,
    "meta:enum": _labels,
    "pattern": _pattern,
}
_INNER: Mapping[str, Callable[[object, str], Iterator[Problem]]] = {
    "properties": _named,
    "definitions": _named,
    "allOf": _listed,
    "items": problems,
    "additionalProperties": _values,
}
