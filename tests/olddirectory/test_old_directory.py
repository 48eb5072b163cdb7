"""A data directory of commit 0bc5962 opens; its unfinished work ends, once; its old runs can be replayed."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from headrace.client import EXPORT
from headrace.runs import verification
from headrace.store import batches, run_queue
from headrace.store.migrations import newest, revision
from headrace.store.scope import Caller
from olddirectory.archive import DATABASES
from olddirectory.opened import Json, Opened
from olddirectory.opened import opened as opening
from olddirectory.rows import BAD, ROWS, rows_of

pytestmark = pytest.mark.slow

COUNTS = ("inputRecordCount", "outputRecordCount", "failedRecordCount")
PRINTED, WHOLE = (100, 99, 1), (100, 100, 0)
UNFINISHED_RUNS = {"planned": 1, "landed": 1, "written": 1, "committing": 1, "committed": 1, "queued": 2}
UNFINISHED_UPLOADS = {
    "loaded": ROWS,
    "half promoted": ROWS,
    "staging": 2 * ROWS,
    "committing": 2 * ROWS,
    "committed": 2 * ROWS,
    "replacing": ROWS,
    "lost": ROWS,
}
FINISHED_FLOWS = {
    "hourly": [("success", PRINTED)],
    "succeeded": [("success", PRINTED)],
    "failed": [("failed", (100, 0, 1))],
    "replayed": [("success", PRINTED), ("success", WHOLE)],
    "quarantine replayed": [("success", PRINTED), ("success", (1, 1, 0))],
}
FINISHED_UPLOADS = {
    "succeeded": ("success", ROWS),
    "diagnosed": ("success", ROWS - 1),
    "failed": ("failed", 0),
    "reverted": ("inactive", 0),
}


@pytest.fixture(scope="module", params=DATABASES)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opening(request.param, tmp_path_factory.mktemp("old")) as deployment:
        yield deployment


def counted(run: Json) -> tuple[int, ...]:
    return tuple(run["metrics"]["recordSummary"].get(name, 0) for name in COUNTS)


def batch_of(run: Json) -> str:
    id: str = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    return id


def keys(name: str, count: int) -> Counter[str]:
    return Counter(row["_extconndev"]["pivotValue"] for row in rows_of(name, count))


def samples(opened: Opened, batch: str) -> list[Any]:
    """The bad records that the diagnostics API shows of a batch."""
    path = f"{EXPORT}/batches/{batch}/meta?path=row_error_samples.json"
    return [sample["record"] for sample in opened.client.call("GET", path)]


def test_its_database_is_brought_up_to_date(opened: Opened) -> None:
    assert revision(opened.store) == newest()


@pytest.mark.parametrize("flow", UNFINISHED_RUNS)
def test_an_unfinished_run_ends_with_its_rows(opened: Opened, flow: str) -> None:
    run = opened.ended(flow, UNFINISHED_RUNS[flow])[-1]
    assert (run["state"], counted(run)) == ("success", PRINTED)
    assert opened.rows_by_batch(flow) == {batch_of(run): 99}
    assert len(opened.runs(flow)) == UNFINISHED_RUNS[flow]


def test_an_unfinished_replay_ends_in_place_of_its_run(opened: Opened) -> None:
    run, replay = opened.ended("replay committing", 2)
    assert (replay["state"], counted(replay)) == ("success", WHOLE)
    assert opened.rows_by_batch("replay committing") == {batch_of(replay): 100}
    assert opened.batch(batch_of(run))["status"] == "inactive"


@pytest.mark.parametrize("name", UNFINISHED_UPLOADS)
def test_an_unfinished_upload_ends_with_its_rows(opened: Opened, name: str) -> None:
    assert opened.upload_ended(name)["status"] == "success"
    assert opened.uploaded(name) == keys(name, UNFINISHED_UPLOADS[name])


def test_an_unfinished_upload_ends_in_place_of_its_predecessor(opened: Opened) -> None:
    assert opened.upload_ended("replacing")["status"] == "success"
    assert (opened.upload_ended("replaced")["status"], opened.uploaded("replaced")) == ("inactive", Counter())


@pytest.mark.parametrize("flow", FINISHED_FLOWS)
def test_a_run_that_was_over_reads_as_before(opened: Opened, flow: str) -> None:
    expected = FINISHED_FLOWS[flow]
    assert [(run["state"], counted(run)) for run in opened.runs(flow)[: len(expected)]] == expected


@pytest.mark.parametrize("name", FINISHED_UPLOADS)
def test_an_upload_that_was_over_reads_as_before(opened: Opened, name: str) -> None:
    status, rows = FINISHED_UPLOADS[name]
    assert (opened.upload_ended(name)["status"], opened.uploaded(name)) == (status, keys(name, rows))


def test_its_quarantine_can_be_read(opened: Opened) -> None:
    (record,) = samples(opened, batch_of(opened.runs("hourly")[0]))
    assert record["element"]["clicks"] == "n/a", record
    for name in ("diagnosed", "failed"):
        assert samples(opened, opened.uploads[name]) == [BAD]


def test_a_batch_that_was_loading_takes_files_and_is_completed(opened: Opened) -> None:
    assert opened.batch(opened.uploads["loading"])["status"] == "loading"
    more = rows_of("loading", first=ROWS)
    opened.client.call("PUT", opened.file("loading", "F1.json"), json.dumps(more).encode())
    opened.complete("loading")
    assert opened.upload_ended("loading")["status"] == "success"
    assert opened.uploaded("loading") == keys("loading", 2 * ROWS)


def test_a_large_file_takes_the_part_that_it_lacks(opened: Opened) -> None:
    path, content = opened.file("large", "large.json"), json.dumps(rows_of("large")).encode()
    half = len(content) // 2
    assert opened.client.send("HEAD", path).headers["range"] == f"bytes=0-{half - 1}"
    place = {"Content-Range": f"bytes {half}-{len(content) - 1}/{len(content)}"}
    opened.client.call("PATCH", path, content[half:], headers=place)
    opened.client.call("POST", path, params={"action": "COMPLETE"})
    opened.complete("large")
    assert opened.upload_ended("large")["status"] == "success"
    assert opened.uploaded("large") == keys("large", ROWS)


def test_an_old_run_is_replayed_its_rejected_row_first(opened: Opened) -> None:
    (run,) = opened.runs("succeeded")
    rejected = opened.replayed("succeeded", "quarantined")
    assert (rejected["state"], counted(rejected)) == ("success", (1, 1, 0))
    assert opened.rows_by_batch("succeeded") == {batch_of(run): 99, batch_of(rejected): 1}
    whole = opened.replayed("succeeded", "all")
    assert (whole["state"], counted(whole)) == ("success", WHOLE)
    assert opened.rows_by_batch("succeeded") == {batch_of(whole): 100}


def test_a_failed_run_is_replayed(opened: Opened) -> None:
    replay = opened.replayed("failed", "all")
    assert (replay["state"], counted(replay)) == ("success", WHOLE)
    assert opened.rows_by_batch("failed") == {batch_of(replay): 100}


def test_a_run_that_was_unfinished_is_replayed(opened: Opened) -> None:
    opened.ended("landed", 1)
    replay = opened.replayed("landed", "all")
    assert opened.rows_by_batch("landed") == {batch_of(replay): 100}


def test_a_scheduled_flow_goes_on(opened: Opened) -> None:
    opened.client.call("POST", "/_emulator/clock", {"advance": "PT1H"})
    run, following = opened.ended("hourly", 2)
    assert (following["state"], counted(following)) == ("success", (0, 0, 0))
    assert opened.rows_by_batch("hourly") == {batch_of(run): 99}


def test_nothing_is_left_undone(opened: Opened) -> None:
    opened.client.call("POST", "/_emulator/clock", {"advance": "PT0S", "wait": True})
    caller = Caller(opened.old.units["org"], "prod", "", "tests", "tests")
    with opened.store.read() as conn:
        assert run_queue.unfinished(conn) == []
        assert batches.select(conn, caller, statuses=batches.UNFINISHED - {"loading"}) == []


def test_the_directory_is_whole_after_all_of_it(opened: Opened) -> None:
    report = verification.verify(opened.store, opened.lake, lambda *_: None)
    assert report.findings == [] and report.counts["batches"] > 25
