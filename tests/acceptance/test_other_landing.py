"""A platform whose files land in another store than the data directory: a run, its replay, an upload, a reset."""

import json

import pytest

from headrace.lake.recorded import FileStore
from headrace.runs.verification import verify
from memory_files import MemoryFiles
from platform_server import Platform
from tutorial_flows import CATALOG, EXPORT, FLOWS, Flow, Tutorial, counted

pytestmark = pytest.mark.slow

HALF_A_YEAR = 200  # days: a hundred rows, one of them with a text for its clicks
BATCHES = "/data/foundation/import/batches"
ROWS = [{"_extconndev": {"clicks": 1}}, {"_extconndev": {"clicks": "n/a"}}]


@pytest.fixture(scope="module")
def landed() -> FileStore:
    return MemoryFiles()


@pytest.fixture
def flow(tutorial: Tutorial) -> Flow:
    return tutorial.flow(days=HALF_A_YEAR)


def row_errors(platform: Platform, batch: str) -> list[str]:
    """The names of the batch's quarantined records' files, each read to its end."""
    meta = f"{EXPORT}/batches/{batch}/meta?path=row_errors"
    names = [entry["name"] for entry in platform.api.get(meta).json()["data"]]
    assert all(json.loads(platform.api.get(f"{meta}/{name}").text)["_errors"] for name in names)
    return names


def require_whole(platform: Platform, landed: FileStore, batch: str) -> None:
    """Everything agrees, and the batch's files lie in the other store only."""
    deployment = platform.deployment
    report = verify(deployment.store, deployment.lake, lambda *_: None)
    assert (report.findings, report.leftovers) == ([], [])
    assert list(landed.names(f"batches/{batch}"))
    assert not (deployment.settings.warehouse / "batches").exists()


def test_a_run_and_its_replay(platform: Platform, landed: FileStore, flow: Flow) -> None:
    run = flow.settled()
    assert counted(run) == (100, 99, 1)
    (batch,) = flow.batches()
    assert len(row_errors(platform, batch["id"])) == 1
    answer = platform.api.post(f"{FLOWS}/runs/{run['id']}/action?op=replay", json={"mappingVersion": 0})
    assert answer.status_code == 200, answer.text
    assert counted(flow.settled()) == (100, 99, 1) and flow.rows().num_rows == 99
    require_whole(platform, landed, batch["id"])


def test_an_upload_in_parts(platform: Platform, landed: FileStore, tutorial: Tutorial) -> None:
    dataset, content = tutorial.dataset(), json.dumps(ROWS).encode()
    opened = {"datasetId": dataset, "inputFormat": {"format": "json"}, "enableErrorDiagnostics": True}
    batch = tutorial.post(BATCHES, opened)["id"]
    path = f"{BATCHES}/{batch}/datasets/{dataset}/files/F1.json"
    assert platform.api.post(f"{path}?action=INITIALIZE").status_code == 201
    for first in (0, 9):
        part = content[first : first + 9] if first == 0 else content[first:]
        place = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
        headers = {"Content-Type": "application/octet-stream", "Content-Range": place}
        assert platform.api.patch(path, content=part, headers=headers).status_code == 200
    assert platform.api.post(f"{path}?action=COMPLETE").status_code == 200
    assert platform.api.post(f"{BATCHES}/{batch}?action=COMPLETE").status_code == 200
    platform.wait()
    shown = platform.api.get(f"{CATALOG}/batches/{batch}").json()[batch]
    assert (shown["status"], shown["metrics"]["outputRecordCount"]) == ("success", 1), shown
    assert len(row_errors(platform, batch)) == 1
    require_whole(platform, landed, batch)


def test_a_reset_empties_the_other_store(platform: Platform, landed: FileStore, flow: Flow) -> None:
    flow.settled()
    assert list(landed.names("batches"))
    assert platform.api.post("/_emulator/reset", json={}).status_code == 200
    assert list(landed.names("batches")) == []
