"""Mapping sets as clients see them: both envelopes, versions that stay, checks that name every fault, echoes."""

import re
from typing import Any

import pytest

from wire_server import Api

PATH = "/data/foundation/conversion/mappingSets"
MEDIA = "application/vnd.adobe.xed-full+json;version=1"
CLICKS = {"sourceType": "ATTRIBUTE", "source": "element.clicks", "destination": "_extconndev.clicks"}
OLD = {"sourceAttribute": "element.pivotValue", "destinationXdmPath": "_extconndev.pivotValue", "identity": True}


def _printed(schema_id: str, *mappings: dict[str, Any]) -> dict[str, Any]:
    listed = list(mappings) or [CLICKS, OLD]
    return {"version": 0, "xdmSchema": schema_id, "xdmVersion": "1.0", "id": None, "mappings": listed}


def _created(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_creation_answers_200_and_short(api: Api, schema_id: str) -> None:
    made = _created(api, _printed(schema_id, CLICKS))
    assert set(made) == {"id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy"}
    assert re.fullmatch("[0-9a-f]{32}", made["id"]) and made["version"] == 0
    assert made["createdDate"] == made["modifiedDate"] and isinstance(made["createdDate"], int)


@pytest.mark.parametrize("version", ["1.0", MEDIA])
def test_a_set_echoes_both_spellings(api: Api, schema_id: str, version: str) -> None:
    reference = {"id": schema_id, "contentType": version}
    made = _created(api, {"outputSchema": {"schemaRef": reference}, "name": "mine", "mappings": [CLICKS, OLD]})
    found = api.get(f"{PATH}/{made['id']}").json()
    assert found.items() >= {**made, "name": "mine", "schemaRef": reference}.items()
    assert found["outputSchema"]["schemaRef"] == reference and "jsonSchema" not in found["outputSchema"]
    assert (found["xdmSchema"], found["xdmVersion"]) == (schema_id, version)
    first, second = found["mappings"]
    assert first.items() >= {**CLICKS, "identity": False, "sourceAttribute": CLICKS["source"]}.items()
    assert second.items() >= {**OLD, "sourceType": "ATTRIBUTE", "destination": OLD["destinationXdmPath"]}.items()


def test_every_version_stays_readable(api: Api, schema_id: str) -> None:
    made = _created(api, _printed(schema_id))
    path = f"{PATH}/{made['id']}"
    before = api.get(path).json()
    changed = api.put(path, json={**before, "mappings": before["mappings"][:1]})
    assert (changed.status_code, changed.json()["version"], len(changed.json()["mappings"])) == (200, 1, 1)
    assert changed.json()["createdDate"] == made["createdDate"]
    assert changed.json()["mappings"][0]["id"] != before["mappings"][0]["id"]
    assert api.get(path).json() == api.get(f"{path}?version=1").json() == changed.json()
    assert api.get(f"{path}?version=0").json() == before
    assert api.get(f"{path}?version=2").status_code == 404


def test_a_put_without_a_schema_keeps_it(api: Api, schema_id: str) -> None:
    made = _created(api, _printed(schema_id))
    assert api.put(f"{PATH}/{made['id']}", json={"mappings": [CLICKS]}).json()["xdmSchema"] == schema_id


def test_single_mappings_can_be_changed(api: Api, schema_id: str) -> None:
    path = f"{PATH}/{_created(api, _printed(schema_id, CLICKS))['id']}"
    added = api.post(f"{path}/mappings", json=OLD).json()
    assert api.get(f"{path}/mappings/{added['id']}").json() == added
    other = api.put(f"{path}/mappings/{added['id']}", json={**OLD, "identity": False}).json()
    assert other["id"] == added["id"] and other["identity"] is False
    assert api.delete(f"{path}/mappings/{added['id']}").status_code == 200
    assert [one["destination"] for one in api.get(f"{path}/mappings").json()] == [CLICKS["destination"]]
    assert api.get(path).json()["version"] == 3


def test_sets_are_listed_newest_first_and_paged(api: Api, schema_id: str) -> None:
    mine = api.as_(sandbox="listing")
    assert mine.get(PATH).json() == {"data": [], "_page": {"count": 0, "limit": 10}, "_links": {}}
    ids = [_created(api, _printed(schema_id) | {"name": f"set {n}"})["id"] for n in range(3)]
    first = api.get(f"{PATH}?limit=2&start=0").json()
    second = api.get("/data" + first["_links"]["next"]["href"].partition("/data")[2]).json()
    assert [one["id"] for one in first["data"] + second["data"]][:3] == ids[::-1]
    assert [one["id"] for one in api.get(f"{PATH}?name=set%201").json()["data"]] == [ids[1]]
    oldest = api.get(f"{PATH}?limit=100&orderBy=+createdDate&property=xdmSchema=={schema_id}").json()["data"]
    assert oldest[-1]["id"] == ids[-1]


def test_the_schema_comes_when_it_is_asked_for(api: Api, schema_id: str) -> None:
    path = f"{PATH}/{_created(api, _printed(schema_id))['id']}"
    schema = api.get(f"{path}?expandSchema=true").json()["outputSchema"]["jsonSchema"]
    assert "clicks" in schema["properties"]["_extconndev"]["properties"]


@pytest.mark.parametrize(
    ("mappings", "fields"),
    [
        ([{**CLICKS, "destination": "_extconndev.nothing"}], ["mappings[0].destination"]),
        ([CLICKS, {**CLICKS, "destination": "_other.clicks"}], ["mappings[1].destination"]),
        ([{**CLICKS, "sourceType": "EXPRESSION", "source": "concat("}], ["mappings[0].source"]),
        (
            [{**CLICKS, "destination": "_extconndev.nothing"}, {**CLICKS, "source": "["}],
            ["mappings[0].destination", "mappings[1].source"],
        ),
        ([{"source": "element.clicks"}], ["mappings[0].destination"]),
        ([CLICKS, 5], ["mappings[1]"]),
    ],
)
def test_every_mapping_that_does_not_fit_is_named(api: Api, schema_id: str, mappings: list, fields: list) -> None:
    answer = api.post(PATH, json=_printed(schema_id, *mappings))
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert answer.json()["detail"] == answer.json()["errorMessage"]


@pytest.mark.parametrize(
    "change", [{"xdmSchema": None}, {"xdmSchema": "https://ns.adobe.com/extconndev/schemas/00"}, {"xdmVersion": "9"}]
)
def test_an_unknown_schema_is_named(api: Api, schema_id: str, change: dict[str, Any]) -> None:
    answer = api.post(PATH, json=_printed(schema_id) | change)
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "xdmSchema"


def test_a_set_is_seen_in_its_sandbox_only(api: Api, schema_id: str) -> None:
    path = f"{PATH}/{_created(api, _printed(schema_id))['id']}"
    for other in (api.as_(sandbox="dev"), api.as_("0000DDDD@AdobeOrg")):
        assert [other.get(path).status_code, other.delete(path).status_code] == [404, 404]
        assert other.put(path, json={"mappings": []}).status_code == 404
    assert api.delete(path).status_code == 200
    assert api.get(path).status_code == 404


def test_a_verdict_on_each_mapping(api: Api, schema_id: str) -> None:
    wrong = {**CLICKS, "destination": "_extconndev.nothing"}
    verdicts = api.post(f"{PATH}/validate", json=_printed(schema_id, CLICKS, wrong)).json()["validationResponse"]
    assert verdicts[0] == {"status": "SUCCESS", "errors": None}
    assert verdicts[1]["status"] == "FAILED" and verdicts[1]["errors"][0]["destination"] == wrong["destination"]


def test_a_preview_converts_to_the_schemas_types(api: Api, schema_id: str) -> None:
    sent = _printed(schema_id, CLICKS, {**CLICKS, "destination": "_extconndev.pivotValue"})
    record = {"element": {"clicks": 1234}}
    shown = {"_extconndev": {"clicks": 1234, "pivotValue": "1234"}}
    one = api.post(f"{PATH}/preview", json={"data": record, "mappingSet": sent})
    assert one.status_code == 200, one.text
    assert one.json() == {"data": shown, "errors": None}
    several = api.post(f"{PATH}/preview", json={"data": [record, record], "mappingSet": sent}).json()
    assert several == [one.json(), one.json()]


def test_a_preview_names_what_cannot_be_converted(api: Api, schema_id: str) -> None:
    body = {"data": {"element": {"clicks": "n/a"}}, "mappingSet": _printed(schema_id, CLICKS)}
    (error,) = api.post(f"{PATH}/preview", json=body).json()["errors"]
    assert error["destination"] == CLICKS["destination"] and error["source"] == CLICKS["source"]


@pytest.mark.parametrize("body", [{}, {"data": 5, "mappingSet": {}}, {"data": {}, "mappingSet": {"mappings": []}}])
def test_a_preview_without_what_it_needs_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert api.post(f"{PATH}/preview", json=body).status_code == 400


@pytest.mark.parametrize(
    ("expression", "status"),
    [
        ('concat("a", "b")', "succeeded"),
        ({"expression": "1 + 2"}, "succeeded"),
        ("concat(", "failed"),
        ("nofn()", "failed"),
    ],
)
def test_an_expression_is_validated(api: Api, expression: object, status: str) -> None:
    answer = api.post("/data/foundation/conversion/languages/el/validate", json={"expression": expression})
    assert (answer.status_code, answer.json()["validationStatus"]) == (200, status)


@pytest.mark.parametrize(
    ("listing", "name", "known"), [("functions", "function", "concat"), ("operators", "methodName", "add")]
)
def test_the_language_is_listed(api: Api, listing: str, name: str, known: str) -> None:
    listed = api.get(f"/data/foundation/conversion/languages/el/{listing}").json()
    (found,) = [one for one in listed if one[name] == known]
    assert found["description"] and found["example"]


def test_a_plain_value_onto_an_object_is_found_when_its_type_is_known(api: Api, schema_id: str) -> None:
    # data-prep.md 4: an attribute onto an object is an object copy; a set does not say what type its source has.
    mapping = {"sourceType": "ATTRIBUTE", "source": "clicks", "destination": "_extconndev.start"}
    body = {"xdmSchema": schema_id, "xdmVersion": "1.0", "mappings": [mapping]}
    assert api.post(PATH, json=body).status_code == 200
    static = {**body, "mappings": [{**mapping, "sourceType": "STATIC", "source": "7"}]}
    assert "cannot be filled by a constant" in api.post(PATH, json=static).text
    shown = api.post(f"{PATH}/preview", json={"data": {"clicks": 5}, "mappingSet": body}).text
    assert "5 from clicks cannot become object" in shown


def test_a_set_may_be_empty_while_it_is_put_together(api: Api, schema_id: str) -> None:
    # data-prep.md 2.1: mappings are added one by one below a set; a flow over an empty one is refused.
    made = api.post(PATH, json={"xdmSchema": schema_id, "xdmVersion": "1.0", "mappings": []}).json()["id"]
    mapping = {"sourceType": "ATTRIBUTE", "source": "clicks", "destination": "_extconndev.clicks"}
    assert api.post(f"{PATH}/{made}/mappings", json=mapping).status_code == 200
    assert len(api.get(f"{PATH}/{made}").json()["mappings"]) == 1
