"""``strictMapping`` and ``allowNullValues``, as clients set them."""

from typing import Any

import pytest

import wire_dataset
from wire_server import Api

PATH = "/data/foundation/conversion/mappingSets"
DAY = {"source": "day", "destination": "_extconndev.day"}
CLICKS = {"sourceType": "EXPRESSION", "source": "to_integer(n)", "destination": "_extconndev.clicks"}


@pytest.fixture(scope="module")
def schema(api: Api) -> str:
    fields = {"clicks": {"type": "integer"}, "day": {"type": "string"}}
    return wire_dataset.schema(api, {"properties": fields, "required": ["clicks"]})


def _set(schema: str, *mappings: dict[str, Any], **switches: object) -> dict[str, Any]:
    return {"xdmSchema": schema, "xdmVersion": "1.0", "mappings": list(mappings), **switches}


def test_a_strict_set_maps_every_required_field(api: Api, schema: str) -> None:
    refused = api.post(PATH, json=_set(schema, DAY, strictMapping=True))
    assert refused.status_code == 400 and "_extconndev.clicks is required" in refused.text
    made = api.post(PATH, json=_set(schema, DAY, CLICKS, strictMapping=True)).json()
    found = api.get(f"{PATH}/{made['id']}").json()
    assert (found["strictMapping"], found["allowNullValues"]) == (True, False)
    assert api.delete(f"{PATH}/{made['id']}/mappings/{found['mappings'][1]['id']}").status_code == 400


def test_a_refusal_names_what_does_not_fit_and_what_is_left_out(api: Api, schema: str) -> None:
    wrong = {"source": "day", "destination": "_extconndev.dya"}
    told = api.post(PATH, json=_set(schema, DAY, wrong, strictMapping=True)).text
    assert "did you mean day?" in told and "_extconndev.clicks is required" in told


def test_a_lax_set_may_be_put_together_mapping_by_mapping_and_is_warned(api: Api, schema: str) -> None:
    made = api.post(PATH, json=_set(schema)).json()
    assert "warnings" not in made
    path = f"{PATH}/{made['id']}"
    assert api.post(f"{path}/mappings", json=DAY).status_code == 200
    begun = api.get(path).json()
    (warning,) = begun["warnings"]
    assert warning["field"] == "mappings" and "_extconndev.clicks is required" in warning["message"]
    assert api.put(path, json=begun).json()["warnings"] == api.post(PATH, json=begun).json()["warnings"] == [warning]
    assert api.post(f"{path}/mappings", json=CLICKS).status_code == 200
    assert "warnings" not in api.get(path).json()


def test_validate_fails_a_strict_set_behind_its_mappings_and_warns_a_lax_one(api: Api, schema: str) -> None:
    strict = api.post(f"{PATH}/validate", json=_set(schema, DAY, strictMapping=True)).json()
    assert [one["status"] for one in strict["validationResponse"]] == ["SUCCESS", "FAILED"]
    assert strict["validationResponse"][1]["errors"][0]["destination"] == "_extconndev.clicks"
    lax = api.post(f"{PATH}/validate", json=_set(schema, DAY)).json()
    assert [one["status"] for one in lax["validationResponse"]] == ["SUCCESS"]
    (warning,) = lax["warnings"]
    assert warning["field"] == "mappings" and "_extconndev.clicks is required" in warning["message"]
    whole = api.post(f"{PATH}/validate", json=_set(schema, DAY, CLICKS)).json()
    assert whole == {"validationResponse": [{"status": "SUCCESS", "errors": None}] * 2}


@pytest.mark.parametrize(("allowed", "data"), [(True, {"clicks": 1, "day": None}), (False, {"clicks": 1})])
def test_a_preview_shows_nulls_where_they_are_allowed(
    api: Api, schema: str, allowed: bool, data: dict[str, Any]
) -> None:
    failing = {**DAY, "sourceType": "EXPRESSION", "source": "date(day)"}
    body = {"data": {"day": "d", "n": "1"}, "mappingSet": _set(schema, failing, CLICKS, allowNullValues=allowed)}
    answer = api.post(f"{PATH}/preview", json=body).json()
    assert answer["data"] == {"_extconndev": data}
    assert [one["destination"] for one in answer["errors"]] == ["_extconndev.day"]


def test_a_switch_is_true_or_false(api: Api, schema: str) -> None:
    body = _set(schema, DAY, strictMapping="yes")
    assert api.post(PATH, json=body).status_code == 400
