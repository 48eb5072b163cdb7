"""Uploaded batches on a running platform: what a client sends, and what becomes of it."""

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.lake import TableRef
from headrace.runs.verification import verify
from platform_server import Platform
from tutorial_flows import CATALOG, EXPORT, Json
from wire_dataset import dataset, schema
from wire_server import ORG

pytestmark = pytest.mark.slow

BATCHES = "/data/foundation/import/batches"
OCTETS = {"Content-Type": "application/octet-stream"}
GOOD = {"_extconndev": {"clicks": 1, "name": "a"}}
BAD = {"_extconndev": {"clicks": "n/a", "name": "b"}}


class Uploads:
    """One dataset that batches are uploaded to."""

    def __init__(self, platform: Platform, dataset_id: str) -> None:
        self.platform, self.api, self.dataset = platform, platform.api, dataset_id

    def open(self, **members: Any) -> str:
        body = {"datasetId": self.dataset, "inputFormat": {"format": "json"}, **members}
        answer = self.api.post(BATCHES, json=body)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id

    def put(self, id: str, content: bytes, name: str = "F1.json") -> Any:
        path = f"{BATCHES}/{id}/datasets/{self.dataset}/files/{name}"
        return self.api.put(path, content=content, headers=OCTETS)

    def act(self, id: str, action: str) -> Any:
        return self.api.post(f"{BATCHES}/{id}?action={action}")

    def ended(self, content: bytes, **members: Any) -> Json:
        """The batch of one file once it is over."""
        id = self.open(**members)
        assert self.put(id, content).status_code == 200
        assert self.act(id, "COMPLETE").status_code == 200
        self.platform.wait()
        return self.shown(id)

    def shown(self, id: str) -> Json:
        found: Json = self.api.get(f"{CATALOG}/batches/{id}").json()[id]
        return found

    def rows(self) -> int:
        return self.platform.deployment.lake.figures(TableRef(ORG, "prod", self.dataset)).rows


@pytest.fixture(scope="module")
def rows_schema(platform: Platform) -> str:
    return schema(platform.api)


@pytest.fixture
def uploads(platform: Platform, rows_schema: str) -> Iterator[Uploads]:
    yield Uploads(platform, dataset(platform.api, rows_schema))


def counted(batch: Json) -> tuple[int, int, int]:
    metrics = batch["metrics"]
    read, written, failed = (metrics[f"{name}RecordCount"] for name in ("input", "output", "failed"))
    assert read == written + failed + metrics["skippedRecordCount"]
    return read, written, failed


