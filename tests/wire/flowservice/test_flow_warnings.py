"""What a flow, and a set that is tried for its source, warns of before any run."""

from typing import Any

import pytest

import wire_dataset
from wire_dataset import REGISTRY, dataset
from wire_flows import Flows

SETS = "/data/foundation/conversion/mappingSets"
WHOLE, TEXT = {"type": "integer"}, {"type": "string"}
ROW = {"type": "object", "properties": {"clicks": WHOLE, "id": TEXT}}
ATTRIBUTES = {
    "urlParams": {"host": "https://rows.test", "path": "/rows"},
    "contentPath": {"path": "$.rows", "overrideWrapperAttribute": "row"},
    "x-headrace": {"key": ["row.id"], "version": "row.clicks"},
}
SPEC = {
    "name": "rows", "providerId": "tests", "type": "generic-rest", "authSpec": [],
    "sourceSpec": {"attributes": ATTRIBUTES, "schema": {"properties": {"rows": {"type": "array", "items": ROW}}}},
}  # fmt: skip
ONCE = {"startTime": 1625040887, "frequency": "once"}
KEY = [{"rule": "appendedBesideKey", "path": "_extconndev.id"}, {"rule": "appendedBesideKey", "path": "_extconndev.at"}]


@pytest.fixture(scope="module")
def source(flows: Flows) -> str:
    spec = flows.post("/connectionSpecs", SPEC).json()["id"]
    body = {**flows.source_body("", params={}), "connectionSpec": {"id": spec, "version": "1.0"}}
    del body["baseConnectionId"]
    return flows.made("sourceConnections", body)["id"]


def mapped(flows: Flows, *paths: str) -> tuple[str, dict[str, Any]]:
    """A new schema, and the body of a set that fills it from these paths and from an expression of the last."""
    fields = {"id": TEXT, "at": TEXT, **{f"f{n}": TEXT for n in range(len(paths) + 1)}}
    schema = wire_dataset.schema(flows.api, {"properties": fields})
    items = [{"source": path, "destination": f"_extconndev.f{n}"} for n, path in enumerate(paths)]
    written = {"sourceType": "EXPRESSION", "source": f"upper({paths[-1]})", "destination": f"_extconndev.f{len(paths)}"}
    return schema, {"xdmSchema": schema, "xdmVersion": "1.0", "mappings": [*items, written]}


def described(flows: Flows, schema: str) -> None:
    body = {"@type": "xdm:descriptorPrimaryKey", "xdm:sourceSchema": schema}
    paths = ["/_extconndev/id", "/_extconndev/at"]
    answer = flows.api.post(f"{REGISTRY}/descriptors", json={**body, "xdm:sourceProperty": paths})
    assert answer.status_code == 201, answer.text


def warnings(flows: Flows, source: str, schema: str, body: dict[str, Any], **options: Any) -> Any:
    set_id = flows.api.post(SETS, json=body).json()["id"]
    target = flows.target(params={"dataSetId": dataset(flows.api, schema, f"Rows of {set_id}")})["id"]
    step = {"name": "Mapping", "params": {"mappingId": set_id, "mappingVersion": "0"}}
    ends = {"sourceConnectionIds": [source], "targetConnectionIds": [target]}
    flow = flows.flow(**ends, transformations=[step], scheduleParams=ONCE, options=options)
    return flows.one(f"/flows/{flow['id']}").get("warnings")


def test_paths_that_the_spec_does_not_declare(flows: Flows, source: str) -> None:
    schema, body = mapped(flows, "row.clicks", "row.click")
    assert warnings(flows, source, schema, body) == [{"rule": "notInSpec", "path": "row.click"}]
    verdicts = flows.api.post(f"{SETS}/validate?sourceConnectionId={source}", json=body).json()["validationResponse"]
    assert [verdict["status"] for verdict in verdicts] == ["SUCCESS"] * 3
    assert "warnings" not in verdicts[0]
    for verdict in verdicts[1:]:
        (warning,) = verdict["warnings"]
        assert warning.pop("message").startswith("row.click is a path that the source's spec does not declare")
        assert warning == {"field": "source", "rule": "notInSpec", "path": "row.click"}
    alone = flows.api.post(f"{SETS}/validate", json=body).json()["validationResponse"]
    assert not any("warnings" in verdict for verdict in alone)


def test_a_broken_mapping_keeps_the_others_verdicts(flows: Flows, source: str) -> None:
    _, body = mapped(flows, "row.click")
    body["mappings"][1]["source"] = "upper("
    verdicts = flows.api.post(f"{SETS}/validate?sourceConnectionId={source}", json=body).json()["validationResponse"]
    assert [verdict["status"] for verdict in verdicts] == ["SUCCESS", "FAILED"]
    assert ["warnings" in verdict for verdict in verdicts] == [True, False]


def test_a_source_connection_that_is_not_there(flows: Flows) -> None:
    _, body = mapped(flows, "row.click")
    answer = flows.api.post(f"{SETS}/validate?sourceConnectionId=none", json=body)
    assert answer.status_code == 400 and "there is no source connection none" in answer.text


def test_a_source_that_declares_nothing(flows: Flows) -> None:
    _, body = mapped(flows, "row.click")
    linkedin = flows.source()["id"]
    verdicts = flows.api.post(f"{SETS}/validate?sourceConnectionId={linkedin}", json=body).json()["validationResponse"]
    assert not any("warnings" in verdict for verdict in verdicts)


@pytest.mark.parametrize(("mode", "told"), [({}, KEY), ({"writeMode": "append"}, KEY), ({"writeMode": "merge"}, None)])
def test_rows_that_are_appended_beside_a_key(flows: Flows, source: str, mode: dict[str, Any], told: Any) -> None:
    schema, body = mapped(flows, "row.clicks")
    described(flows, schema)
    assert warnings(flows, source, schema, body, **mode) == told
