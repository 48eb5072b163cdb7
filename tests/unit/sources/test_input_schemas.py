"""What is a JSON Schema of inputs, and how much may be checked by it."""

from contextlib import suppress

import pytest

from headrace.errors import ParamInvalid, SpecInvalid
from headrace.sources.input_schemas import _DRAFTS, MOST_LEVELS, MOST_VALUES, InputSchema, _retrieve_nothing
from source_server import reply


def schema(content):
    return InputSchema(content, "spec", "sourceSpec.spec")


def twice(level, levels, last=None):
    """A schema each level of which refers twice to the next."""
    defs = {f"n{n}": level({"$ref": f"#/$defs/n{n + 1}"}) for n in range(levels)}
    return {"$defs": defs | {f"n{levels}": last or {"type": "string"}}, "$ref": "#/$defs/n0"}


MULTIPLIED = {
    "allOf": lambda below: {"allOf": [below, below]},
    "anyOf": lambda below: {"anyOf": [below, below]},
    "oneOf": lambda below: {"oneOf": [below, below]},
    "if and else": lambda below: {"if": below, "else": below},
    "properties": lambda below: {"properties": {"a": below}, "additionalProperties": below},
    "patternProperties": lambda below: {"patternProperties": {"a": below, "b": below}},
    "dependentSchemas": lambda below: {"dependentSchemas": {"a": below, "b": below}},
    "looked at again": lambda below: {**below, "unevaluatedProperties": False},
    "looked at again, items": lambda below: {"allOf": [below], "unevaluatedItems": False},
}


@pytest.mark.parametrize("name", MULTIPLIED)
def test_references_that_multiply_are_refused_before_anything_is_checked(name):
    """To check by such a schema once would take longer than the age of the universe."""
    assert schema(twice(MULTIPLIED[name], 4)).problems({"a": 1}) is not None
    with pytest.raises(SpecInvalid, match=f"has more than {MOST_VALUES:,} values once its references") as refused:
        schema(twice(MULTIPLIED[name], 60))
    assert refused.value.facts["field"] == "sourceSpec.spec"


REFUSED = {
    "a circle": ({"$ref": "#"}, "refers from # to # again"),
    "a circle of two": (
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"properties": {"x": {"$ref": "#/$defs/a"}}}}}, "so it has no end"),
    "a recursive anchor": ({"properties": {"a": {"$recursiveRef": "#"}}}, "again"),
    "a long chain": (twice(lambda below: {"allOf": [below]}, 5_000), f"more than {MOST_LEVELS} levels deep"),
    "long enums": ({"properties": {"a": {"enum": [*range(MOST_VALUES)]}}}, "values once"),
    "many patterns": ({"properties": {f"a{n}": {"pattern": f"a{n}"} for n in range(200)}}, "values once"),
    "many patterns of names": ({"patternProperties": {f"a{n}": {} for n in range(200)}}, "values once"),
    "a pattern that takes much room": ({"properties": {"a": {"pattern": r"(?=\w{50})\w{50}"}}}, "is not a valid JSON"),
    "another document": ({"properties": {"a": {"$ref": "https://x.test/s"}}}, "refers to another document"),
    "a draft of its own": ({"$schema": "https://x.test/s", "type": "object"}, "has the \\$schema https://x.test/s; "),
    "a draft in a file": ({"$schema": "file:///etc/passwd"}, "has the \\$schema file:///etc/passwd"),
    "a draft inside": ({"properties": {"a": {"$schema": "https://x.test/s"}}}, "has the \\$schema https://x.test/s"),
    "an anchor": ({"$defs": {"a": {"$anchor": "x"}}, "$ref": "#x"}, "#x, which is no path to a part of it"),
    "nothing there": ({"$ref": "#/$defs/" + "x" * 10_000}, "is no path to a part of it"),
    "a document inside": ({"$defs": {"a": {"$id": "b", "$ref": "#"}}}, "has references, and \\$id inside"),
    "a document inside, as once": (
        {"$schema": "http://json-schema.org/draft-04/schema#", "$defs": {"a": {"id": "b", "$ref": "#"}}}, "id inside"),
    "no schema": ({"type": 7}, "is not a valid JSON Schema"),
    "a pattern that is none": ({"properties": {"a": {"pattern": "(" * 10_000}}}, "is not a valid JSON Schema"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_schema_that_cannot_be_checked_is_refused_in_words(name):
    content, why = REFUSED[name]
    with pytest.raises(SpecInvalid, match=why) as refused:
        schema(content)
    assert len(refused.value.message) < 600


@pytest.mark.parametrize("name", ["$schema", "$ref", "$dynamicRef", "$recursiveRef", "$id"])
@pytest.mark.parametrize("inside", [False, True])
def test_nothing_that_a_schema_names_is_fetched(source, name, inside):
    """The library has a client of its own, which asks no guard."""
    source.answer = lambda _asked: reply({"type": "object"})
    named = {name: f"{source.url}/draft-04/s", "type": "object"}
    with suppress(SpecInvalid):
        schema({"properties": {"a": named}} if inside else named).problems({"a": {}})
    assert source.targets == []


def test_the_library_is_given_nothing_that_it_asks_for(source):
    """Whatever else of a schema it may take for an address."""
    source.answer = lambda _asked: reply({"type": "object"})
    with pytest.raises(ValueError, match="another document"):
        _retrieve_nothing(f"{source.url}/s")
    assert source.targets == []


@pytest.mark.parametrize("draft", [*sorted(_DRAFTS), "http://json-schema.org/draft-07/schema#"])
def test_known_drafts_are_read(draft):
    assert not schema({"$schema": draft, "type": "object"}).problems({})


def test_references_lead_to_parts_by_their_path():
    content = {
        "$id": "https://x.test/spec",
        "$defs": {"a/b": {"type": "integer"}, "several": {"allOf": [{"$ref": "#/$defs/a~1b"}]}},
        "properties": {
            "n": {"$ref": "#/$defs/several/allOf/0"},
            "m": {"$ref": "#/$defs/a%7E1b"},
            "id": {"type": "string"},
        },
    }
    assert [problem.instance_path for problem in schema(content).problems({"n": 1, "m": "x"})] == [["m"]]


def test_a_pattern_that_tries_too_much_does_not_match():
    """It would try 2**3000 ways."""
    assert schema({"properties": {"a": {"pattern": r"^(a|aa)+(?!c)$"}}}).problems({"a": "a" * 3000 + "b"})
    assert not schema({"properties": {"a": {"pattern": r"^(?=.*\d)(?=.*[a-z]).{8,}$"}}}).problems(
        {"a": "a" * 3000 + "1"}
    )


def test_many_values_are_checked_and_too_many_are_refused():
    content = twice(MULTIPLIED["anyOf"], 8, {"type": "integer"})
    content["properties"] = {"x": {"items": {"$ref": content.pop("$ref")}}}
    assert schema(content).problems({"x": [1] * 1000}) == []
    with pytest.raises(ParamInvalid, match="too many to say which of them do not fit"):
        schema(content).problems({"x": [1] * 999 + ["a"]})
    with pytest.raises(ParamInvalid, match="too many for the spec's JSON Schema to be checked"):
        schema(content).problems({"x": [1] * 100_000})
