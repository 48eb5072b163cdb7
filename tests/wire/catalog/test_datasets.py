"""Datasets over the wire: Catalog's own shapes, names for SQL, patches, and what may not be deleted."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from headrace.errors import TableMissing
from headrace.lake import TableRef
from headrace.runs.deployment import Deployment
from headrace.store import batches, documents
from headrace.store.scope import Caller
from wire_dataset import CONTENT_TYPE, DATASETS, dataset, read, schema
from wire_server import ORG, Api

CALLER = Caller(ORG, "prod", "", "wire-tests", "tests")


@pytest.fixture(scope="module")
def schema_id(api: Api) -> str:
    return schema(api)


def test_create_answers_a_reference_and_get_a_map_of_one(api: Api, schema_id: str) -> None:
    sent = {"name": "LinkedIn Ads Dataset", "schemaRef": {"id": schema_id, "contentType": CONTENT_TYPE}}
    made = api.post(f"{DATASETS}?requestDataSource=False", json=sent)
    (reference,) = made.json()
    assert made.status_code == 201 and re.fullmatch("@/dataSets/[0-9a-f]{24}", reference)
    id = reference.rpartition("/")[2]
    answer = api.get(f"{DATASETS}/{id}")
    assert answer.status_code == 200 and list(answer.json()) == [id]
    found = answer.json()[id]
    assert found["tags"]["adobe/pqs/table"] == ["linkedin_ads_dataset"]
    assert found["extensions"]["adobe_lakeHouse"]["metrics"]["rowCount"] == 0
    assert (found["state"], found["version"], found["imsOrg"]) == ("ACTIVE", "1.0.0", ORG)
    assert found["classification"] == {"dataBehavior": "record", "managedBy": "CUSTOMER"}
    assert found["files"] == f"@/dataSetFiles?dataSetId={id}" and found["schemaRef"] == sent["schemaRef"]
    assert answer.headers["etag"] == made.headers["etag"]


def test_a_dataset_owns_a_table(api: Api, schema_id: str, deployment: Deployment) -> None:
    id = dataset(api, schema_id)
    table = TableRef(ORG, "prod", id)
    assert {"_extconndev", "_ACP_BATCHID", "_headrace"} <= set(deployment.lake.scan(table).column_names)
    assert api.delete(f"{DATASETS}/{id}").json() == [f"@/dataSets/{id}"]
    assert api.get(f"{DATASETS}/{id}").status_code == 404
    with pytest.raises(TableMissing):
        deployment.lake.figures(table)


def test_two_datasets_of_one_name_get_two_names_in_sql(api: Api, schema_id: str) -> None:
    names = [read(api, dataset(api, schema_id, "Às one!"))["tags"]["adobe/pqs/table"] for _ in range(3)]
    assert names == [["s_one"], ["s_one_2"], ["s_one_3"]]


def test_datasets_made_at_the_same_time_get_names_of_their_own(api: Api, schema_id: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        made = pool.map(lambda _: dataset(api, schema_id, "Twins"), range(3))
    names = sorted(read(api, id)["tags"]["adobe/pqs/table"][0] for id in made)
    assert names == ["twins", "twins_2", "twins_3"]


def test_a_refused_dataset_leaves_no_table(api: Api, schema_id: str, deployment: Deployment) -> None:
    tags = {"adobe/pqs/table": ["mine"]}
    assert read(api, dataset(api, schema_id, tags=tags))["tags"]["adobe/pqs/table"] == ["mine"]
    before = sorted((deployment.settings.warehouse / "tables").rglob("*"))
    sent = {"name": "b", "schemaRef": {"id": schema_id, "contentType": CONTENT_TYPE}, "tags": tags}
    answer = api.post(DATASETS, json=sent)
    assert answer.status_code == 409 and "mine" in answer.json()["detail"]
    assert sorted((deployment.settings.warehouse / "tables").rglob("*")) == before


TEXT = {"type": "string"}
CONFUSABLE: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"Id": TEXT, "id": TEXT, "ID": TEXT}, ("'Id'", "'id'", "'ID'", "/_extconndev")),
    ({"a": {"type": "object", "properties": {"k": TEXT, "K": TEXT}}}, ("'k'", "'K'", "/_extconndev/a")),
    (
        {"l": {"type": "array", "items": {"type": "object", "properties": {"k": TEXT, "K": TEXT}}}},
        ("'k'", "'K'", "/_extconndev/l[*]"),
    ),
]


@pytest.mark.parametrize(("fields", "named"), CONFUSABLE)
def test_columns_that_differ_by_case_alone_are_refused(
    api: Api, deployment: Deployment, fields: dict[str, Any], named: tuple[str, ...]
) -> None:
    sent = {"name": "Twins", "schemaRef": {"id": schema(api, {"properties": fields}), "contentType": CONTENT_TYPE}}
    before = sorted((deployment.settings.warehouse / "tables").rglob("*"))
    answer = api.post(DATASETS, json=sent)
    assert answer.status_code == 400 and all(name in answer.json()["detail"] for name in named), answer.text
    assert sorted((deployment.settings.warehouse / "tables").rglob("*")) == before


BAD = [
    ({"schemaRef": {"id": "https://ns.adobe.com/extconndev/schemas/missing"}}, "does not exist"),
    ({"schemaRef": {}}, "schemaRef"),
    ({"schemaRef": None}, "schemaRef"),
    ({"schemaRef": {"contentType": "application/vnd.adobe.xed+json;version=7"}}, "version 7"),
    ({"schemaRef": {"contentType": "application/vnd.adobe.xed+json;version=new"}}, "version"),
    ({"schemaRef": {"contentType": "text/plain"}}, "contentType"),
    ({"name": " "}, "name"),
    ({"name": 7}, "name"),
    ({"tags": []}, "tags"),
    ({"tags": {"a": "b"}}, "tag a"),
    ({"tags": {"adobe/pqs/table": ["No Name"]}}, "adobe/pqs/table"),
    ({"enableErrorDiagnostics": "yes"}, "enableErrorDiagnostics"),
    ({"extensions": {"adobe_lakeHouse": 1}}, "adobe_lakeHouse"),
]


@pytest.mark.parametrize(("changes", "named"), BAD)
def test_a_wrong_body_is_refused_by_name(api: Api, schema_id: str, changes: dict[str, Any], named: str) -> None:
    reference = {"id": schema_id, "contentType": CONTENT_TYPE}
    body = {"name": "Bad", "schemaRef": reference, **changes}
    if changes.get("schemaRef"):
        body["schemaRef"] = {**reference, **changes["schemaRef"]}
    answer = api.post(DATASETS, json=body)
    assert answer.status_code == 400 and named in answer.json()["detail"]
    assert answer.json()["type"] == "http://ns.adobe.com/aep/errors/CATALOG-1000-400"


RENAME = {"op": "replace", "path": "/name", "value": "Renamed"}
PATCHES = [
    ("application/json", {"name": "Renamed", "description": None, "tags": {"a": ["b"]}}),
    ("application/json-patch+json", [{"op": "add", "path": "/tags/a", "value": ["b"]}, RENAME]),
    ("application/json", [{"op": "replace", "path": "/tags/a", "value": ["b"]}, RENAME]),
]


@pytest.mark.parametrize(("label", "patch"), PATCHES)
def test_a_patch_merges_or_instructs(api: Api, schema_id: str, label: str, patch: Any) -> None:
    id = dataset(api, schema_id, "First")
    before = read(api, id)
    answer = api.patch(f"{DATASETS}/{id}", json=patch, headers={"Content-Type": label})
    assert answer.status_code == 200 and answer.json() == [f"@/dataSets/{id}"]
    after = read(api, id)
    assert (after["name"], after["tags"]["a"], after["version"]) == ("Renamed", ["b"], "1.0.1")
    assert after["tags"]["adobe/pqs/table"] == before["tags"]["adobe/pqs/table"]
    assert after["viewId"] == before["viewId"]


def test_a_tag_key_with_slashes_is_patched_by_its_pointer(api: Api, schema_id: str) -> None:
    id = dataset(api, schema_id)
    patch = [{"op": "replace", "path": "/tags/adobe~1pqs~1table", "value": ["patched_name"]}]
    assert api.patch(f"{DATASETS}/{id}", json=patch).status_code == 200
    assert read(api, id)["tags"]["adobe/pqs/table"] == ["patched_name"]


def test_what_was_read_can_be_put_back(api: Api, schema_id: str) -> None:
    id = dataset(api, schema_id)
    before = read(api, id)
    assert api.put(f"{DATASETS}/{id}", json={**before, "description": "More"}).json() == [f"@/dataSets/{id}"]
    after = read(api, id)
    changing = {"description", "updated", "version", "extensions"}
    assert {key: after[key] for key in before if key not in changing} == {
        key: before[key] for key in before if key not in changing
    }
    assert after["description"] == "More"


def test_a_row_expiration_is_kept_beside_the_figures(api: Api, schema_id: str) -> None:
    id = dataset(api, schema_id)
    patch = {"extensions": {"adobe_lakeHouse": {"rowExpiration": {"ttlValue": "P3M"}}}}
    assert api.patch(f"/data/foundation/catalog/v2/dataSets/{id}", json=patch).status_code == 200
    lake_house = read(api, id)["extensions"]["adobe_lakeHouse"]
    assert lake_house["rowExpiration"] == {"ttlValue": "P3M"} and lake_house["metrics"]["rowCount"] == 0


REFUSED = [
    ({"If-Match": '"other"'}, {"name": "b"}, 412),
    ({}, {"schemaRef": {"id": "https://ns.adobe.com/extconndev/schemas/other"}}, 400),
    ({}, {"name": None}, 400),
    ({}, [{"op": "replace", "path": "/nothing/here", "value": 1}], 400),
    ({}, [{"op": "move", "path": "/name", "from": "/a"}], 400),
    ({}, "text", 400),
    ({}, [], 400),
]


@pytest.mark.parametrize(("headers", "patch", "status"), REFUSED)
def test_a_refused_patch_changes_nothing(
    api: Api, schema_id: str, headers: dict[str, str], patch: Any, status: int
) -> None:
    id = dataset(api, schema_id)
    assert api.patch(f"{DATASETS}/{id}", json=patch, headers=headers).status_code == status
    assert read(api, id)["version"] == "1.0.0"


def test_if_match_takes_the_etag_with_and_without_quotes(api: Api, schema_id: str) -> None:
    id = dataset(api, schema_id)
    for name, bare in (("b", False), ("c", True)):
        etag = api.get(f"{DATASETS}/{id}").headers["etag"]
        headers = {"If-Match": etag.strip('"') if bare else etag}
        assert api.patch(f"{DATASETS}/{id}", json={"name": name}, headers=headers).status_code == 200


@pytest.mark.parametrize("status", ["loaded", "staging", "committing"])
def test_a_dataset_in_use_stays(api: Api, schema_id: str, deployment: Deployment, status: str) -> None:
    id = dataset(api, schema_id)
    with deployment.store.write() as conn:
        documents.create(conn, CALLER, "targetConnections", f"t-{id}", {"params": {"dataSetId": id}}, 1)
        documents.create(conn, CALLER, "flows", f"f-{id}", {"targetConnectionIds": [f"t-{id}"]}, 1)
        batches.insert(conn, CALLER, id=f"b-{id}", dataset_id=id, at=1, status=status)
    answer = api.delete(f"{DATASETS}/{id}")
    assert answer.status_code == 409 and f"f-{id}" in answer.json()["detail"]
    busy = api.delete(f"{DATASETS}/{id}?force=true")
    assert busy.status_code == 409 and f"b-{id}" in busy.json()["detail"]
    with deployment.store.write() as conn:
        batches.move(conn, f"b-{id}", {status}, "aborted", at=2)
    assert api.delete(f"{DATASETS}/{id}?force=true").status_code == 200


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_another_sandbox_or_org_sees_nothing(api: Api, schema_id: str, method: str) -> None:
    id = dataset(api, schema_id)
    for other in (api.as_(sandbox="dev"), api.as_(org="FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg")):
        body = {} if method in ("GET", "DELETE") else {"json": {"name": "stolen"}}
        answer = other.request(method, f"{DATASETS}/{id}", **body)
        assert answer.status_code == 404 and answer.json()["status"] == 404
    assert read(api, id)["name"] == "Rows"


def test_datasets_is_another_spelling(api: Api, schema_id: str) -> None:
    id = dataset(api, schema_id)
    assert list(api.get(f"{DATASETS.lower()}/{id}/").json()) == [id]
