"""What breaks a schema in use, and what does not."""

from typing import Any

import pytest

from headrace.xdm.evolution import breaks

TEXT = {"type": "string"}
LONG = {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740991, "meta:xdmType": "long"}
INT = {"type": "integer", "meta:xdmType": "int"}
SHORT = {"type": "integer", "minimum": -32768, "maximum": 32768, "meta:xdmType": "short"}
BOUNDED = {"type": "integer", "minimum": 0, "maximum": 100, "meta:xdmType": "byte"}
MONEY = {"type": "number", "meta:headraceType": "decimal(38,18)"}


def holding(field: dict[str, Any] | None, required: bool = False) -> dict[str, Any]:
    fields = {"kept": TEXT} | ({"f": field} if field is not None else {})
    return {"type": "object", "properties": fields} | ({"required": ["f"]} if required else {})


ALLOWED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a new field", holding(None), holding(TEXT)),
    ("a new required field", holding(None), holding(TEXT, required=True)),
    ("no longer required", holding(TEXT, required=True), holding(TEXT)),
    ("another title", holding({**TEXT, "title": "a"}), holding({**TEXT, "title": "b", "description": "c"})),
    ("more enum values", holding({**TEXT, "enum": ["a"]}), holding({**TEXT, "enum": ["a", "b"]})),
    ("no enum any more", holding({**TEXT, "enum": ["a"]}), holding(TEXT)),
    ("suggestions", holding(TEXT), holding({**TEXT, "meta:enum": {"a": "A"}})),
    ("deprecation", holding(TEXT), holding({**TEXT, "meta:status": "deprecated"})),
    ("a wider integer", holding(INT), holding(LONG)),
    ("a wider range", holding(BOUNDED), holding({**BOUNDED, "minimum": -5, "maximum": 120})),
    ("a longer text", holding({**TEXT, "maxLength": 5}), holding({**TEXT, "maxLength": 6})),
    ("an item's new field", holding({"type": "array", "items": holding(None)}),
     holding({"type": "array", "items": holding(TEXT)})),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new"), ALLOWED, ids=[case[0] for case in ALLOWED])
def test_additions_are_free(name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert list(breaks(old, new)) == []


BREAKING: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("is removed", holding(TEXT), holding(None)),
    ("changes its type from string to integer", holding(TEXT), holding(INT)),
    ("from string to date", holding(TEXT), holding({**TEXT, "format": "date", "meta:xdmType": "date"})),
    ("from number to number (decimal(38,18))", holding({"type": "number"}), holding(MONEY)),
    ("becomes required", holding(TEXT), holding(TEXT, required=True)),
    ("narrows from long to int", holding(LONG), holding(INT)),
    ("narrows from int to short", holding(INT), holding(SHORT)),
    ("narrows its range", holding(BOUNDED), holding({**BOUNDED, "maximum": 90})),
    ("accepts fewer values", holding({**TEXT, "enum": ["a", "b"]}), holding({**TEXT, "enum": ["a"]})),
    ("accepts fewer values", holding(TEXT), holding({**TEXT, "enum": ["a"]})),
    ("lowers maxLength", holding({**TEXT, "maxLength": 6}), holding({**TEXT, "maxLength": 5})),
    ("raises minLength", holding(TEXT), holding({**TEXT, "minLength": 1})),
    ("lowers maximum", holding({"type": "number"}), holding({"type": "number", "maximum": 3})),
    ("must match another pattern", holding(TEXT), holding({**TEXT, "pattern": "^a"})),
]


@pytest.mark.parametrize(("message", "old", "new"), BREAKING)
def test_what_breaks_is_named_by_path(message: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    found = list(breaks(old, new))
    assert [one.path for one in found] == ["/f"] and message in found[0].message


def fields(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(names, TEXT)}


TWINS = [
    (fields("k"), fields("k", "K"), [("/K", "'k'")]),
    (fields("k"), fields("K", "k"), [("/K", "'k'")]),
    (fields(), fields("id", "ID"), [("/id", "'ID'"), ("/ID", "'id'")]),
    (fields("id"), fields("id", "Id", "ID"), [("/Id", "'id' and 'ID'"), ("/ID", "'id' and 'Id'")]),
    (fields("k", "K"), fields("k", "K", "l"), []),
]


@pytest.mark.parametrize(("old", "new", "named"), TWINS)
def test_a_new_field_is_not_another_one_in_other_letters(
    old: dict[str, Any], new: dict[str, Any], named: list[tuple[str, str]]
) -> None:
    found = list(breaks(old, new))
    assert [one.path for one in found] == [path for path, _ in named]
    assert all(other in one.message for one, (_, other) in zip(found, named, strict=True))


NESTED = [("items", "/f[*]/f"), ("additionalProperties", "/f{*}/f")]


@pytest.mark.parametrize(("key", "path"), NESTED)
def test_items_and_map_values_are_looked_into(key: str, path: str) -> None:
    kind = "array" if key == "items" else "object"
    old, new = (holding({"type": kind, key: holding(field)}) for field in (TEXT, INT))
    assert [one.path for one in breaks(old, new)] == [path]
