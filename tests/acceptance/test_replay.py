"""Replays on a running platform: a run's landed pages through a corrected mapping, whole or only the rejected rows."""

from typing import Any

import httpx2
import pytest

from headrace.cli.tutorial import fill, load_bodies
from headrace.runs import verification
from tutorial_flows import CONVERSION, EXPORT, FLOWS, Flow, Json, Tutorial, counted, reasons

pytestmark = pytest.mark.slow

HALF_A_YEAR = 200  # days: a hundred rows, one of them with a text for its clicks
ACCOUNT = "urn:li:sponsoredAccount:507947502"
CLICKS = "_extconndev.clicks"
CORRECTED = 'iif(element.clicks == "n/a", null, to_integer(element.clicks))'


@pytest.fixture
def flow(tutorial: Tutorial) -> Flow:
    """The tutorial's backfill, as it is printed: 100 read, 99 written, 1 quarantined."""
    made = tutorial.flow(days=HALF_A_YEAR)
    assert counted(made.settled()) == (100, 99, 1)
    return made


def correct(flow: Flow, source: str = CORRECTED, kind: str = "EXPRESSION") -> int:
    """Makes the mapping set's next version, in which ``source`` gives the clicks; the version's number."""
    id = flow.shown()["transformations"][0]["params"]["mappingId"]
    found = flow.api.get(f"{CONVERSION}/mappingSets/{id}").json()
    body = fill(load_bodies()["mappingSet"], {"SCHEMA_ID": found["outputSchema"]["schemaRef"]["id"]})
    other = {"sourceType": kind, "source": source, "destination": CLICKS}
    items = [one for one in body["mappings"] if not str(one).count("clicks")]
    answer = flow.api.put(f"{CONVERSION}/mappingSets/{id}", json={**body, "mappings": [*items, other]})
    assert answer.is_success, answer.text
    version: int = answer.json()["version"]
    return version


def ask(flow: Flow, run: Json, **body: Any) -> httpx2.Response:
    return flow.api.post(f"{FLOWS}/runs/{run['id']}/action?op=replay", json=body)


def replayed(flow: Flow, run: Json, **body: Any) -> Json:
    """The replay's run document, once it is over."""
    answer = ask(flow, run, **body)
    assert answer.status_code == 200, answer.text
    flow.platform.wait()
    return one(flow, answer.json()["id"])


def one(flow: Flow, id: str) -> Json:
    item: Json = flow.api.get(f"{FLOWS}/runs/{id}").json()["items"][0]
    return item


def batch_of(run: Json) -> str:
    id: str = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    return id


def clicks(flow: Flow) -> list[int | None]:
    return [row["clicks"] for row in flow.rows()["_extconndev"].to_pylist()]


def rows_of(flow: Flow, run: Json) -> int:
    return sum(id == batch_of(run) for id in flow.rows()["_ACP_BATCHID"].to_pylist())


def batch(flow: Flow, run: Json) -> Json:
    (found,) = [one for one in flow.batches() if one["id"] == batch_of(run)]
    return found


def whole(flow: Flow) -> None:
    deployment = flow.platform.deployment
    assert verification.verify(deployment.store, deployment.lake, lambda *_: None).findings == []


def refused(answer: httpx2.Response, *told: str) -> None:
    body = answer.json()
    assert 400 <= answer.status_code < 500 and body["status"] == answer.status_code, answer.text
    for words in told:
        assert words in body["errorMessage"]


def test_a_whole_run_again_supersedes_its_batch_in_one_commit(tutorial: Tutorial, flow: Flow) -> None:
    run, version = flow.runs()[0], correct(flow)
    extracted = {row["extracted_at"] for row in flow.rows()["_headrace"].to_pylist()}
    tutorial.platform.linkedin.forget_requests()
    replay = replayed(flow, run)
    assert tutorial.platform.linkedin.requests() == []
    assert (replay["state"], counted(replay)) == ("success", (100, 100, 0))
    copy = replay["activities"][0]
    pages = run["activities"][0]["fileSummary"]["inputFileCount"]
    taken = {"runId": run["id"], "rows": "all", "mappingVersion": version, "pages": pages}
    assert copy["statusSummary"]["extensions"]["replay"] == taken
    assert copy["sizeSummary"] == {"inputBytes": 0, "outputBytes": 0} and copy["fileSummary"]["inputFileCount"] == 0
    assert copy["sourceInfo"][0]["reference"]["ids"] == [run["id"]]
    assert (rows_of(flow, run), rows_of(flow, replay), clicks(flow).count(None)) == (0, 100, 1)
    assert {row["extracted_at"] for row in flow.rows()["_headrace"].to_pylist()} == extracted
    assert batch(flow, run)["status"] == "inactive" and batch(flow, run)["tags"]["acp_successor"] == [batch_of(replay)]
    assert one(flow, run["id"])["replayedBy"] == [replay["id"]] == flow.runs()[1]["replayedBy"]
    whole(flow)
    refused(ask(flow, run), "superseded by batch", batch_of(replay))


def test_the_quarantined_row_alone_comes_beside_the_others(flow: Flow) -> None:
    run = flow.runs()[0]
    correct(flow)
    replay = replayed(flow, run, rows="quarantined")
    assert (replay["state"], counted(replay)) == ("success", (1, 1, 0))
    assert (rows_of(flow, run), rows_of(flow, replay), clicks(flow).count(None)) == (99, 1, 1)
    old = batch(flow, run)
    assert old["status"] == "success" and old["tags"]["headraceReplayedBy"] == [replay["id"]]
    assert {error["replayedBy"] for error in old["errors"]} == {replay["id"]}
    whole(flow)
    refused(ask(flow, run, rows="quarantined"), replay["id"])
    refused(ask(flow, replay, rows="quarantined"), "rejected no row")
    refused(ask(flow, replay), run["id"])
    # The whole run again takes the one row along.
    again = replayed(flow, run)
    assert (counted(again), flow.rows().num_rows, rows_of(flow, again)) == ((100, 100, 0), 100, 100)
    assert batch(flow, replay)["status"] == "inactive"
    whole(flow)


