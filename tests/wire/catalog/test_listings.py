"""Catalog's listings over the wire: filters, order, pages, projection, batches under all their spellings."""

from typing import Any

import pytest

from headrace.runs.deployment import Deployment
from headrace.store import batches
from headrace.store.batches import BatchError, BatchMetrics
from headrace.store.scope import Caller
from wire_dataset import DATASETS, dataset, schema
from wire_server import ORG, Api

BATCHES = "/data/foundation/catalog/batches"
LAST = "/data/foundation/catalog/lastBatches"
CALLER = Caller(ORG, "prod", "", "wire-tests", "tests")
ERROR = BatchError("INGEST-1212-400", "1 error")


@pytest.fixture(scope="module")
def schema_id(api: Api) -> str:
    return schema(api)


@pytest.fixture(scope="module")
def ids(api: Api, schema_id: str) -> list[str]:
    """Five datasets, oldest first: Set 0 to Set 4."""
    return [
        dataset(api, schema_id, f"Set {n}", description="odd" if n % 2 else "even", tags={"unit": [f"enabled:{n > 2}"]})
        for n in range(5)
    ]


def _names(api: Api, query: str) -> list[str]:
    answer = api.get(f"{DATASETS}?{query}")
    assert answer.status_code == 200, answer.text
    return sorted(one["name"] for one in answer.json().values())


