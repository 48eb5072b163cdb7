"""Objects and maps: made from pairs, merged, asked for their keys."""

from collections.abc import Sequence

from headrace.mapping import vector_choices
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import as_text, function
from headrace.mapping.values import type_name

OBJECTS = "Hierarchies - Objects"
MAPS = "Hierarchies - Map"


@function(
    OBJECTS,
    "to_object(KEY_1, VALUE_1, ...)",
    {'to_object("firstName", "John", "lastName", "Doe")': {"firstName": "John", "lastName": "Doe"}},
)
def to_object(*pairs: object) -> dict[str, object]:
    """An object of keys and values in turn."""
    return _paired(pairs)


@function(
    MAPS,
    "to_map(KEY_1, VALUE_1, ...)",
    {'to_map("firstName", "John", "lastName", "Doe")': {"firstName": "John", "lastName": "Doe"}},
)
def to_map(*pairs: object) -> dict[str, object]:
    """A map of keys and values in turn."""
    return _paired(pairs)


@function(
    OBJECTS,
    "object_to_map(KEY_1, VALUE_1, ... | OBJECT | OBJECT_ARRAY, ATTRIBUTE)",
    {
        'object_to_map("a", 1)': {"a": 1},
        'object_to_map({"a": 1})': {"a": 1},
        "object_to_map([{'type': 'home', 'no': 1}, {'type': 'work', 'no': 2}], type)": {
            "home": {"type": "home", "no": 1},
            "work": {"type": "work", "no": 2},
        },
    },
    named=True,
)
def object_to_map(names: Sequence[str | None], *pairs: object) -> object:
    """A map of keys and values in turn, of one object's fields, or of objects by one of their attributes."""
    if len(pairs) == 1:
        if not isinstance(pairs[0], dict | None):
            raise Failed(f"{type_name(pairs[0])} is no object; give an object, or keys and values in turn")
        return pairs[0]
    if len(pairs) == 2 and isinstance(pairs[0], list):
        return _by_attribute(pairs[0], names[1] or as_text(pairs[1]))
    if len(pairs) == 2 and pairs[0] is None:
        return None
    return _paired(pairs)


@function(
    MAPS,
    "array_to_map(INPUTS, KEY)",
    {
        "array_to_map([{'type': 'home', 'no': 1}, {'type': 'work', 'no': 2}], 'type').get('work')": {
            "type": "work",
            "no": 2,
        }
    },
)
def array_to_map(inputs: list[object], key: str) -> dict[str, object]:
    """A map of an array's objects by the value that each has under KEY; objects without one are left out."""
    return _by_attribute(inputs, key)


@function(
    OBJECTS, "get_keys(OBJECT)", {'get_keys({"book1": "Pride and Prejudice", "book2": "1984"})': ["book1", "book2"]}
)
def get_keys(object: dict[str, object]) -> list[object]:
    """The names of an object's fields."""
    return list(object)


@function(
    OBJECTS,
    "map_get_values(MAP, KEY)",
    {'map_get_values({"a": 1, "b": 2}, "b")': 2, 'map_get_values({"a": 1, "b": 1}, ["a", "b"])': [1]},
)
def map_get_values(map: dict[str, object], key: object) -> object:
    """The value of one key, or for an array of keys their values, each once."""
    if not isinstance(key, list):
        return None if key is None else map.get(as_text(key))
    found: list[object] = []
    for one in key:
        value = map.get(as_text(one))
        if value is not None and value not in found:
            found.append(value)
    return found


@function(
    OBJECTS,
    "map_has_keys(MAP, KEY)",
    {
        'map_has_keys({"a": 1}, "a")': True,
        'map_has_keys({"a": 1}, ["x", "a"])': True,
        'map_has_keys({"a": 1}, "x")': False,
    },
)
def map_has_keys(map: dict[str, object], key: object) -> bool:
    """Whether a map has a key, or one of an array's."""
    return any(as_text(one) in map for one in (key if isinstance(key, list) else [key]) if one is not None)


@function(
    OBJECTS,
    "get(OBJECT, KEY)",
    {'get({"a": 1}, "a")': 1, '{"a": 1}.get("a")': 1, 'get({"a": 1}, "x")': None},
)
def get(object: dict[str, object], key: str) -> object:
    """The value of an object's or a map's key; also a method: OBJECT.get(KEY)."""
    return object.get(key)


@function(
    OBJECTS,
    "contains_key(INPUT)",
    {'contains_key("evars.evar.field1")': False, "contains_key(evars.evar.field1)": False},
    takes_paths=True,
    columns=vector_choices.is_there,
)
def contains_key(input: object) -> bool:
    """Whether the source record has a field; INPUT is its path, in quotes or not. A null counts as absent."""
    return input is not None


@function(
    OBJECTS, "is_set(INPUT)", {'is_set("evars.evar.field1")': False}, takes_paths=True, columns=vector_choices.is_there
)
def is_set(input: object) -> bool:
    """The older name of contains_key."""
    return input is not None


@function(OBJECTS, "add_to_map(MAP_1, MAP_2, ...)", {'add_to_map({"a": 1}, {"a": 2, "b": 3})': {"a": 1, "b": 3}})
def add_to_map(*maps: dict[str, object] | None) -> dict[str, object]:
    """One map of all pairs; for a key that repeats, the first one stays."""
    merged: dict[str, object] = {}
    for map in maps:
        for key, value in (map or {}).items():
            merged.setdefault(key, value)
    return merged


def _by_attribute(elements: list[object], attribute: str) -> dict[str, object]:
    found = [(one.get(attribute), one) for one in elements if isinstance(one, dict)]
    return {as_text(value): one for value, one in found if value is not None}


def _paired(pairs: tuple[object, ...]) -> dict[str, object]:
    if len(pairs) % 2:
        raise Failed("a key has no value; give keys and values in turn")
    if any(key is None for key in pairs[::2]):
        raise Failed("a key is null")
    return {as_text(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}
