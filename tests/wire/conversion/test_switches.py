"""``strictMapping`` and ``allowNullValues``, as clients set them."""

from typing import Any

import pytest

from wire_server import Api

REGISTRY = "/data/foundation/schemaregistry/tenant"
PATH = "/data/foundation/conversion/mappingSets"
CLASS = "https://ns.adobe.com/xdm/context/profile"
DAY = {"source": "day", "destination": "_extconndev.day"}
CLICKS = {"sourceType": "EXPRESSION", "source": "to_integer(n)", "destination": "_extconndev.clicks"}


@pytest.fixture(scope="module")
def schema(api: Api) -> str:
    fields = {"clicks": {"type": "integer"}, "day": {"type": "string"}}
    tenant = {"_extconndev": {"type": "object", "properties": fields, "required": ["clicks"]}}
    group = {
        "type": "object",
        "title": "Required clicks",
        "meta:intendedToExtend": [CLASS],
        "definitions": {"own": {"type": "object", "properties": tenant}},
        "allOf": [{"$ref": "#/definitions/own"}],
    }
    made = api.post(f"{REGISTRY}/fieldgroups", json=group).json()["$id"]
    body = {"type": "object", "title": "Strict", "allOf": [{"$ref": CLASS}, {"$ref": made}]}
    id: str = api.post(f"{REGISTRY}/schemas", json=body).json()["$id"]
    return id


def _set(schema: str, *mappings: dict[str, Any], **switches: object) -> dict[str, Any]:
    return {"xdmSchema": schema, "xdmVersion": "1.0", "mappings": list(mappings), **switches}


def test_a_strict_set_maps_every_required_field(api: Api, schema: str) -> None:
    refused = api.post(PATH, json=_set(schema, DAY, strictMapping=True))
    assert refused.status_code == 400 and "_extconndev.clicks is required" in refused.text
    assert api.post(PATH, json=_set(schema, DAY)).status_code == 200
    made = api.post(PATH, json=_set(schema, DAY, CLICKS, strictMapping=True)).json()
    found = api.get(f"{PATH}/{made['id']}").json()
    assert (found["strictMapping"], found["allowNullValues"]) == (True, False)
    assert api.delete(f"{PATH}/{made['id']}/mappings/{found['mappings'][1]['id']}").status_code == 400


def test_validate_lists_what_a_strict_set_leaves_out_behind_its_mappings(api: Api, schema: str) -> None:
    answer = api.post(f"{PATH}/validate", json=_set(schema, DAY, strictMapping=True)).json()["validationResponse"]
    assert [one["status"] for one in answer] == ["SUCCESS", "FAILED"]
    assert answer[1]["errors"][0]["destination"] == "_extconndev.clicks"


@pytest.mark.parametrize(("allowed", "data"), [(True, {"clicks": None, "day": "d"}), (False, {"day": "d"})])
def test_a_preview_shows_nulls_where_they_are_allowed(
    api: Api, schema: str, allowed: bool, data: dict[str, Any]
) -> None:
    body = {"data": {"day": "d", "n": "many"}, "mappingSet": _set(schema, DAY, CLICKS, allowNullValues=allowed)}
    answer = api.post(f"{PATH}/preview", json=body).json()
    assert answer["data"] == {"_extconndev": data}
    assert [one["destination"] for one in answer["errors"]] == ["_extconndev.clicks"]


def test_a_switch_is_true_or_false(api: Api, schema: str) -> None:
    body = _set(schema, DAY, strictMapping="yes")
    assert api.post(PATH, json=body).status_code == 400