FILTERS = [
    ("", "01234"),
    ("name=Set 1,Set 2", "12"),
    ("name=!Set 1", "0234"),
    ("name=Set*", "01234"),
    ("name=*2", "2"),
    ("description=odd&name=*3", "3"),
    ("tags=unit:enabled:True", "34"),
    ("tags=unit:*", "01234"),
    ("tags=nothing:*", ""),
    ("tags=adobe/pqs/table:set_1", "1"),
    ("createdAfter=0", "01234"),
    ("createdBefore=1", ""),
    ("property=name==Set 1", "1"),
    ("property=name!=Set 1", "0234"),
    ("property=name~^Set [01]$", "01"),
    ("property=description==odd&property=name~1", "1"),
    ("property=description", "01234"),
    ("property=!description", ""),
    ("property=created>0", "01234"),
    ("property=created<=0", ""),
    ("limit=2&orderBy=asc:name", "01"),
    ("limit=2&start=2&orderBy=asc:name", "23"),
    ("limit=2&start=4&orderBy=desc:name", "0"),
    ("start=5", ""),
    ("orderBy=asc:description,name&limit=3", "024"),
    ("orderBy=asc:description,desc:name&limit=4", "0234"),
    ("unknown=parameter", "01234"),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
def test_filters(api: Api, ids: list[str], query: str, expected: str) -> None:
    assert _names(api, query) == [f"Set {n}" for n in expected]


def test_a_schema_finds_its_datasets(api: Api, ids: list[str], schema_id: str) -> None:
    other = dataset(api.as_(sandbox="dev"), schema(api.as_(sandbox="dev")))
    assert set(api.get(f"{DATASETS}?property=schemaRef.id=={schema_id}").json()) == set(ids)
    assert other not in api.get(DATASETS).json()


def test_the_second_page_of_a_client_that_counts_from_one_misses_nothing(api: Api, ids: list[str]) -> None:
    found = api.get(f"{DATASETS}?limit=2").json()
    for start in (3, 5):
        found |= api.get(f"{DATASETS}?limit=2&start={start}").json()
    assert set(found) == set(ids)


def test_properties_choose_members(api: Api, ids: list[str]) -> None:
    answer = api.get(f"{DATASETS}?properties=name,extensions.adobe_lakeHouse.metrics.rowCount&limit=100").json()
    lake_house = {"adobe_lakeHouse": {"metrics": {"rowCount": 0}}}
    assert answer[ids[0]] == {"name": "Set 0", "extensions": lake_house}
    assert api.get(f"{DATASETS}/{ids[0]}?properties=nothing").json() == {ids[0]: {}}


def test_what_aepp_reads_of_every_dataset_is_there(api: Api, ids: list[str]) -> None:
    for one in api.get(f"{DATASETS}?limit=100").json().values():
        assert one["name"] and one["classification"]["dataBehavior"] == "record"
        assert one["tags"]["adobe/pqs/table"] and one["tags"]["adobe/siphon/table/format"] == ["iceberg"]
        assert one["fileDescription"]["format"] == "parquet" and one["schemaRef"]["id"]


BAD = [
    "limit=0",
    "limit=101",
    "limit=ten",
    "start=-1",
    "orderBy=up:name",
    "createdAfter=soon",
    "property=name~(",
    "property=name==",
]


@pytest.mark.parametrize("query", BAD)
@pytest.mark.parametrize("path", [DATASETS, BATCHES])
def test_a_query_that_cannot_be_read_is_refused(api: Api, path: str, query: str) -> None:
    answer = api.get(f"{path}?{query}")
    assert answer.status_code == 400 and query.partition("=")[0].lower() in answer.text.lower()


def _move(deployment: Deployment, id: str, at: int, *statuses: str, **changes: Any) -> None:
    with deployment.store.write() as conn:
        previous = "staging"
        for n, status in enumerate(statuses):
            last = n == len(statuses) - 1
            batches.move(conn, id, {previous}, status, at=at, **(changes if last else {}))
            previous = status


@pytest.fixture(scope="module")
def loads(ids: list[str], deployment: Deployment) -> dict[str, str]:
    """A batch in each state by its state, a second apart, of the first dataset; one more of the second."""
    made = {"success": "01B1", "failed": "01B2", "committing": "01B3", "aborted": "01B4", "staging": "01B5"}
    with deployment.store.write() as conn:
        for n, id in enumerate(made.values(), start=1):
            batches.insert(conn, CALLER, id=id, dataset_id=ids[0], at=n * 1000, status="staging", external_id=f"e{n}")
        batches.insert(conn, CALLER, id="01B6", dataset_id=ids[1], at=6000)
    metrics = BatchMetrics(input_record_count=100, output_record_count=99, failed_record_count=1, input_byte_size=7)
    _move(deployment, "01B1", 1500, "committing", "success", metrics=metrics, errors=(ERROR,), completed_at=1500)
    _move(deployment, "01B2", 2500, "failed", errors=(ERROR,), completed_at=2500)
    _move(deployment, "01B3", 3500, "committing")
    _move(deployment, "01B4", 4500, "aborted")
    return made


def test_a_batch_has_platforms_members(api: Api, loads: dict[str, str], ids: list[str]) -> None:
    found = api.get(f"{BATCHES}/01B1").json()["01B1"]
    assert found["relatedObjects"] == [{"type": "dataSet", "id": ids[0]}]
    assert (found["created"], found["started"], found["completed"]) == (1000, 1000, 1500)
    assert (found["recordCount"], found["failedRecordCount"], found["size"]) == (100, 1, 7)
    assert found["metrics"]["recordsWritten"] == found["metrics"]["outputRecordCount"] == 99
    assert found["errors"] == [{"code": "INGEST-1212-400", "description": "1 error"}]
    assert found["tags"] == {} and found["version"] == "1.0.2" and found["externalId"] == "e1"


BATCH_FILTERS = [
    ("", "654321"),
    ("status=success", "1"),
    ("status=active", "1"),
    ("status=failure", "2"),
    ("status=failed&orderBy=desc:created&limit=10", "2"),
    ("status=staged", "3"),
    ("status=!failure,aborted", "6531"),
    ("status=processing", "5"),
    ("batch=01B2", "2"),
    ("dataSet={second}", "6"),
    ("dataSet={first}&createdAfter=2000", "543"),
    ("createdAfter=2000&createdBefore=5000", "43"),
    ("externalId=e4", "4"),
    ("endAfter=2000", "2"),
    ("property=metrics.failedRecordCount>0", "1"),
    ("orderBy=asc:created&limit=2", "12"),
    ("limit=2&start=4", "21"),
    ("start=6", ""),
]


@pytest.mark.parametrize(("query", "expected"), BATCH_FILTERS)
def test_batch_filters(api: Api, loads: dict[str, str], ids: list[str], query: str, expected: str) -> None:
    answer = api.get(f"{BATCHES}?{query.format(first=ids[0], second=ids[1])}")
    assert answer.status_code == 200 and list(answer.json()) == [f"01B{n}" for n in expected]


def test_last_batches_name_the_newest_of_each_kind(api: Api, loads: dict[str, str], ids: list[str]) -> None:
    first = api.get(f"{LAST}?dataSetId={ids[0]}").json()
    assert list(first) == [ids[0]] and first[ids[0]]["lastBatchId"] == "01B5"
    assert (first[ids[0]]["lastSuccessfulBatchId"], first[ids[0]]["lastFailedBatchId"]) == ("01B1", "01B2")
    assert set(api.get(LAST).json()) == {ids[0], ids[1]}
    assert api.get(f"{DATASETS}/{ids[0]}").json()[ids[0]]["lastSuccessfulBatch"] == "01B1"


def test_an_unknown_batch_is_not_found(api: Api) -> None:
    answer = api.get(f"{BATCHES}/01NONE")
    assert answer.status_code == 404 and answer.json()["title"] == "Object not found"
