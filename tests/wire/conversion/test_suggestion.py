"""Proposals: from what a source gave when it was explored, from a batch, from what is kept; ready to be stored."""

import json
from typing import Any

import pytest

from wire_server import Api

BASE = "/data/foundation/conversion"
PATH = f"{BASE}/mappingSets/suggestion"
CATALOG = "/data/foundation/catalog"
EXPLORED = {
    "type": "object",
    "properties": {
        "element": {
            "type": "object",
            "properties": {
                "clicks": {"type": "integer"},
                "PIVOT_VALUES": {"type": "string"},
                "dateRange": {"type": "object", "properties": {"start": {"properties": {"day": {"type": "integer"}}}}},
                "unheard": {"type": "string"},
            },
        }
    },
}
PAIRS = {
    "element.clicks": "_extconndev.clicks",
    "element.PIVOT_VALUES": "_extconndev.pivotValue",
    "element.dateRange.start.day": "_extconndev.start.day",
}


def _pairs(proposal: dict[str, Any]) -> dict[str, str]:
    return {one["source"]: one["destination"] for one in proposal["mappings"]}


def _dataset(api: Api, schema_id: str, name: str) -> str:
    reference = {"id": schema_id, "contentType": "application/vnd.adobe.xed+json;version=1"}
    answer = api.post(f"{CATALOG}/dataSets", json={"name": name, "schemaRef": reference})
    return str(answer.json()[0]).rpartition("/")[2]


def test_a_proposal_can_be_stored_as_it_is(api: Api, schema_id: str) -> None:
    proposal = api.post(PATH, json={"xdmSchema": schema_id, "inputSchema": {"jsonSchema": EXPLORED}}).json()
    assert _pairs(proposal) == PAIRS and "id" not in proposal
    stored = api.post(f"{BASE}/mappingSets", json=proposal)
    assert stored.status_code == 200, stored.text
    found = api.get(f"{BASE}/mappingSets/{stored.json()['id']}").json()
    assert [one["matchScore"] for one in found["mappings"]] == [one["matchScore"] for one in proposal["mappings"]]
    assert all(0.6 <= one["matchScore"] <= 1 for one in proposal["mappings"])


def test_the_same_schemas_give_the_same_proposal(api: Api, schema_id: str) -> None:
    body = {"xdmSchema": schema_id, "inputSchema": {"jsonSchema": EXPLORED}}
    assert len({api.post(PATH, json=body).text for _ in range(3)}) == 1


@pytest.mark.parametrize("origin", ["sample", "sampleData", "jsonSchema"])
def test_every_way_to_name_the_source(api: Api, schema_id: str, origin: str) -> None:
    record = {"element": {"clicks": 1, "pivotValues": "a", "dateRange": {"start": {"day": 3}}}}
    body: dict[str, Any] = {"outputSchema": {"schemaRef": {"id": schema_id}}}
    if origin == "sample":
        sample = api.post(f"{BASE}/samples", json={"sampleData": json.dumps(record)}).json()["id"]
        body["inputSchema"] = {"id": api.post(f"{BASE}/schemas", json={"sampleId": sample}).json()["id"]}
    elif origin == "sampleData":
        body["sampleData"] = record
    else:
        made = api.post(f"{BASE}/schemas", json={"jsonSchema": EXPLORED}).json()["id"]
        body["inputSchema"] = {"id": made, "jsonSchema": EXPLORED}
    assert sorted(_pairs(api.post(PATH, json=body).json()).values()) == sorted(PAIRS.values())


def test_from_one_dataset_to_another(api: Api, schema_id: str, list_schema_id: str) -> None:
    target, source = _dataset(api, schema_id, "to"), _dataset(api, schema_id, "from")
    query = f"?datasetId={target}&sourceDatasetId={source}"
    pairs = _pairs(api.get(PATH + query).json())
    assert pairs["_extconndev.clicks"] == "_extconndev.clicks" and set(pairs) == set(pairs.values())
    batch = api.post("/data/foundation/import/batches", json={"datasetId": source, "inputFormat": {"format": "json"}})
    by_batch = api.get(f"{PATH}?datasetId={target}&batchId={batch.json()['id']}&excludeUnmapped=True").json()
    assert _pairs(by_batch) == pairs
    other = _dataset(api, list_schema_id, "lists")
    unmapped = api.get(f"{PATH}?datasetId={other}&sourceDatasetId={source}&excludeUnmapped=False").json()["mappings"]
    left = {one["source"]: one for one in unmapped}["_extconndev.clicks"]
    assert (left["destination"], left["matchScore"]) == (None, 0.0)


def test_elements_of_arrays_are_proposed_with_their_array(api: Api, list_schema_id: str) -> None:
    record = {"records": [{"kinds": "a", "name": "b"}]}
    proposal = api.post(PATH, json={"xdmSchema": list_schema_id, "sampleData": record}).json()
    assert _pairs(proposal)["records[*].kinds"] == "_extconndev.pi[*].kind"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"inputSchema": {}}, 400, "Name the source"),
        ({"inputSchema": 5}, 400, "Name the source"),
        ({"inputSchema": {"id": "0"}}, 404, "no schema of /schemas"),
        ({"inputSchema": {"jsonSchema": {}}}, 400, "JSON Schema of an object"),
        ({"inputSchema": {"schemaRef": {"id": "x"}}}, 400, "no schema of this sandbox"),
        ({"inputSchema": {"schemaRef": 5}}, 400, "by its id"),
        ({"sampleData": "{"}, 400, "it is not JSON"),
        ({"sampleData": {"a": 1}, "excludeUnmapped": "no"}, 400, "true or false"),
        ({"sampleData": {"a": 1}, "xdmSchema": "x"}, 400, "no schema of this sandbox"),
        ({"sampleData": {"a": 1}, "xdmSchema": None}, 400, "name the target schema"),
    ],
)
def test_what_is_missing_or_unknown_is_named(api: Api, schema_id: str, body: dict, status: int, said: str) -> None:
    answer = api.post(PATH, json={"xdmSchema": schema_id, **body})
    assert answer.status_code == status and said in answer.json()["detail"]


def test_datasets_and_batches_of_another_sandbox_are_not_found(api: Api, schema_id: str) -> None:
    mine = _dataset(api, schema_id, "mine")
    for other in (api.as_(sandbox="dev"), api.as_("0000DDDD@AdobeOrg")):
        assert other.get(f"{PATH}?datasetId={mine}&sourceDatasetId={mine}").status_code == 404
