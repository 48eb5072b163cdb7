"""The switches of a mapping set, and the required fields that a strict one must map."""

import pytest

from headrace.dataprep import drafts
from headrace.dataprep.options import Options, options, unmapped
from headrace.errors import MappingSetInvalid

TEXT = {"type": "string"}
FULL = {
    "type": "object",
    "required": ["id", "who"],
    "properties": {
        "id": TEXT,
        "who": {"type": "object", "required": ["name"], "properties": {"name": TEXT, "age": TEXT}},
        "parts": {
            "type": "array",
            "items": {"type": "object", "required": ["key"], "properties": {"key": TEXT, "a.b": TEXT}},
        },
        "other": {"type": "object", "required": ["x"], "properties": {"x": TEXT}},
    },
}


def draft(*destinations):
    items = [{"source": "a", "destination": one} for one in destinations]
    return drafts.read({"xdmSchema": "_t.schemas.1", "mappings": items})


@pytest.mark.parametrize(
    ("destinations", "left"),
    [
        ([], ["id", "who"]),
        (["id", "who"], []),
        (["id", "who.name"], []),
        (["id", "who.age"], ["who.name"]),
        (["id", "who", "who.age"], []),
        (["id", "who", "parts[*].a\\.b"], ["parts.key"]),
        (["id", "who", "parts[0].key", "parts[0].a\\.b"], []),
        (["id", "who", "parts"], []),
    ],
)
def test_what_is_left_out(destinations, left):
    assert unmapped(draft(*destinations), FULL) == left


def test_switches():
    assert options({}) == options({"strictMapping": None}) == Options(strict=False, nulls=False)
    assert options({"strictMapping": True, "allowNullValues": True}) == Options(strict=True, nulls=True)
    with pytest.raises(MappingSetInvalid, match="allowNullValues: must be true or false"):
        options({"allowNullValues": "yes"})
