"""Adobe's own client, unmodified, on datasets, uploads and downloads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aepp
import pytest
from aepp.catalog import Catalog
from aepp.dataaccess import DataAccess
from aepp.ingestion import DataIngestion

from wire_dataset import read, schema
from wire_server import ORG, Api


@dataclass(frozen=True)
class Client:
    """The three classes of the client that this server's services answer."""

    catalog: Any
    ingestion: Any
    access: Any


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[Client]:
    url = str(api.http.base_url).rstrip("/")
    aepp.configure(org_id=ORG, client_id="wire-tests", secret="s", scopes="openid", retry=0)
    aepp.config.endpoints["global"] = url
    aepp.config.config_object["oauthTokenEndpointV2"] = f"{url}/ims/token/v3"
    made = Client(Catalog(), DataIngestion(), DataAccess())
    yield made
    aepp.config.endpoints["global"] = "https://platform.adobe.io"
    for one in (made.catalog, made.ingestion, made.access):
        one.connector.session.close()


@pytest.fixture(scope="module")
def dataset_id(api: Api, client: Client) -> str:
    (reference,) = client.catalog.createDataSet(name="From aepp", schemaId=schema(api))
    return str(reference).rpartition("/")[2]


def test_datasets(api: Api, client: Client, dataset_id: str) -> None:
    assert client.catalog.getDataSet(dataset_id)[dataset_id]["name"] == "From aepp"
    assert dataset_id in client.catalog.getDataSets()
    (row,) = client.catalog.data.infos.to_dict("records")
    assert (row["id"], row["qs_table"], row["tableFormat"]) == (dataset_id, "from_aepp", "iceberg")
    assert set(client.catalog.getDataSets(limit=1)) == {dataset_id}


def test_an_empty_dataset_has_nothing_to_observe(client: Client, dataset_id: str) -> None:
    assert client.catalog.getDataSetObservableSchema(dataset_id)["observableSchema"]["properties"] == {}
    assert client.access.getPreview(dataset_id) == []


PATCHES = {
    "enableDatasetUpsert": {"unifiedProfile": ["enabled:true", "isUpsert:true"]},
    "disableDatasetProfile": {"unifiedProfile": ["enabled:false"]},
    "enableDatasetProfile": {"unifiedProfile": ["enabled:true"]},
    "enableDatasetIdentity": {"unifiedIdentity": ["enabled:true"]},
    "disableDatasetIdentity": {"unifiedIdentity": ["enabled:false"]},
    "disableDatasetValidationContext": {"acp_validationContext": ["disabled"]},
}


@pytest.mark.parametrize("method", PATCHES)
def test_patches(api: Api, client: Client, dataset_id: str, method: str) -> None:
    assert getattr(client.catalog, method)(dataset_id) == [f"@/dataSets/{dataset_id}"]
    tags = read(api, dataset_id)["tags"]
    assert {name: tags[name] for name in PATCHES[method]} == PATCHES[method]


def test_an_expiration_and_a_replacement(api: Api, client: Client, dataset_id: str) -> None:
    assert client.catalog.setDatasetTTL(dataset_id, "P3M") == [f"@/dataSets/{dataset_id}"]
    body = read(api, dataset_id)
    assert client.catalog.putDataset(dataset_id, body | {"description": "d"}) == [f"@/dataSets/{dataset_id}"]
    assert read(api, dataset_id)["description"] == "d"


def test_a_batch_from_its_creation_to_its_end(client: Client, dataset_id: str) -> None:
    batch = client.ingestion.createBatch(dataset_id, partialIngestionPercentage=5, enableDiagnostic=True)
    id = batch["id"]
    assert client.ingestion.uploadSmallFile(id, dataset_id, "F1.json", data=[{"_extconndev": {"clicks": 1}}]) == {}
    assert client.ingestion.uploadSmallFileFinish(id)["id"] == id
    assert client.catalog.getBatch(id)[id]["status"] != "loading"
    assert id in client.catalog.getBatches(limit=1, n_results=5)
    assert dataset_id in client.catalog.getLastBatches(dataset_id)
    listed = client.access.getBatchMeta(id, path="input_files")["data"]
    named = client.access.getBatchMeta(id, path=f"input_files/{listed[0]['name']}")
    assert [one["path"] for one in named] == ["F1.json"]
    assert client.access.getBatchFiles(id) == []
    assert client.access.getBatchFailed(id) == []


def test_a_failed_batch_in_a_table(client: Client, dataset_id: str) -> None:
    batch = client.ingestion.createBatch(dataset_id)
    assert client.ingestion.uploadSmallFileFinish(batch["id"], action="FAIL")["status"] == "failed"
    (row,) = client.catalog.getFailedBatchesDF().to_dict("records")
    assert row["dataSetId"] == dataset_id and row["errorCode"] == ["INGEST-1100-400"]


def test_a_dataset_goes(api: Api, client: Client) -> None:
    (reference,) = client.catalog.createDataSet(name="Gone", schemaId=schema(api))
    assert client.catalog.deleteDataSet(reference.rpartition("/")[2]) == 200
