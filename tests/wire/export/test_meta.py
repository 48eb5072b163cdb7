"""What a batch tells about its input and its rejected records, and the files that hold its rows."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.files import FileFacts, FileRef
from headrace.lake import Change, Stamp, TableRef
from headrace.lake.changes import Append
from headrace.lake.landing import InputPages, RowErrors, Upload
from headrace.lake.pages import Gathered, PageBody, page_name
from headrace.runs.deployment import Deployment
from headrace.runs.verification import verify
from headrace.store import batches
from headrace.store.batches import BatchFile
from headrace.store.scope import Caller
from headrace.xdm.arrow_schema import arrow_schema
from wire_dataset import DATASETS, FIELDS, dataset, schema
from wire_server import ORG, Api

EXPORT = "/data/foundation/export"
CALLER = Caller(ORG, "prod", "", "wire-tests", "tests")
SCHEMA = arrow_schema({"type": "object", "properties": {"_extconndev": {"type": "object", "properties": FIELDS}}})
ERRORS = [{"name": f"r{n}", "_errors": [{"code": "1401", "message": "bad"}], "_filename": "F1.json"} for n in (1, 2)]
LINES = b"".join(json.dumps(record).encode() + b"\n" for record in ERRORS)


@dataclass(frozen=True)
class Loaded:
    """A batch that was committed with three rows in two months, two rejected records and two input files."""

    batch: str
    dataset: str

    @property
    def path(self) -> str:
        return f"{EXPORT}/batches/{self.batch}"


@pytest.fixture(scope="module")
def dataset_id(api: Api) -> str:
    return dataset(api, schema(api))


def _insert(deployment: Deployment, dataset_id: str, id: str, status: str = "staging") -> None:
    with deployment.store.write() as conn:
        batches.insert(conn, CALLER, id=id, dataset_id=dataset_id, at=1000, status="staging")
        if status == "failed":
            batches.move(conn, id, {"staging"}, "failed", at=2000)


def _record(deployment: Deployment, id: str, directory: str, files: list[BatchFile]) -> None:
    with deployment.store.write() as conn:
        batches.set_files(conn, id, directory, files, 1000)


def _commit(deployment: Deployment, table: TableRef, id: str) -> list[FileRef]:
    stamp = Stamp(id, "", "s", 0, 1, 1000, 1000)
    names, clicks = pa.array(["a", "b", "c"]), pa.array([1, 2, 3], pa.int64())
    struct = pa.StructArray.from_arrays([clicks, names], fields=list(SCHEMA.field("_extconndev").type))
    rows = pa.table({"_row": pa.array([0, 1, 2], pa.int64()), "_extconndev": struct})
    with deployment.lake.writer(table, SCHEMA, stamp) as writer:
        writer.write(rows, pa.array([date(2022, 7, 1), date(2022, 8, 1), None], pa.date32()))
        files = writer.close()
    deployment.lake.commit(table, SCHEMA, [Change(id, "s", Append(), tuple(files), 1000)])
    return files


@pytest.fixture(scope="module")
def loaded(api: Api, deployment: Deployment, dataset_id: str) -> Iterator[Loaded]:
    id = "01LOADED000000000000000000"
    _insert(deployment, dataset_id, id)
    files = _commit(deployment, TableRef(ORG, "prod", dataset_id), id)
    errors = deployment.lake.landing.put(RowErrors(id, "conversion", 0, 1), [LINES])
    _record(deployment, id, batches.DATA, [BatchFile("", one.name, one) for one in files])
    _record(deployment, id, batches.ROW_ERRORS, [BatchFile("", "conversion_errors_0.json", errors)])
    landed = deployment.lake.landing.put(Upload(id, 1), [b"[1,2,3]"])
    inputs = [BatchFile("", name, landed, FileFacts(size=7)) for name in ("F1.json", "etc/F2.json")]
    _record(deployment, id, batches.INPUT_FILES, inputs)
    with deployment.store.write() as conn:
        batches.move(conn, id, {"staging"}, "committing", at=2000)
        batches.move(conn, id, {"committing"}, "success", at=3000)
    yield Loaded(id, dataset_id)


def _hrefs(listing: dict[str, Any]) -> list[str]:
    return [item["_links"]["self"]["href"] for item in listing["data"]]


def _follow(api: Api, href: str, **kw: Any) -> Any:
    # The emulator of these tests listens elsewhere than its settings say; hrefs start with the public URL.
    return api.get(href.partition("://")[2].partition("/")[1] + href.partition("://")[2].partition("/")[2], **kw)


def test_every_entry_has_a_length_and_a_link_that_gives_it(api: Api, loaded: Loaded, deployment: Deployment) -> None:
    for directory, count in (("input_files", 3), ("row_errors", 1)):
        listing = api.get(f"{loaded.path}/meta?path={directory}").json()
        assert listing["_page"] == {"limit": 100, "count": count}
        entry, *came = listing["data"]
        assert [each["name"] for each in came] == ["F1.json", "etc/F2.json"][: count - 1]
        href = entry["_links"]["self"]["href"]
        assert href.startswith(f"{deployment.settings.base_url}{loaded.path}/meta?path={directory}%2F")
        answer = _follow(api, href)
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-ndjson"
        assert entry["length"] == str(len(answer.content)) == answer.headers["content-length"]


def test_input_files_are_named_line_by_line(api: Api, loaded: Loaded) -> None:
    answer = api.get(f"{loaded.path}/meta?path=input_files/fileMetaData1.json")
    described = [json.loads(line) for line in answer.text.splitlines()]
    assert described == [{"path": "F1.json", "size": 7}, {"path": "etc/F2.json", "size": 7}]


def test_what_came_is_read_by_its_name_as_it_came(api: Api, deployment: Deployment, loaded: Loaded) -> None:
    id, landing = "01PAGES", deployment.lake.landing
    _insert(deployment, loaded.dataset, id)
    gathered = Gathered(InputPages(id, 0, 1, 0), 0.0)
    pages = {page_name(0, n): b'{"elements": [%d]}\n' % n for n in (7, 313)}
    for name, body in pages.items():
        gathered.add(PageBody(name, body, 1), "https://a.example/x")
    named = [BatchFile("", page.name, page.ref, page.facts) for page in gathered.land(landing)]
    _record(deployment, id, batches.INPUT_FILES, named)
    for batch, came in ((id, pages), (loaded.batch, dict.fromkeys(("F1.json", "etc/F2.json"), b"[1,2,3]"))):
        _, *listed = api.get(f"{EXPORT}/batches/{batch}/meta?path=input_files").json()["data"]
        assert {each["name"]: int(each["length"]) for each in listed} == {name: len(came[name]) for name in came}
        for entry in listed:
            path = f"{EXPORT}/batches/{batch}/meta?path=input_files/{entry['name']}"
            for answer in (_follow(api, entry["_links"]["self"]["href"]), api.get(path)):
                assert answer.content == came[entry["name"]]
                assert answer.headers["content-type"] == "application/octet-stream"
                assert answer.headers["content-length"] == entry["length"]
    assert api.get(f"{EXPORT}/batches/{id}/meta?path=input_files/{page_name(0, 8)}").status_code == 404


ARRAYS = [({"Accept": "application/json"}, ""), ({}, "&format=array")]


@pytest.mark.parametrize(("headers", "query"), ARRAYS)
def test_lines_become_an_array_for_clients_that_read_json_only(
    api: Api, loaded: Loaded, headers: dict[str, str], query: str
) -> None:
    answer = api.get(f"{loaded.path}/meta?path=row_errors%2Fconversion_errors_0.json{query}", headers=headers)
    assert answer.headers["content-type"] == "application/json" and answer.json() == ERRORS


@pytest.mark.parametrize("name", ["row_error_samples.json", "row_errors_sample.json"])
def test_samples_have_the_reason_and_the_record(api: Api, loaded: Loaded, name: str) -> None:
    samples = api.get(f"{loaded.path}/meta?path={name}").json()
    reason = {"code": "1401", "message": "bad", "_filename": "F1.json"}
    assert samples == [{**reason, "record": {"name": f"r{n}"}} for n in (1, 2)]


def test_no_path_lists_the_three_entries(api: Api, loaded: Loaded) -> None:
    listing = api.get(f"{loaded.path}/meta").json()
    assert [entry["name"] for entry in listing["data"]] == ["input_files", "row_errors", "row_error_samples.json"]
    assert [_follow(api, href).status_code for href in _hrefs(listing)] == [200, 200, 200]
    assert listing["data"][2]["length"] == str(len(_follow(api, _hrefs(listing)[2]).content))


def test_a_batch_without_errors_lists_none(api: Api, deployment: Deployment, dataset_id: str) -> None:
    _insert(deployment, dataset_id, "01CLEAN")
    for path, empty in (("row_errors", {"limit": 100, "count": 0}), ("input_files", {"limit": 100, "count": 0})):
        listing = api.get(f"{EXPORT}/batches/01CLEAN/meta?path={path}").json()
        assert (listing["data"], listing["_page"]) == ([], empty)
    assert api.get(f"{EXPORT}/batches/01CLEAN/meta?path=row_error_samples.json").json() == []
    assert api.get(f"{EXPORT}/batches/01CLEAN/files").json()["data"] == []


def test_samples_stop_at_a_hundred(api: Api, deployment: Deployment, dataset_id: str) -> None:
    id = "01MANY"
    _insert(deployment, dataset_id, id)
    ref = deployment.lake.landing.put(RowErrors(id, "parsing", 0, 1), [LINES * 200])
    _record(deployment, id, batches.ROW_ERRORS, [BatchFile("", "parsing_errors_0.json", ref)])
    assert len(api.get(f"{EXPORT}/batches/{id}/meta?path=row_error_samples.json").json()) == 100


def test_listings_have_pages(api: Api, deployment: Deployment, dataset_id: str) -> None:
    id = "01PAGED"
    _insert(deployment, dataset_id, id)
    ref = deployment.lake.landing.put(RowErrors(id, "parsing", 0, 1), [LINES])
    named = [BatchFile("", f"parsing_errors_{n}.json", ref) for n in range(5)]
    _record(deployment, id, batches.ROW_ERRORS, named)
    listing = api.get(f"{EXPORT}/batches/{id}/meta?path=row_errors&limit=2").json()
    names = [entry["name"] for entry in listing["data"]]
    while "next" in listing["_links"]:
        listing = _follow(api, listing["_links"]["next"]["href"]).json()
        names += [entry["name"] for entry in listing["data"]]
    assert names == [file.name for file in named]
    assert api.get(f"{EXPORT}/batches/{id}/meta?path=row_errors&limit=101").status_code == 400


def test_a_failed_batch_gives_its_records_back(
    api: Api, deployment: Deployment, dataset_id: str, loaded: Loaded
) -> None:
    id = "01FAILED"
    _insert(deployment, dataset_id, id, "failed")
    ref = deployment.lake.landing.put(RowErrors(id, "parsing", 0, 1), [LINES])
    _record(deployment, id, batches.ROW_ERRORS, [BatchFile("", "parsing_errors_0.json", ref)])
    listing = api.get(f"{EXPORT}/batches/{id}/failed").json()
    assert [entry["name"] for entry in listing["data"]] == ["parsing_errors_0.json"]
    assert _follow(api, _hrefs(listing)[0]).content == LINES
    assert api.get(f"{EXPORT}/batches/{id}/failed?path=other.json").status_code == 404
    assert api.get(f"{loaded.path}/failed").json()["data"] == []


def _files(api: Api, loaded: Loaded) -> list[dict[str, Any]]:
    listing: list[dict[str, Any]] = api.get(f"{loaded.path}/files").json()["data"]
    return listing


def test_the_files_of_a_batch_hold_its_rows(api: Api, loaded: Loaded) -> None:
    files = _files(api, loaded)
    assert len(files) == 3 and len({one["dataSetFileId"] for one in files}) == 3
    view = api.get(f"{DATASETS}/{loaded.dataset}").json()[loaded.dataset]["viewId"]
    rows = []
    for one in files:
        assert one["dataSetFileId"].startswith(f"{loaded.batch}-") and one["dataSetViewId"] == view
        (entry,) = _follow(api, one["_links"]["self"]["href"]).json()["data"]
        answer = _follow(api, entry["_links"]["self"]["href"])
        assert entry["length"] == one["size"] == str(len(answer.content)) == answer.headers["content-length"]
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
        rows += pq.read_table(io.BytesIO(answer.content)).column("_extconndev").to_pylist()
    assert sorted(row["name"] for row in rows) == ["a", "b", "c"]


RANGES = [("bytes=0-3", 0, 4), ("bytes=4-", 4, None), ("bytes=-4", -4, None), ("bytes=0-999999999", 0, None)]


@pytest.mark.parametrize("as_header", [True, False])
@pytest.mark.parametrize(("text", "first", "end"), RANGES)
def test_a_range_is_a_part(api: Api, loaded: Loaded, text: str, first: int, end: int | None, as_header: bool) -> None:
    (entry,) = api.get(f"{EXPORT}/files/{_files(api, loaded)[0]['dataSetFileId']}").json()["data"]
    href = entry["_links"]["self"]["href"]
    whole = _follow(api, href).content
    asked = {"headers": {"Range": text}} if as_header else {}
    answer = _follow(api, href if as_header else f"{href}&range={text}", **asked)
    assert answer.status_code == 206 and answer.content == whole[first:end]
    start = first % len(whole)
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(whole)}"


def test_a_range_outside_the_file_is_refused(api: Api, loaded: Loaded) -> None:
    (entry,) = api.get(f"{EXPORT}/files/{_files(api, loaded)[0]['dataSetFileId']}").json()["data"]
    answer = _follow(api, entry["_links"]["self"]["href"], headers={"Range": "bytes=999999999-"})
    assert answer.status_code == 416 and answer.json()["title"] == "Range not satisfiable"


def test_head_tells_the_length(api: Api, loaded: Loaded) -> None:
    one = _files(api, loaded)[0]
    (entry,) = api.get(f"{EXPORT}/files/{one['dataSetFileId']}").json()["data"]
    answer = api.head(f"{EXPORT}/files/{one['dataSetFileId']}?path={entry['name']}")
    assert answer.status_code == 200 and answer.headers["content-length"] == one["size"]
    assert answer.headers["accept-ranges"] == "bytes"


UNKNOWN = [
    "batches/01NONE/meta?path=input_files",
    "batches/01NONE/files",
    "batches/01NONE/failed",
    "batches/01LOADED000000000000000000/meta?path=row_errors/none.json",
    "batches/01LOADED000000000000000000/meta?path=input_files/none.json",
    "batches/01LOADED000000000000000000/meta?path=../input_files",
    "batches/01LOADED000000000000000000/meta?path=/etc/passwd",
    "files/01NONE-1",
    "files/01LOADED000000000000000000-1",
    "files/nothing",
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_not_there_is_not_found(api: Api, loaded: Loaded, path: str) -> None:
    answer = api.get(f"{EXPORT}/{path}")
    assert answer.status_code == 404 and answer.json()["type"].endswith("EXPORT-1404-404")
    assert path.split("/")[1].partition("-")[0] in answer.text


def test_a_dataset_shows_its_rows_and_the_fields_that_hold_data(api: Api, loaded: Loaded) -> None:
    rows = api.get(f"{EXPORT}/datasets/{loaded.dataset}/preview").json()["data"]
    shown = sorted(row["_extconndev"]["name"] for row in rows)
    assert shown == ["a", "b", "c"] and list(rows[0]) == ["_extconndev"]
    answer = api.get(f"{DATASETS}/{loaded.dataset}?properties=observableSchema").json()[loaded.dataset]
    own = answer["observableSchema"]["properties"]["_extconndev"]["properties"]
    assert {name: field["type"] for name, field in own.items()} == {"clicks": "integer", "name": "string"}
    assert list(answer) == ["observableSchema"] and list(answer["observableSchema"]["properties"]) == ["_extconndev"]
    assert api.get(f"{EXPORT}/datasets/none/preview").status_code == 404


def test_another_file_name_is_not_found(api: Api, loaded: Loaded) -> None:
    answer = api.get(f"{EXPORT}/files/{_files(api, loaded)[0]['dataSetFileId']}?path=other.parquet")
    assert answer.status_code == 404


def test_another_sandbox_or_org_sees_nothing(api: Api, loaded: Loaded) -> None:
    id = _files(api, loaded)[0]["dataSetFileId"]
    for other in (api.as_(sandbox="dev"), api.as_(org="FFFFFFFFFFFFFFFFFFFFFFFF@AdobeOrg")):
        for path in (f"{loaded.path}/meta", f"{loaded.path}/files", f"{loaded.path}/failed", f"{EXPORT}/files/{id}"):
            assert other.get(path).status_code == 404


def test_a_reverted_batch_leaves_no_rows(api: Api, deployment: Deployment) -> None:
    id, dataset_id = "01REVERTED", dataset(api, schema(api))
    table = TableRef(ORG, "prod", dataset_id)
    _insert(deployment, dataset_id, id)
    _commit(deployment, table, id)
    with deployment.store.write() as conn:
        batches.move(conn, id, {"staging"}, "committing", at=2000)
        batches.move(conn, id, {"committing"}, "success", at=3000)
    assert deployment.lake.figures(table).rows == 3
    for _ in range(2):
        answer = api.post(f"/data/foundation/import/batches/{id}?action=REVERT")
        assert (answer.status_code, answer.json()["status"]) == (200, "inactive")
    assert deployment.lake.figures(table).rows == 0
    found = verify(deployment.store, deployment.lake, lambda *_: None).findings
    assert [one for one in found if id in one.id] == []
    assert api.get(f"{EXPORT}/batches/{id}/files").json()["data"] == []