TWO = [GOOD, GOOD]
LINES = b"\n".join(json.dumps(row).encode() for row in TWO)
CONTENTS: dict[str, tuple[bytes, Json]] = {
    "an array": (json.dumps(TWO).encode(), {}),
    "one JSON text a line": (LINES, {}),
    "lines of another system": (LINES.replace(b"\n", b"\r\n\r\n") + b"\r\n", {}),
    "an array over several lines": (json.dumps(TWO, indent=2).encode(), {"isMultiLineJson": True}),
    "an array over several lines that nobody announced": (json.dumps(TWO, indent=2).encode(), {}),
    "a byte order mark": (b"\xef\xbb\xbf" + LINES, {}),
    "a text of JSON encoded once more": (json.dumps(json.dumps(TWO)).encode(), {}),
    "lines encoded once more": (json.dumps(LINES.decode()).encode(), {}),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_every_spelling_of_rows_is_read(uploads: Uploads, name: str) -> None:
    content, how = CONTENTS[name]
    batch = uploads.ended(content, inputFormat={"format": "json", **how})
    assert (batch["status"], counted(batch), uploads.rows()) == ("success", (2, 2, 0), 2)


def test_one_object_over_several_lines(uploads: Uploads) -> None:
    how = {"inputFormat": {"format": "json", "isMultiLineJson": True}}
    batch = uploads.ended(json.dumps(GOOD, indent=2).encode(), **how)
    assert (batch["status"], counted(batch)) == ("success", (1, 1, 0))


BROKEN = LINES + b'\n{"_extconndev": {"clicks": \n' + json.dumps(BAD).encode()
TOLERANCE: dict[str, tuple[Json, str, int]] = {
    "no diagnostics": ({}, "failed", 0),
    "diagnostics": ({"enableErrorDiagnostics": True}, "success", 2),
    "a share that holds": ({"partialIngestionPercentage": 50}, "success", 2),
    "a share that is exceeded": ({"enableErrorDiagnostics": True, "partialIngestionPercentage": 49.9}, "failed", 0),
    "none allowed": ({"partialIngestionPercentage": 0}, "failed", 0),
}


@pytest.mark.parametrize("name", TOLERANCE)
def test_bad_rows_are_judged_by_the_batchs_own_settings(uploads: Uploads, name: str) -> None:
    members, status, rows = TOLERANCE[name]
    batch = uploads.ended(BROKEN, **members)
    assert (batch["status"], counted(batch), uploads.rows()) == (status, (4, rows, 2), rows)
    codes = [error["code"] for error in batch["errors"]]
    summary = "INGEST-1212-400" if members else "INGEST-1211-400"
    assert codes == [summary, "INGEST-1401-400", "MAPPER-3700-400"]
    samples = uploads.api.get(f"{EXPORT}/batches/{batch['id']}/meta?path=row_error_samples.json").json()
    assert [sample["_filename"] for sample in samples] == ["F1.json"] * 2
    records = [sample["record"] for sample in samples]
    assert len(records) == 2 and BAD in records and '{"_extconndev": {"clicks":' in records


def test_a_batch_of_bad_rows_only_fails(uploads: Uploads) -> None:
    batch = uploads.ended(json.dumps([BAD, BAD]).encode(), enableErrorDiagnostics=True)
    assert batch["status"] == "failed" and "All 2 rows were rejected" in batch["errors"][0]["description"]


ODD = {
    "nested deeper than anybody reads": b"[" * 2000 + b"]" * 2000,
    "a number that nothing holds": b'{"_extconndev": {"clicks": 1e400, "name": "a"}}',
    "no JSON": b'{"_extconndev": {"clicks" 1}}',
    "a text for an object": b'{"_extconndev": "clicks"}',
    "an array for an object": b'{"_extconndev": [{"clicks": 1}]}',
}


WHY = {
    "nested deeper than anybody reads": "line 3 is nested more than 200 levels deep",
    "a number that nothing holds": "1e400 from _extconndev.clicks cannot become long",
    "no JSON": "line 3 is not JSON (expecting ':' delimiter at character 27)",
    "a text for an object": '"clicks" from _extconndev cannot become object',
    "an array for an object": "from _extconndev cannot become object",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_line_costs_itself_and_is_shown(uploads: Uploads, name: str) -> None:
    batch = uploads.ended(LINES + b"\n" + ODD[name], enableErrorDiagnostics=True)
    assert (batch["status"], counted(batch)) == ("success", (3, 2, 1))
    samples = uploads.api.get(f"{EXPORT}/batches/{batch['id']}/meta?path=row_error_samples.json")
    assert samples.status_code == 200
    [sample] = samples.json()
    assert WHY[name] in sample["message"]


def test_fields_that_the_schema_does_not_know_are_counted_and_left_out(uploads: Uploads) -> None:
    rows = [
        {"_extconndev": {"clicks": 1, "Name": "a"}, "extra": 1}, {"_extconndev": {"clicks": 2, "name": "b"}},
        {"_extconndev": {"clicks": 3, "Name": None, "other": {"x": 1}}},
    ]  # fmt: skip
    batch = uploads.ended(json.dumps(rows).encode())
    assert (batch["status"], counted(batch)) == ("success", (3, 3, 0))
    meta = f"{EXPORT}/batches/{batch['id']}/meta"
    told = uploads.api.get(f"{meta}?path=row_warnings.json").json()
    assert told == [
        {"rule": "unknownField", "path": path, "recordCount": count}
        for path, count in (("_extconndev.Name", 2), ("_extconndev.other", 1), ("extra", 1))
    ]
    samples = uploads.api.get(f"{meta}?path=row_warning_samples.json").json()
    assert samples[0]["message"] == (
        "The schema does not know the field _extconndev.Name, which was left out; it knows _extconndev.name, and names "
        "differ by case."
    )
    names = {entry["name"] for entry in uploads.api.get(meta).json()["data"]}
    assert {"row_warnings.json", "row_warning_samples.json"} <= names


EMPTY: list[bytes | None] = [None, b""]


@pytest.mark.parametrize("content", EMPTY)
def test_a_batch_without_content_ends_failed(uploads: Uploads, content: bytes | None) -> None:
    id = uploads.open()
    if content is not None:
        assert uploads.put(id, content).status_code == 200
    answer = uploads.act(id, "COMPLETE")
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    (error,) = uploads.shown(id)["errors"]
    assert error["code"] == "106" and "no file" in error["description"]
    assert uploads.put(id, b"[]").status_code == 409


def test_an_empty_list_is_content(uploads: Uploads) -> None:
    batch = uploads.ended(b"[]")
    assert (batch["status"], counted(batch)) == ("success", (0, 0, 0))


@pytest.mark.parametrize("action", ["ABORT", "FAIL"])
def test_a_batch_that_was_given_up_takes_nothing_more(uploads: Uploads, action: str) -> None:
    id = uploads.open()
    uploads.put(id, LINES)
    assert uploads.act(id, action).json()["status"] == {"ABORT": "aborted", "FAIL": "failed"}[action]
    assert uploads.put(id, LINES).status_code == uploads.act(id, "COMPLETE").status_code == 409
    uploads.platform.wait()
    assert uploads.rows() == 0


def test_what_is_committed_cannot_be_aborted_and_may_be_completed_again(uploads: Uploads) -> None:
    batch = uploads.ended(LINES)
    assert uploads.act(batch["id"], "ABORT").status_code == 409
    assert uploads.act(batch["id"], "COMPLETE").status_code == 200
    uploads.platform.wait()
    assert uploads.rows() == 2 and uploads.shown(batch["id"])["status"] == "success"
    assert uploads.act(batch["id"], "REVERT").status_code == 200 and uploads.rows() == 0


def _replaces(*old: Json, **more: Any) -> Json:
    return {"replay": {"predecessors": [f"${batch['id']}" for batch in old], "reason": "replace"}, **more}


def test_a_replay_stands_for_its_predecessors_from_one_commit_on(uploads: Uploads) -> None:
    first, second, kept = (uploads.ended(content) for content in (LINES, LINES, json.dumps(GOOD).encode()))
    batch = uploads.ended(json.dumps([GOOD] * 5).encode(), **_replaces(first, second))
    assert (batch["status"], counted(batch), uploads.rows()) == ("success", (5, 5, 0), 6)
    outcome = uploads.platform.deployment.lake.outcome(TableRef(ORG, "prod", uploads.dataset), batch["id"])
    assert outcome is not None and (outcome.rows_added, outcome.rows_deleted) == (5, 4)
    for old in (first, second):
        shown = uploads.shown(old["id"])
        assert (shown["status"], shown["tags"]["acp_successor"]) == ("inactive", [batch["id"]])
    assert uploads.shown(kept["id"])["status"] == "success"


def test_a_replay_that_fails_leaves_its_predecessors(uploads: Uploads) -> None:
    old = uploads.ended(LINES)
    assert uploads.ended(BROKEN, **_replaces(old))["status"] == "failed"
    assert (uploads.shown(old["id"])["status"], uploads.rows()) == ("success", 2)


def test_a_replay_waits_for_nobody(uploads: Uploads) -> None:
    open_still = {"id": uploads.open()}
    batch = uploads.ended(LINES, **_replaces(open_still))
    assert batch["status"] == "failed" and uploads.rows() == 0
    assert f"{open_still['id']}, which this one replaces, is loading still" in batch["errors"][0]["description"]


def test_rows_that_were_read_later_are_not_replayed(uploads: Uploads) -> None:
    old = uploads.ended(LINES)
    assert uploads.api.post("/_emulator/clock", json={"now": "2022-08-09T05:00:00Z"}).status_code == 200
    early = uploads.ended(LINES, **_replaces(old))
    assert uploads.api.post("/_emulator/clock", json={"now": "2022-08-10T06:00:00Z"}).status_code == 200
    assert early["status"] == "failed" and "that were read later" in early["errors"][0]["description"]
    assert (uploads.shown(old["id"])["status"], uploads.rows()) == ("success", 2)


def test_the_same_name_again_stands_for_the_earlier_one(uploads: Uploads) -> None:
    id = uploads.open()
    for content in (json.dumps([GOOD] * 5).encode(), LINES):
        assert uploads.put(id, content).status_code == 200
    assert uploads.put(id, LINES, "more/F2.json").status_code == 200
    uploads.act(id, "COMPLETE")
    uploads.platform.wait()
    assert counted(uploads.shown(id)) == (4, 4, 0) and uploads.rows() == 4


def _parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"clicks": [1]}), sink)
    return sink.getvalue()


