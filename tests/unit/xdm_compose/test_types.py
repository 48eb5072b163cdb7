"""meta:xdmType by JSON type, format and bounds."""

from typing import Any

import pytest

from headrace.xdm.annotating import annotated, xdm_type

LONG = 9007199254740992
CASES: list[tuple[dict[str, Any], str]] = [
    ({"type": "string"}, "string"),
    ({"type": "string", "format": "uri"}, "string"),
    ({"type": "string", "format": "date"}, "date"),
    ({"type": "string", "format": "date-time"}, "date-time"),
    ({"type": "number"}, "number"),
    ({"type": "boolean"}, "boolean"),
    ({"type": "integer"}, "int"),
    ({"type": "integer", "minimum": 0}, "byte"),
    ({"type": "integer", "minimum": -128, "maximum": 128}, "byte"),
    ({"type": "integer", "minimum": 1, "maximum": 32767}, "short"),
    ({"type": "integer", "minimum": -2147483648, "maximum": 2147483647}, "int"),
    ({"type": "integer", "minimum": -LONG, "maximum": LONG - 1}, "long"),
    ({"type": "integer", "minimum": -(LONG - 1), "maximum": LONG - 1}, "long"),
    ({"type": "integer", "maximum": 2147483649}, "long"),
    ({"type": "array", "items": {"type": "string"}}, "array"),
    ({"type": "object", "properties": {}}, "object"),
    ({"type": "object", "additionalProperties": {"type": "string"}}, "map"),
    ({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}, "object"),
    ({"type": "object"}, "object"),
]


@pytest.mark.parametrize(("node", "expected"), CASES)
def test_xdm_type(node: dict[str, Any], expected: str) -> None:
    assert xdm_type(node) == expected


def test_every_node_is_marked_and_what_a_client_claims_is_corrected() -> None:
    marked = annotated({"properties": {"a": {"type": "integer", "meta:xdmType": "string"}, "b": {}}}, lambda ref: None)
    assert marked["type"] == "object" and marked["meta:xdmType"] == "object"
    assert marked["properties"] == {"a": {"type": "integer", "meta:xdmType": "int"}, "b": {}}


def test_a_reference_takes_the_type_of_what_it_names() -> None:
    types = {"code": "string"}
    marked = annotated({"allOf": [{"$ref": "code"}, {"$ref": "other"}, {"$ref": "#/definitions/x"}]}, types.get)
    assert [part["meta:xdmType"] for part in marked["allOf"]] == ["string", "object", "object"]
