"""A preview checks what it maps against the rules of the schema, as a run does."""

import json
from typing import Any

import pytest

import wire_dataset
from wire_server import Api

PREVIEW = "/data/foundation/conversion/mappingSets/preview"
TEXT = {"type": "string"}
NAMED = {"type": "object", "required": ["key"], "properties": {"key": TEXT, "note": TEXT}}
FIELDS = {
    "id": TEXT,
    "clicks": {"type": "integer", "minimum": 0, "maximum": 9},
    "kind": {"type": "string", "enum": ["a", "b"]},
    "code": {"type": "string", "pattern": "^[A-Z]+$", "maxLength": 3},
    "who": NAMED,
    "parts": {"type": "array", "maxItems": 2, "items": NAMED},
}
GOOD = {"id": "1", "clicks": 3, "kind": "a", "code": "ABC", "who": {"key": "k"}, "parts": [{"key": "p"}]}


@pytest.fixture(scope="module")
def schema(api: Api) -> str:
    return wire_dataset.schema(api, {"required": ["id"], "properties": FIELDS})


def _previewed(api: Api, schema: str, data: Any, *mappings: dict[str, Any], **switches: bool) -> Any:
    sent = {"xdmSchema": schema, "xdmVersion": "1.0", "mappings": list(mappings), **switches}
    answer = api.post(PREVIEW, json={"data": data, "mappingSet": sent})
    assert answer.status_code == 200, answer.text
    return answer.json()


def _item(destination: str, source: str, sense: str = "ATTRIBUTE") -> dict[str, Any]:
    return {"sourceType": sense, "source": source, "destination": f"_extconndev.{destination}"}


EACH = [_item(name, name) for name in FIELDS]


@pytest.mark.parametrize(
    ("changed", "destination", "source", "said"),
    [
        ({"id": None}, "id", "id", "The required field '_extconndev.id' is missing."),
        ({"clicks": 10}, "clicks", "clicks", "The value 10 of the field '_extconndev.clicks' must be at most 9."),
        ({"clicks": "-1"}, "clicks", "clicks", "must be at least 0."),
        ({"kind": "c"}, "kind", "kind", "must be one of a, b."),
        ({"code": "AB1"}, "code", "code", "must be text that matches ^[A-Z]+$."),
        ({"code": "ABCD"}, "code", "code", "must be at most 3 characters long."),
        ({"who": {"note": "n"}}, "who.key", "who", "The required field '_extconndev.who.key' is missing."),
        ({"parts": [{"key": "p"}, {"note": "n"}]}, "parts[*].key", "parts", "is missing."),
        ({"parts": [{"key": "p"}] * 3}, "parts", "parts", "must be at most 2 items long."),
    ],
)
def test_a_broken_rule_rejects_the_record_and_is_told(
    api: Api, schema: str, changed: dict[str, Any], destination: str, source: str, said: str
) -> None:
    good, bad = _previewed(api, schema, [GOOD, GOOD | changed], *EACH)
    assert good == {"data": {"_extconndev": GOOD}, "errors": None}
    (error,) = bad["errors"]
    assert bad["data"] == {} and said in error.pop("exception")
    where = f"_extconndev.{destination}"
    assert error == {"destination": where, "columnName": where, "source": source, "sourceType": "ATTRIBUTE"}


def test_a_required_field_that_nothing_fills_has_no_source(api: Api, schema: str) -> None:
    shown = _previewed(api, schema, GOOD, _item("clicks", "clicks"), allowNullValues=True)
    (error,) = shown["errors"]
    assert shown["data"] == {} and error["destination"] == "_extconndev.id"
    assert error["source"] is None and error["sourceType"] is None


def test_an_expression_that_fails_is_told_before_the_rule_that_it_breaks(api: Api, schema: str) -> None:
    items = [_item("id", "to_integer(n)", "EXPRESSION"), _item("clicks", "clicks")]
    shown = _previewed(api, schema, {"n": "many", "clicks": 3}, *items)
    failed, missing = shown["errors"]
    assert shown["data"] == {} and "failed" in failed["exception"] and "is missing" in missing["exception"]
    assert all(one["source"] == "to_integer(n)" and one["sourceType"] == "EXPRESSION" for one in shown["errors"])


def test_a_record_that_cannot_be_converted_is_not_checked_as_well(api: Api, schema: str) -> None:
    (error,) = _previewed(api, schema, {"clicks": "many"}, *EACH)["errors"]
    assert "cannot become" in error["exception"]


def test_of_several_elements_no_source_is_guessed(api: Api, schema: str) -> None:
    items = [_item("id", "id"), _item("parts[0].key", "none"), _item("parts[0].note", "id")]
    (error,) = _previewed(api, schema, GOOD, *items)["errors"]
    assert (error["destination"], error["source"]) == ("_extconndev.parts[*].key", "none")
    (error,) = _previewed(api, schema, GOOD, *items, _item("parts[1].key", "id"))["errors"]
    assert (error["destination"], error["source"]) == ("_extconndev.parts[*].key", None)


@pytest.mark.parametrize("number", ["1.10", "7", "1E+2", "-0", "0.1234567890123456789"])
def test_numbers_of_a_sample_are_what_was_sent(api: Api, schema: str, number: str) -> None:
    sent = {"xdmSchema": schema, "xdmVersion": "1.0", "mappings": [_item("id", "n")]}
    body = json.dumps({"data": {"n": "@"}, "mappingSet": sent}).replace('"@"', number)
    answer = api.post(PREVIEW, content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == {"data": {"_extconndev": {"id": number}}, "errors": None}