def test_a_row_that_is_still_bad_can_be_replayed_from_the_replay(flow: Flow) -> None:
    run = flow.runs()[0]
    correct(flow, "element.clicks", "ATTRIBUTE")
    failed = replayed(flow, run, rows="quarantined")
    assert failed["state"] == "failed" and "All 1 records were rejected" in reasons(failed)
    assert "gaps" not in flow.shown() and batch(flow, run)["status"] == "success"
    refused(ask(flow, failed), "replay run", run["id"])
    refused(flow.retrigger(failed), run["id"])
    correct(flow)
    assert counted(replayed(flow, run, rows="quarantined")) == (1, 1, 0)
    whole(flow)


def test_a_dry_run_shows_what_would_change_and_writes_nothing(flow: Flow) -> None:
    run, version = flow.runs()[0], correct(flow, 'iif(element.clicks == "n/a", 0, to_integer(element.clicks) + 1)')
    before, files = flow.rows(), sorted(flow.platform.deployment.settings.warehouse.rglob("*"))
    answer = ask(flow, run, dryRun=True)
    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert found["mappingVersion"] == {"before": 0, "after": version}
    assert found["before"]["rejectedByCode"] == {"MAPPER-3700-400": 1}
    counts = [tuple(found[side][name] for name in ("read", "written", "rejected")) for side in ("before", "after")]
    assert counts == [(100, 99, 1), (100, 100, 0)]
    assert (found["changed"], found["becameGood"], found["becameBad"]) == (99, 1, 0)
    assert len(found["differences"]) == 20
    first = found["differences"][0]
    assert (first["destination"], first["after"] - first["before"]) == (CLICKS, 1)
    (bad,) = ask(flow, run, dryRun=True, rows="quarantined").json()["differences"]
    assert (bad["kind"], bad["destination"], bad["before"], bad["after"]) == ("becameGood", CLICKS, "n/a", 0)
    assert flow.rows() == before and len(flow.runs()) == 1
    assert sorted(flow.platform.deployment.settings.warehouse.rglob("*")) == files


def test_rows_that_a_dry_run_loses(flow: Flow) -> None:
    correct(flow, "element.pivotValue", "ATTRIBUTE")
    found = ask(flow, flow.runs()[0], dryRun=True).json()
    assert (found["becameBad"], found["after"]["written"], found["after"]["rejected"]) == (99, 0, 100)
    assert found["differences"][0]["after"].startswith("urn:li:") and "message" in found["differences"][0]


def test_a_failed_run_whose_pages_are_landed(tutorial: Tutorial) -> None:
    flow = tutorial.flow(days=HALF_A_YEAR, options={"partialIngestionPercent": 0.5})
    run = flow.settled()
    assert (run["state"], flow.rows().num_rows) == ("failed", 0)
    refused(ask(flow, run, rows="quarantined"), "replay all of them")
    correct(flow)
    replay = replayed(flow, run)
    assert (replay["state"], counted(replay), flow.rows().num_rows) == ("success", (100, 100, 0), 100)
    assert "gaps" not in flow.shown()
    refused(ask(flow, run), replay["id"])
    refused(flow.retrigger(run), replay["id"])
    whole(flow)


def test_days_that_were_read_again_are_not_replaced_by_older_rows(tutorial: Tutorial) -> None:
    today = {"year": 2022, "month": 8, "day": 10}
    element = {"clicks": 7, "pivotValues": [ACCOUNT], "dateRange": {"start": today, "end": today}}
    tutorial.platform.linkedin.fault("malformed", element=element, after=5)  # in the part that asks for today
    flow = tutorial.flow(days=HALF_A_YEAR)
    run = flow.settled()
    later = flow.settled("PT1H")  # reads today again, and finds nothing
    assert (counted(run), counted(later), flow.rows().num_rows) == ((101, 100, 1), (0, 0, 0), 99)
    correct(flow)
    refused(ask(flow, run, dryRun=True), "2022-08-10", later["id"])
    failed = replayed(flow, run)
    assert failed["state"] == "failed" and later["id"] in reasons(failed)
    assert flow.rows().num_rows == 99 and batch(flow, run)["status"] == "success"
    # The rejected row is of another day.
    assert counted(replayed(flow, run, rows="quarantined")) == (1, 1, 0)
    assert flow.rows().num_rows == 100
    whole(flow)


def test_a_replay_is_refused_whose_pages_are_gone(flow: Flow) -> None:
    run = flow.runs()[0]
    folder = flow.platform.deployment.settings.warehouse / "batches" / batch_of(run) / "input_files"
    page = next(iter(sorted(folder.iterdir())))
    content = page.read_bytes()
    page.unlink()
    refused(ask(flow, run), "has lost landed files", page.name)
    refused(ask(flow, run, dryRun=True), "has lost landed files")
    page.write_bytes(content)
    assert len(flow.runs()) == 1 and ask(flow, run, dryRun=True).status_code == 200


def test_the_input_files_of_a_replay_are_the_pages_of_the_run(flow: Flow) -> None:
    run = flow.runs()[0]
    replay = replayed(flow, run, mappingVersion=0)
    assert counted(replay) == (100, 99, 1)
    listed = [flow.api.get(f"{EXPORT}/batches/{batch_of(each)}/meta?path=input_files").json() for each in (run, replay)]
    first, second = ([entry["name"] for entry in each["data"]] for each in listed)
    assert first == second != []
