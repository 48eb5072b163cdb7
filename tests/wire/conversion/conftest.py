"""A schema like the tutorial's, in the registry of the server under test."""

from typing import Any

import pytest

from wire_server import Api

REGISTRY = "/data/foundation/schemaregistry/tenant"
CLASS = "https://ns.adobe.com/xdm/context/profile"
INTEGER = {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991}
FIELDS = {
    "clicks": INTEGER,
    "pivotValue": {"type": "string"},
    "start": {"type": "object", "properties": {"day": INTEGER, "at": {"type": "string", "format": "date"}}},
}


def _field_group(fields: dict[str, Any]) -> dict[str, Any]:
    tenant = {"_extconndev": {"type": "object", "properties": fields}}
    return {
        "type": "object",
        "title": "Metrics",
        "meta:intendedToExtend": [CLASS],
        "definitions": {"customFields": {"type": "object", "properties": tenant}},
        "allOf": [{"$ref": "#/definitions/customFields"}],
    }


LISTS = {
    "pi": {
        "type": "array",
        "items": {"type": "object", "properties": {"names": {"type": "string"}, "kind": {"type": "string"}}},
    }
}


def _made(api: Api, title: str, fields: dict[str, Any]) -> str:
    group = api.post(f"{REGISTRY}/fieldgroups", json=_field_group(fields) | {"title": f"{title} fields"}).json()["$id"]
    schema = {"type": "object", "title": title, "allOf": [{"$ref": CLASS}, {"$ref": group}]}
    id: str = api.post(f"{REGISTRY}/schemas", json=schema).json()["$id"]
    return id


@pytest.fixture(scope="module")
def schema_id(api: Api) -> str:
    return _made(api, "Ads", FIELDS)


@pytest.fixture(scope="module")
def list_schema_id(api: Api) -> str:
    """A schema with an array of objects."""
    return _made(api, "Lists", LISTS)
