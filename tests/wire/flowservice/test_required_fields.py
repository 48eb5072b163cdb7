"""A flow takes a mapping set once it fills every field that the schema requires."""

from typing import Any

import pytest

import wire_dataset
from wire_dataset import CONTENT_TYPE, REGISTRY, dataset
from wire_flows import Flows, code
from wire_server import Api

SETS = "/data/foundation/conversion/mappingSets"
DESCRIPTORS = f"{REGISTRY}/descriptors"
LIKES = {"source": "element.likes", "destination": "_extconndev.likes"}
CLICKS = {"source": "element.clicks", "destination": "_extconndev.clicks"}
START = {"source": "element.day", "destination": "_extconndev.start.day"}
YEAR = {"source": "element.year", "destination": "_extconndev.start.year"}


@pytest.fixture(scope="module")
def schema(api: Api) -> str:
    whole = {"type": "integer"}
    start = {"type": "object", "required": ["year"], "properties": {"day": whole, "year": whole}}
    fields = {"likes": whole, "clicks": whole, "pivot": {"type": "string"}, "start": start}
    return wire_dataset.schema(api, {"required": ["clicks"], "properties": fields})


def _set(api: Api, schema: str, *mappings: dict[str, Any]) -> str:
    reference = {"schemaRef": {"id": schema, "contentType": CONTENT_TYPE}}
    answer = api.post(SETS, json={"outputSchema": reference, "mappings": list(mappings)})
    assert answer.status_code == 200, answer.text
    id: str = answer.json()["id"]
    return id


def _body(flows: Flows, schema: str, mapping: str, version: int = 0) -> dict[str, Any]:
    target = flows.target(params={"dataSetId": dataset(flows.api, schema)})["id"]
    step = {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": version}}
    return flows.flow_body(transformations=[step]) | {"targetConnectionIds": [target]}


@pytest.mark.parametrize(
    ("mappings", "missing"),
    [
        ([LIKES], "_extconndev.clicks,"),
        ([LIKES, START], "_extconndev.clicks, _extconndev.start.year,"),
        ([CLICKS, START], "_extconndev.start.year,"),
    ],
)
def test_a_flow_is_refused_by_the_names_of_the_fields(
    flows: Flows, schema: str, mappings: list[dict[str, Any]], missing: str
) -> None:
    answer = flows.post("/flows", _body(flows, schema, _set(flows.api, schema, *mappings)))
    assert code(answer) == "FLOW-1419-400"
    assert f"fills nothing into {missing} which the schema requires" in answer.json()["errorMessage"]


@pytest.mark.parametrize(
    "mappings",
    [[CLICKS], [CLICKS, START, YEAR], [{"source": "element", "destination": "_extconndev"}]],
    ids=["nothing of an optional object", "all of it", "a copied object"],
)
def test_a_flow_takes_a_set_that_fills_what_is_required(
    flows: Flows, schema: str, mappings: list[dict[str, Any]]
) -> None:
    assert flows.post("/flows", _body(flows, schema, _set(flows.api, schema, *mappings))).status_code == 201


def test_a_set_that_was_begun_empty_is_taken_in_the_version_that_is_whole(flows: Flows, schema: str) -> None:
    mapping = _set(flows.api, schema)
    for item in (LIKES, CLICKS):
        assert flows.api.post(f"{SETS}/{mapping}/mappings", json=item).status_code == 200
    body = _body(flows, schema, mapping, 1)
    assert "version 1" in flows.post("/flows", body).json()["errorMessage"]
    body["transformations"][0]["params"]["mappingVersion"] = 2
    made = flows.post("/flows", body).json()
    back = {"op": "replace", "path": "/transformations/0/params/mappingVersion", "value": 1}
    assert code(flows.patch(f"/flows/{made['id']}", made["etag"], back)) == "FLOW-1419-400"


def test_a_primary_identity_is_required_and_a_flow_can_still_be_stopped(flows: Flows, schema: str) -> None:
    made = flows.post("/flows", _body(flows, schema, _set(flows.api, schema, CLICKS))).json()["id"]
    primary = {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": schema,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/_extconndev/pivot",
        "xdm:namespace": "ECID",
        "xdm:isPrimary": True,
    }
    descriptor = flows.api.post(DESCRIPTORS, json=primary)
    assert descriptor.status_code == 201, descriptor.text
    assert flows.post(f"/flows/{made}/action?op=disable").status_code == 200
    refused = flows.post(f"/flows/{made}/action?op=enable")
    assert code(refused) == "FLOW-1419-400" and "_extconndev.pivot" in refused.json()["errorMessage"]
    assert flows.api.delete(f"{DESCRIPTORS}/{descriptor.json()['@id']}").status_code == 204
    assert flows.post(f"/flows/{made}/action?op=enable").status_code == 200
