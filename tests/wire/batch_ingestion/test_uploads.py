"""Batches that clients load over the wire: opened, filled, completed or given up."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from headrace.lake.recorded import FileStore
from headrace.runs.deployment import Deployment
from headrace.store import batches
from memory_files import MemoryFiles
from wire_dataset import dataset, read, schema
from wire_server import Api

BATCHES = "/data/foundation/import/batches"
EXPORT = "/data/foundation/export"
CATALOG = "/data/foundation/catalog/batches"
OCTETS = {"Content-Type": "application/octet-stream"}
JSON = {"format": "json"}


@pytest.fixture(scope="module", params=[None, MemoryFiles], ids=["directory", "memory"])
def landed(request: pytest.FixtureRequest) -> FileStore | None:
    """What is uploaded may land anywhere: nobody above the store knows where."""
    store: FileStore | None = request.param and request.param()
    return store


@pytest.fixture(scope="module")
def dataset_id(api: Api) -> str:
    return dataset(api, schema(api))


def _open(api: Api, dataset_id: str, **members: Any) -> str:
    answer = api.post(BATCHES, json={"datasetId": dataset_id, "inputFormat": JSON, **members})
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def _act(api: Api, id: str, action: str) -> Any:
    return api.post(f"{BATCHES}/{id}?action={action}", headers={"Content-Type": "application/json"})


def _file(dataset_id: str, id: str, name: str = "F1.json") -> str:
    return f"{BATCHES}/{id}/datasets/{dataset_id}/files/{name}"


def _content(deployment: Deployment, id: str, name: str) -> bytes:
    with deployment.store.read() as conn:
        found = batches.file(conn, id, batches.INPUT_FILES, name)
    assert found is not None
    return deployment.lake.landing.read(found.ref)


def test_a_new_batch_is_a_bare_object(api: Api, dataset_id: str) -> None:
    sent = {
        "datasetId": dataset_id,
        "inputFormat": {"format": "JSON", "isMultiLineJson": True},
        "enableErrorDiagnostics": True,
        "partialIngestionPercentage": 5,
    }
    answer = api.post(BATCHES, json=sent)
    made = answer.json()
    assert (answer.status_code, made["status"], made["version"]) == (201, "loading", "1.0.0")
    assert len(made["id"]) == 26 and made["externalId"] == made["id"]
    assert made["relatedObjects"] == [{"type": "dataSet", "id": dataset_id}]
    assert made["tags"] == {"acp_enableErrorDiagnostics": True, "acp_partialIngestionPercent": 5}
    assert made["inputFormat"] == sent["inputFormat"]
    assert api.get(f"{CATALOG}/{made['id']}").json() == {made["id"]: made}
    assert api.get(f"{CATALOG}?batch={made['id']}").json() == {made["id"]: made}


def test_an_external_id_opens_one_batch(api: Api, dataset_id: str) -> None:
    first = _open(api, dataset_id, externalId="load-7")
    assert _open(api, dataset_id, externalId="load-7") == first
    assert _act(api, first, "ABORT").json()["status"] == "aborted"
    assert _open(api, dataset_id, externalId="load-7") != first


def test_patch_is_how_one_client_replays(api: Api, dataset_id: str) -> None:
    old = _open(api, dataset_id)
    replay = {"predecessors": [f"${old}", old], "reason": "replace"}
    answer = api.patch(BATCHES, json={"datasetId": dataset_id, "inputFormat": JSON, "replay": replay})
    assert answer.status_code == 201 and answer.json()["replay"] == {"predecessors": [old], "reason": "replace"}


def test_only_a_batch_of_the_same_dataset_can_be_replaced(api: Api, dataset_id: str) -> None:
    other = _open(api, dataset(api, schema(api)))
    for named in ("01ABC", other):
        sent = {"datasetId": dataset_id, "inputFormat": JSON, "replay": {"predecessors": [named], "reason": "replace"}}
        answer = api.post(BATCHES, json=sent)
        assert answer.status_code == 400 and f"names {named}, which is no batch of" in answer.json()["detail"]


def test_a_batch_is_aborted_only_before_it_is_loaded(api: Api, dataset_id: str) -> None:
    id = _open(api, dataset_id)
    assert api.put(_file(dataset_id, id), content=b"{}", headers=OCTETS).status_code == 200
    assert _act(api, id, "COMPLETE").json()["status"] == "loaded"
    answer = _act(api, id, "ABORT")
    assert (answer.status_code, answer.json()["type"][-15:]) == (409, "INGEST-1409-409")
    assert f"{id} is loaded; ABORT is possible only while it is loading" in answer.json()["detail"]
    assert api.get(f"{CATALOG}/{id}").json()[id]["status"] == "loaded"


BAD = [
    ({"datasetId": None}, 400, "datasetId"),
    ({"datasetId": 7}, 400, "datasetId"),
    ({"datasetId": "0" * 24}, 404, "Dataset"),
    ({"inputFormat": None}, 400, "parquet"),
    ({"inputFormat": {"format": "csv"}}, 400, "csv"),
    ({"inputFormat": {"format": 1}}, 400, "inputFormat.format"),
    ({"inputFormat": {"format": "json", "isMultiLineJson": "yes"}}, 400, "isMultiLineJson"),
    ({"partialIngestionPercentage": 101}, 400, "partialIngestionPercentage"),
    ({"partialIngestionPercentage": True}, 400, "partialIngestionPercentage"),
    ({"enableErrorDiagnostics": 1}, 400, "enableErrorDiagnostics"),
    ({"tags": []}, 400, "tags"),
    ({"externalId": "x" * 65}, 400, "externalId"),
    ({"replay": {"predecessors": "a"}}, 400, "predecessors"),
    ({"replay": {"predecessors": ["a"] * 1001}}, 400, "at most 1000"),
]


@pytest.mark.parametrize(("changes", "status", "named"), BAD)
def test_a_wrong_batch_is_refused_by_name(
    api: Api, dataset_id: str, changes: dict[str, Any], status: int, named: str
) -> None:
    answer = api.post(BATCHES, json={"datasetId": dataset_id, "inputFormat": JSON, **changes})
    assert answer.status_code == status and named in answer.json()["detail"]
    assert answer.json()["type"].startswith("http://ns.adobe.com/aep/errors/INGEST-")


@pytest.mark.parametrize("name", ["F1.json", "etc/F2.json", "with%20blank.json"])
def test_a_file_lands_under_its_path(api: Api, deployment: Deployment, dataset_id: str, name: str) -> None:
    id = _open(api, dataset_id)
    for content in (b'{"a": 1}', b'{"a": 2}\n' * 300_000):
        answer = api.put(_file(dataset_id, id, name), content=content, headers=OCTETS)
        assert (answer.status_code, answer.content) == (200, b"")
        assert _content(deployment, id, name.replace("%20", " ")) == content
    head = api.head(_file(dataset_id, id, name))
    assert head.status_code == 200 and head.headers["content-length"] == str(len(content))
    assert _act(api, id, "COMPLETE").status_code == 200


@pytest.mark.parametrize("name", ["../F1.json", "a/%2E%2E/b", "x" * 1025])
def test_a_name_that_is_no_path_is_refused(api: Api, dataset_id: str, name: str) -> None:
    id = _open(api, dataset_id)
    path = _file(dataset_id, id).removesuffix("F1.json") + name.replace("../", "%2e%2e/")
    assert api.put(path, content=b"{}", headers=OCTETS).status_code == 400


def test_files_are_taken_only_while_loading(api: Api, dataset_id: str) -> None:
    id = _open(api, dataset_id)
    assert _act(api, id, "ABORT").status_code == 200
    answer = api.put(_file(dataset_id, id), content=b"{}", headers=OCTETS)
    assert answer.status_code == 409 and "aborted" in answer.json()["detail"]


def test_a_form_is_no_file(api: Api, dataset_id: str) -> None:
    id = _open(api, dataset_id)
    answer = api.put(_file(dataset_id, id), files={"file": b"{}"})
    assert answer.status_code == 415 and "octet-stream" in answer.json()["detail"]


def test_unknown_batches_and_datasets_are_not_found(api: Api, dataset_id: str) -> None:
    id = _open(api, dataset_id)
    other = dataset(api, schema(api))
    for path in (_file(dataset_id, "01NONE"), _file("0" * 24, id), _file(other, id)):
        assert api.put(path, content=b"{}", headers=OCTETS).status_code == 404
    for action in ("COMPLETE", "ABORT", "FAIL", "REVERT"):
        assert _act(api, "01NONE", action).status_code == 404


def test_a_batch_of_another_sandbox_is_not_found(api: Api, dataset_id: str) -> None:
    id = _open(api, dataset_id)
    other = api.as_(sandbox="dev")
    assert other.put(_file(dataset_id, id), content=b"{}", headers=OCTETS).status_code == 404
    assert _act(other, id, "COMPLETE").status_code == 404
    assert other.get(f"{CATALOG}/{id}").status_code == 404
    assert api.get(f"{CATALOG}/{id}").json()[id]["status"] == "loading"


def test_a_failed_batch_says_what_clients_read_of_it(api: Api, dataset_id: str) -> None:
    id = _open(api, dataset_id)
    assert _act(api, id, "fail").json()["status"] == "failed"
    failed = api.get(f"{CATALOG}?status=failure&dataSet={dataset_id}&orderBy=desc:created").json()[id]
    assert failed["relatedObjects"][0]["type"] == "dataSet" and failed["sandboxId"] and failed["created"]
    assert all(error["code"] and error["description"] for error in failed["errors"]) and failed["errors"]
    assert _act(api, id, "FAIL").status_code == 409


@pytest.mark.parametrize("action", ["", "DANCE"])
def test_an_unknown_action_is_refused(api: Api, dataset_id: str, action: str) -> None:
    assert _act(api, _open(api, dataset_id), action).status_code == 400


def test_only_a_batch_that_succeeded_is_reverted(api: Api, dataset_id: str) -> None:
    assert _act(api, _open(api, dataset_id), "REVERT").status_code == 409


def _part(api: Api, path: str, content: bytes, first: int, total: int) -> Any:
    place = f"bytes {first}-{first + len(content) - 1}/{total}"
    return api.patch(path, content=content, headers={**OCTETS, "Content-Range": place})


@pytest.fixture
def large(api: Api, dataset_id: str) -> Iterator[tuple[str, str]]:
    id = _open(api, dataset_id)
    path = _file(dataset_id, id, "big/L.json")
    assert api.post(f"{path}?action=INITIALIZE").status_code == 201
    yield id, path


def test_a_large_file_is_joined_from_its_parts(api: Api, deployment: Deployment, large: tuple[str, str]) -> None:
    id, path = large
    content = json.dumps([{"a": n} for n in range(100)]).encode()
    half, total = len(content) // 2, len(content)
    assert _part(api, path, content[half:], half, total).status_code == 200
    assert api.head(path).headers["range"] == f"bytes={half}-{total - 1}"
    missing = api.post(f"{path}?action=COMPLETE")
    assert missing.status_code == 400 and "Byte 0" in missing.json()["detail"]
    for _ in range(2):
        assert _part(api, path, content[:half], 0, total).json() == {"name": "big/L.json", "sizeInBytes": total}
    for _ in range(2):
        done = api.post(f"{path}?action=COMPLETE")
        assert (done.status_code, done.json()) == (200, {"name": "big/L.json", "sizeInBytes": total})
    assert _content(deployment, id, "big/L.json") == content
    assert len(deployment.lake.landing.listed(id)) == 1


WRONG_PARTS = [("bytes 0-9/20", b"short"), ("0-4", b"short"), ("bytes 0-4/4", b"short"), ("", b"short")]


@pytest.mark.parametrize(("place", "content"), WRONG_PARTS)
def test_a_part_that_is_not_what_it_says_is_refused(
    api: Api, large: tuple[str, str], place: str, content: bytes
) -> None:
    answer = api.patch(large[1], content=content, headers={**OCTETS, "Content-Range": place})
    assert answer.status_code == 400 and "Content-Range" in answer.json()["detail"]


def test_overlapping_parts_and_wrong_totals_are_refused(api: Api, large: tuple[str, str]) -> None:
    path = large[1]
    for first, total in ((0, 10), (3, 10)):
        assert _part(api, path, b"12345", first, total).status_code == 200
    assert "twice" in api.post(f"{path}?action=COMPLETE").json()["detail"]
    assert api.post(f"{path}?action=INITIALIZE").status_code == 201
    assert _part(api, path, b"12345", 0, 10).status_code == 200
    assert api.post(f"{path}?action=COMPLETE").status_code == 400


def test_a_part_needs_a_begun_file(api: Api, dataset_id: str) -> None:
    path = _file(dataset_id, _open(api, dataset_id), "never.json")
    assert _part(api, path, b"12345", 0, 5).status_code == 404
    assert api.post(f"{path}?action=COMPLETE").status_code == 404
    assert api.head(path).status_code == 404


def _promoted(api: Api, deployment: Deployment, id: str) -> dict[str, Any]:
    for _ in range(2):
        assert _act(api, id, "COMPLETE").json()["status"] == "loaded"
    deployment.life().carry(id)
    found: dict[str, Any] = api.get(f"{CATALOG}/{id}").json()[id]
    return found


GOOD, BAD_ROW = {"_extconndev": {"clicks": 1, "name": "a"}}, {"_extconndev": {"clicks": "n/a", "name": "b"}}


def test_a_completed_batch_is_promoted_and_read_back(api: Api, deployment: Deployment) -> None:
    id_of_dataset = dataset(api, schema(api), "Uploads")
    id = _open(api, id_of_dataset, enableErrorDiagnostics=True, partialIngestionPercentage=50)
    content = json.dumps([GOOD, GOOD, BAD_ROW]).encode()
    assert api.put(_file(id_of_dataset, id), content=content, headers=OCTETS).status_code == 200
    found = _promoted(api, deployment, id)
    counted = {name: found["metrics"][f"{name}RecordCount"] for name in ("input", "output", "failed")}
    assert (found["status"], counted) == ("success", {"input": 3, "output": 2, "failed": 1})
    assert read(api, id_of_dataset)["extensions"]["adobe_lakeHouse"]["metrics"]["rowCount"] == 2
    (entry,) = api.get(f"{EXPORT}/batches/{id}/meta?path=row_errors").json()["data"]
    (record,) = api.get(
        f"{EXPORT}/batches/{id}/meta?path=row_errors/{entry['name']}", headers={"Accept": "application/json"}
    ).json()
    assert record["_extconndev"] == BAD_ROW["_extconndev"] and record["_errors"][0]["code"] == "MAPPER-3700-400"
    (sample,) = api.get(f"{EXPORT}/batches/{id}/meta?path=row_error_samples.json").json()
    assert sample["record"] == BAD_ROW and sample["_filename"] == "F1.json"
    (file,) = api.get(f"{EXPORT}/batches/{id}/files").json()["data"]
    assert file["records"] == "2"


def test_a_bad_row_fails_a_batch_that_allows_none(api: Api, deployment: Deployment) -> None:
    id_of_dataset = dataset(api, schema(api), "Uploads")
    id = _open(api, id_of_dataset)
    api.put(_file(id_of_dataset, id), content=json.dumps(BAD_ROW).encode(), headers=OCTETS)
    found = _promoted(api, deployment, id)
    assert found["status"] == "failed" and found["errors"][0]["code"] and found["errors"][0]["description"]
    assert read(api, id_of_dataset)["extensions"]["adobe_lakeHouse"]["metrics"]["rowCount"] == 0
    assert len(api.get(f"{EXPORT}/batches/{id}/failed").json()["data"]) == 1
