"""A JSON Schema from sample records, in the shape that the tutorial's explore answers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from headrace.exact_json import has_whole_characters

Schema = dict[str, Any]

LOWEST = -9007199254740992
HIGHEST = 9007199254740991
_HOLLOW = {"description": "Without any field in every record that was read, so its fields are not known."}
_NO_ITEMS = {"type": "object", "properties": {}, "description": "Every array that was read is empty: no item is known."}


def schema_of(values: Sequence[Any]) -> Schema:
    """One node for all the values: nulls say nothing, and where kinds differ the wider one stands."""
    told = [value for value in values if value is not None]
    if not told:
        return {"description": "Null in every record that was read, so its type is not known."}
    if all(isinstance(value, dict) for value in told):
        return {"type": "object", "properties": _properties(told), **({} if any(told) else _HOLLOW)}
    if all(isinstance(value, list) for value in told):
        items = [item for value in told for item in value]
        return {"type": "array", "items": schema_of(items) if items else {**_NO_ITEMS}}
    return _scalar(told)


def _properties(objects: Sequence[dict[str, Any]]) -> dict[str, Schema]:
    # A name with half a character is no name that a schema can have.
    names = dict.fromkeys(name for one in objects for name in one if has_whole_characters(name))
    return {name: schema_of([one.get(name) for one in objects]) for name in names}


def _scalar(values: Sequence[Any]) -> Schema:
    if all(isinstance(value, bool) for value in values):
        return {"type": "boolean"}
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        exact = all(LOWEST <= value <= HIGHEST for value in values)
        return {"type": "integer", **({"minimum": LOWEST, "maximum": HIGHEST} if exact else {})}
    if all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in values):
        return {"type": "number"}
    return {"type": "string"}
