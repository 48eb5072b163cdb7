"""Which required fields a mapping set leaves out, held to what the check of a run would miss."""

import pytest

from headrace.dataprep import drafts
from headrace.dataprep.completeness import advised, demanded, unmapped

TEXT = {"type": "string"}
NAMED = {"type": "object", "required": ["key"], "properties": {"key": TEXT, "a.b": TEXT}}
FULL = {
    "type": "object",
    "required": ["id", "who", "gone"],
    "properties": {
        "id": TEXT,
        "who": {"type": "object", "required": ["name"], "properties": {"name": TEXT, "age": TEXT, "home": NAMED}},
        "parts": {"type": "array", "items": NAMED},
        "rows": {"type": "array", "items": {"type": "array", "items": NAMED}},
        "groups": {"type": "object", "additionalProperties": {"type": "array", "items": NAMED}},
        "other": {"type": "object", "required": ["x"], "properties": {"x": TEXT}},
    },
}
WHOLE = ("id", "who")


def draft(*destinations, **switches):
    items = [{"source": "a", "destination": one} for one in destinations]
    return drafts.read({"xdmSchema": "_t.schemas.1", "mappings": items, **switches})


@pytest.mark.parametrize(
    ("destinations", "left"),
    [
        ((), ["id", "who"]),
        (WHOLE, []),
        (("id", "who.name"), []),
        (("id", "who.age"), ["who.name"]),
        (("id", "who.home.a\\.b"), ["who.name", "who.home.key"]),
        # A copied object may have all of its fields.
        ((*WHOLE, "who.age"), []),
        ((*WHOLE, "who.home.a\\.b"), []),
        # An object that is not required is missed only when something fills it.
        ((*WHOLE, "other"), []),
        ((*WHOLE, "other.x"), []),
        # Each element of an array is an object of its own.
        ((*WHOLE, "parts"), []),
        ((*WHOLE, "parts[*]"), []),
        ((*WHOLE, "parts[*].a\\.b"), ["parts[*].key"]),
        ((*WHOLE, "parts.a\\.b"), ["parts[0].key"]),
        ((*WHOLE, "parts.key", "parts[0].a\\.b"), []),
        ((*WHOLE, "parts[0].key", "parts[1].a\\.b"), ["parts[1].key"]),
        ((*WHOLE, "rows[*][0].a\\.b"), ["rows[*][0].key"]),
        # So is each value of a map.
        ((*WHOLE, "groups.ECID"), []),
        ((*WHOLE, "groups.ECID[0].a\\.b", "groups.Email[0].key"), ["groups.ECID[0].key"]),
        # What the schema does not have, or nobody can read, is told elsewhere.
        ((*WHOLE, "nothing.x", "who..x", "id.x", "id[0]"), []),
    ],
)
def test_what_is_left_out(destinations, left):
    assert unmapped(draft(*destinations).items, FULL) == left


def test_only_a_strict_set_must_be_complete():
    assert demanded(draft("id"), FULL) == []
    ((path, told),) = demanded(draft("id", strictMapping=True), FULL)
    assert path == "who" and told.startswith("who is required by the schema")


def test_a_lax_set_is_warned():
    (warning,) = advised(["who.name"])
    assert warning["field"] == "mappings" and warning["message"].startswith("who.name is required by the schema")
