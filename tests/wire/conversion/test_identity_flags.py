"""A mapping's identity flag does nothing by itself: answers warn until the schema has the descriptor."""

import json
import re
from typing import Any

import pytest

from wire_server import Api

PATH = "/data/foundation/conversion/mappingSets"
DESCRIPTORS = "/data/foundation/schemaregistry/tenant/descriptors"
PIVOT = {"sourceType": "ATTRIBUTE", "source": "pivotValue", "destination": "_extconndev.pivotValue"}
CLICKS = {"sourceType": "ATTRIBUTE", "source": "clicks", "destination": "_extconndev.clicks"}
MARKED = {**PIVOT, "identity": True, "namespaceCode": "ecid"}
PRIMARY = {**MARKED, "primaryIdentity": True}


def _set(schema_id: str, *mappings: dict[str, Any]) -> dict[str, Any]:
    return {"xdmSchema": schema_id, "xdmVersion": "1.0", "mappings": list(mappings)}


def _described(message: str) -> dict[str, Any]:
    """The body that a warning advises to send."""
    body: dict[str, Any] = json.loads(re.findall(r"\{.*\}", message)[0])
    return body


def test_the_advice_can_be_sent_as_it_stands_and_then_the_warning_is_gone(api: Api, list_schema_id: str) -> None:
    one = {"sourceType": "ATTRIBUTE", "source": "name", "destination": "_extconndev.pi[0].names"}
    answer = api.post(PATH, json=_set(list_schema_id, {**one, "identity": True, "namespaceCode": "ecid"})).json()
    (warning,) = answer["warnings"]
    body = _described(warning["message"])
    assert warning["field"] == "mappings[0].identity" and "no effect" in warning["message"]
    assert (body["xdm:sourceProperty"], body["xdm:namespace"]) == ("/_extconndev/pi[*]/names", "ECID")
    made = api.post(DESCRIPTORS, json=body)
    assert made.status_code == 201 and "warnings" not in api.get(f"{PATH}/{answer['id']}").json()
    assert api.delete(f"{DESCRIPTORS}/{made.json()['@id']}").status_code == 204


def test_every_answer_about_the_set_or_the_mapping_warns(api: Api, schema_id: str) -> None:
    path = f"{PATH}/{api.post(PATH, json=_set(schema_id, PIVOT)).json()['id']}"
    replaced = api.put(path, json=_set(schema_id, MARKED)).json()
    assert [one["field"] for one in replaced["warnings"]] == ["mappings[0].identity"]
    assert api.get(path).json() == replaced
    assert "warnings" not in api.put(path, json={**replaced, "mappings": []}).json()
    added = api.post(f"{path}/mappings", json=MARKED).json()
    assert [one["field"] for one in added["warnings"]] == ["identity"]
    assert api.get(f"{path}/mappings/{added['id']}").json() == added
    changed = api.put(f"{path}/mappings/{added['id']}", json={**added, "identity": False}).json()
    assert changed["identity"] is False and "warnings" not in changed


def test_a_verdict_warns_beside_its_status(api: Api, schema_id: str) -> None:
    verdicts = api.post(f"{PATH}/validate", json=_set(schema_id, CLICKS, MARKED)).json()
    first, second = verdicts["validationResponse"]
    assert "warnings" not in first and second["status"] == "SUCCESS"
    assert [one["field"] for one in second["warnings"]] == ["identity"]


@pytest.mark.parametrize(
    ("changes", "namespace", "said"),
    [
        ({"namespaceCode": None}, "<code of a namespace>", "lists the namespaces"),
        ({"namespaceCode": "Nope"}, "<code of a namespace>", "no identity namespace Nope in this org"),
        ({"namespaceCode": None, "identityGroup": "Email"}, "Email", "no effect"),
    ],
)
def test_the_advice_names_a_namespace_that_there_is(
    api: Api, schema_id: str, changes: dict[str, Any], namespace: str, said: str
) -> None:
    (warning,) = api.post(PATH, json=_set(schema_id, {**MARKED, **changes})).json()["warnings"]
    assert _described(warning["message"])["xdm:namespace"] == namespace and said in warning["message"]


def test_a_primary_flag_wants_a_primary_descriptor(api: Api, schema_id: str) -> None:
    (absent,) = api.post(PATH, json=_set(schema_id, PRIMARY)).json()["warnings"]
    body = _described(absent["message"])
    assert absent["field"] == "mappings[0].primaryIdentity" and body["xdm:isPrimary"] is True
    id = api.post(DESCRIPTORS, json={**body, "xdm:isPrimary": False}).json()["@id"]
    (secondary,) = api.post(PATH, json=_set(schema_id, PRIMARY)).json()["warnings"]
    assert id in secondary["message"] and "not primary" in secondary["message"]
    assert api.put(f"{DESCRIPTORS}/{id}", json=body).status_code == 200
    assert "warnings" not in api.post(PATH, json=_set(schema_id, PRIMARY)).json()
    assert api.delete(f"{DESCRIPTORS}/{id}").status_code == 204
