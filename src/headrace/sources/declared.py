"""The fields of a record that a spec declares, from its schema of a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from headrace.sources.exploding import inside
from headrace.sources.paths import Path, parse_path
from headrace.sources.spec import Content, Extraction

Schema = dict[str, Any]


def record_schema(spec: Mapping[str, Any], view: Extraction) -> Schema | None:
    """The JSON Schema of a record in wrapper form; None where the spec declares none.

    ``sourceSpec.schema`` describes a page and is taken apart as pages are. One that has no array at the content path
    describes a record already.
    """
    declared: Schema | None = (spec.get("sourceSpec") or {}).get("schema")
    if not declared:
        return None
    array = _at(declared, view.content.path)
    element = (array or {}).get("items")
    if not isinstance(element, Mapping):
        return declared
    element = _renamed(_exploded(element, view), view.extension.rename)
    if not view.content.wrapper:
        return element
    return {"type": "object", "properties": {**_siblings(declared, view.content), view.content.wrapper: element}}


def is_declared(path: Sequence[str | int | None], schema: Schema) -> bool:
    """Whether a record schema knows a path; what it says nothing of, it does not deny."""
    node: Any = schema
    for step in path:
        below = _properties(node) if isinstance(step, str) else _items(node)
        if not below:
            return True
        if isinstance(step, str):
            if step not in below:
                return False
            below = below[step]
        node = below
    return True


def _at(schema: Any, path: Path) -> Schema | None:
    """The schema of what is at a path; None where it says nothing of it."""
    for step in path:
        schema = _properties(schema).get(step) if isinstance(step, str) else _items(schema)
    return schema if isinstance(schema, dict) else None


def _properties(schema: Any) -> Mapping[str, Any]:
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _items(schema: Any) -> Any:
    return schema.get("items") if isinstance(schema, Mapping) else None


def _siblings(declared: Schema, content: Content) -> dict[str, Any]:
    if not content.path or not isinstance(content.path[-1], str):
        return {}
    beside = _properties(_at(declared, content.path[:-1]))
    return {name: below for name, below in beside.items() if name != content.path[-1] and content.keeps(name)}


def _exploded(element: Mapping[str, Any], view: Extraction) -> Schema:
    if view.explode is None:
        return dict(element)
    return _replaced(element, inside(view.explode, view.content), view.explode)


def _replaced(element: Any, inner: Path, explode: Content) -> Schema:
    """The schema of an element whose inner array gave way to one item of it."""
    fields, head = dict(_properties(element)), str(inner[0])
    below = fields.get(head)
    if len(inner) > 1:
        fields[head] = _replaced(below, inner[1:], explode)
    else:
        fields = {name: schema for name, schema in fields.items() if name != head and explode.keeps(name)}
        fields[explode.wrapper] = _items(below) or {}
    return {"type": "object", "properties": fields}


def _renamed(element: Schema, names: Mapping[str, str]) -> Schema:
    if not names:
        return element
    fields = dict(_properties(element))
    for name, path in names.items():
        steps = parse_path(path)
        below = _at(element, steps)
        if below is not None:
            fields.pop(str(steps[0]), None)
            fields[name] = below
    return {"type": "object", "properties": fields}
