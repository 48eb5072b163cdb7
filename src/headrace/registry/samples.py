"""A record that a schema accepts, made up from its fields."""

from collections.abc import Callable, Mapping
from typing import Any

from headrace.registry.resource import Body
from headrace.xdm.walking import Node

FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T10:15:30.000Z",
    "email": "name@example.com",
    "uri": "https://example.com/a",
    "uri-reference": "/a",
    "time": "10:15:30Z",
}


def record(full: Node) -> Body:
    """One record with every field; the same schema always gives the same one."""
    return {name: _value(field) for name, field in full.get("properties", {}).items()}


def _value(field: Node) -> object:
    if "enum" in field:
        return field["enum"][0]
    if "default" in field:
        return field["default"]
    return _MAKERS.get(str(field.get("type")), _text)(field)


def _text(field: Node) -> str:
    shown = next(iter(field.get("meta:enum", ())), None) or FORMATS.get(str(field.get("format")), "sample")
    least, most = int(field.get("minLength", 0)), int(field.get("maxLength", len(shown) + 100))
    return str(shown)[:most].ljust(min(least, 1000), "x")


def _number(field: Node) -> float:
    low: float = field.get("minimum", 0)
    high: float = field.get("maximum", 100)
    return low if low > 0 else min(high, 1)


def _list(field: Node) -> list[object]:
    items = field.get("items")
    return [_value(items)] if isinstance(items, Mapping) else []


def _object(field: Node) -> Any:
    values = field.get("additionalProperties")
    if "properties" not in field and isinstance(values, Mapping):
        return {"key": _value(values)}
    return record(field)


def _flag(_field: Node) -> bool:
    return True


_MAKERS: Mapping[str, Callable[[Node], object]] = {
    "string": _text,
    "number": _number,
    "integer": _number,
    "boolean": _flag,
    "array": _list,
    "object": _object,
}
