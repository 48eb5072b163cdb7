"""A schema like the tutorial's, in the registry of the server under test."""

import pytest

from wire_dataset import schema
from wire_server import Api

INTEGER = {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991}
FIELDS = {
    "clicks": INTEGER,
    "pivotValue": {"type": "string"},
    "start": {"type": "object", "properties": {"day": INTEGER, "at": {"type": "string", "format": "date"}}},
}
LISTS = {
    "pi": {
        "type": "array",
        "items": {"type": "object", "properties": {"names": {"type": "string"}, "kind": {"type": "string"}}},
    }
}


@pytest.fixture(scope="module")
def schema_id(api: Api) -> str:
    return schema(api, {"properties": FIELDS})


@pytest.fixture(scope="module")
def list_schema_id(api: Api) -> str:
    """A schema with an array of objects."""
    return schema(api, {"properties": LISTS})