STRANGE = {"gzip": gzip.compress(LINES), "Parquet": _parquet(), "UTF-16": LINES.decode().encode("utf-16")}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_json_is_refused_when_it_comes(uploads: Uploads, name: str) -> None:
    id = uploads.open()
    answer = uploads.put(id, STRANGE[name])
    assert answer.status_code == 415 and name in answer.json()["detail"] and "F1.json" in answer.json()["detail"]
    path = f"{BATCHES}/{id}/datasets/{uploads.dataset}/files/L.json"
    assert uploads.api.post(f"{path}?action=INITIALIZE").status_code == 201
    size = len(STRANGE[name])
    place = {**OCTETS, "Content-Range": f"bytes 0-{size - 1}/{size}"}
    assert uploads.api.patch(path, content=STRANGE[name], headers=place).status_code == 200
    assert uploads.api.post(f"{path}?action=COMPLETE").status_code == 415
    assert uploads.put(id, LINES).status_code == 200 and uploads.act(id, "COMPLETE").status_code == 200
    uploads.platform.wait()
    assert uploads.rows() == 2


def test_bytes_that_are_no_text_cost_their_lines_only(uploads: Uploads) -> None:
    batch = uploads.ended(LINES + b"\n\x00\xff\xfe{}\n", enableErrorDiagnostics=True)
    assert (batch["status"], counted(batch)) == ("success", (3, 2, 1))


@pytest.mark.parametrize("who", [{"sandbox": "dev"}, {"org": "AAAAAAAAAAAAAAAAAAAAAAAA@AdobeOrg"}])
def test_nobody_else_fills_completes_or_reads_a_batch(uploads: Uploads, who: dict[str, str]) -> None:
    id = uploads.open()
    uploads.put(id, LINES)
    other = uploads.api.as_(**who)
    path = f"{BATCHES}/{id}/datasets/{uploads.dataset}/files/F1.json"
    assert other.put(path, content=LINES, headers=OCTETS).status_code == 404
    assert other.head(path).status_code == 404
    for action in ("COMPLETE", "ABORT", "FAIL", "REVERT"):
        assert other.post(f"{BATCHES}/{id}?action={action}").status_code == 404
    assert (
        other.post(BATCHES, json={"datasetId": uploads.dataset, "inputFormat": {"format": "json"}}).status_code == 404
    )
    assert uploads.shown(id)["status"] == "loading"


def test_the_data_directory_is_whole_after_all_of_it(platform: Platform) -> None:
    report = verify(platform.deployment.store, platform.deployment.lake, lambda what, done, total: None)
    assert report.findings == [] and report.counts["batches"] > 10
