"""A source that does anything but answer: the run fails with the reason, and the gap that it leaves can be filled."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from headrace.main import app
from headrace.runs.retrying import FIRST_WAIT_MS
from headrace.runs.verification import verify
from headrace.sources import guard
from platform_server import Platform
from source_server import Reply, Source, handler, reply
from tutorial_flows import EXPORT, FLOWS, Flow, Tutorial, counted, reasons
from wire_flows import code
from wire_server import HASTY

pytestmark = pytest.mark.slow

# What the source does, how often it is asked, and words that the run's reason must hold.
FAULTS: dict[str, tuple[dict[str, Any], int, tuple[str, ...]]] = {
    "bad request": ({"kind": "status", "status": 400}, 1, ("400", "parameters")),
    "unauthorized": ({"kind": "status", "status": 401}, 2, ("401", "credentials")),
    "forbidden": ({"kind": "status", "status": 403}, 1, ("403", "roles")),
    "missing": ({"kind": "status", "status": 404}, 1, ("404", "ids")),
    "dead version": ({"kind": "status", "status": 426}, 1, ("426", "version")),
    "throttled": ({"kind": "status", "status": 429}, HASTY.attempts, ("429", "quota")),
    "internal error": ({"kind": "status", "status": 500}, HASTY.attempts, ("500",)),
    "bad gateway in HTML": ({"kind": "html", "status": 502}, HASTY.attempts, ("502",)),
    "unavailable": ({"kind": "status", "status": 503}, HASTY.attempts, ("503",)),
    "gateway timeout": ({"kind": "status", "status": 504}, HASTY.attempts, ("504",)),
    "HTML that says 200": ({"kind": "html"}, HASTY.attempts, ("HTML",)),
    "half a JSON text": ({"kind": "truncated"}, HASTY.attempts, ("whole JSON",)),
    "reset": ({"kind": "reset"}, HASTY.attempts, ("broke off",)),
    "the cap": ({"kind": "cap"}, 1, ("15,000", "fewer days")),
}


# What may pass, so that the window is tried again by itself.
TRIED_AGAIN = {
    "throttled", "internal error", "bad gateway in HTML", "unavailable", "gateway timeout", "reset",
}  # fmt: skip


@pytest.fixture
def answering() -> Iterator[Source]:
    """A source that answers what a test tells it to."""
    told = Source("")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(told)) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield told
        server.shutdown()


def _failed_without_rows(flow: Flow, run: dict[str, Any], rows: int) -> str:
    """The reason of a failed run that left the table as it was."""
    (error,) = run["metrics"]["statusSummary"]["errors"]
    assert (run["state"], error["code"]) == ("failed", "CONNECTOR-1001-500")
    assert run["metrics"]["recordSummary"].get("outputRecordCount", 0) == 0
    assert flow.rows().num_rows == rows
    message: str = error["message"]
    return message


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_stays_fails_the_run_and_leaves_a_gap(tutorial: Tutorial, name: str) -> None:
    fault, requests, words = FAULTS[name]
    tutorial.platform.linkedin.fault(path="/rest/adAnalytics", times=None, **fault)
    flow = tutorial.flow()
    run = flow.settled()
    message = _failed_without_rows(flow, run, 0)
    assert all(word in message for word in words), message
    assert tutorial.platform.linkedin.token not in message
    assert len(tutorial.asked()) == requests
    (batch,) = flow.batches()
    assert (batch["status"], batch["errors"][0]["description"]) == ("failed", message)
    window = run["activities"][0]["durationSummary"]["extensions"]
    (gap,) = flow.shown()["gaps"]
    assert (gap["windowStart"], gap["windowEnd"]) == (window["windowStart"], window["windowEnd"])
    assert gap["runId"] == run["id"] and gap["reason"]["message"] == message
    assert gap.get("retryAt") == (_ended(run) + FIRST_WAIT_MS if name in TRIED_AGAIN else None)
    assert ("waitsFor" in gap) == (name not in TRIED_AGAIN)


PASSING: list[dict[str, Any]] = [
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 503},
    {"kind": "html"},
    {"kind": "truncated"},
    {"kind": "reset"},
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}")
def test_a_fault_that_passes_costs_a_request_and_nothing_else(tutorial: Tutorial, fault: dict[str, Any]) -> None:
    tutorial.platform.linkedin.fault(path="/rest/adAnalytics", times=HASTY.attempts - 1, **fault)
    flow = tutorial.flow()
    assert counted(flow.settled()) == (2, 2, 0)
    assert len(tutorial.asked()) == HASTY.attempts and flow.rows().num_rows == 2


def test_a_source_that_hangs_is_left_after_its_time(tutorial: Tutorial) -> None:
    tutorial.platform.linkedin.fault("hang", path="/rest/adAnalytics", seconds=4, times=HASTY.attempts)
    flow = tutorial.flow()
    assert "did not answer in time" in _failed_without_rows(flow, flow.settled(), 0)
    assert len(tutorial.asked()) == HASTY.attempts


def test_a_malformed_element_costs_itself_only(tutorial: Tutorial) -> None:
    tutorial.platform.linkedin.fault("malformed", element=[1, "x"], index=1)
    flow = tutorial.flow()
    run = flow.settled()
    assert (run["state"], counted(run)) == ("success", (3, 2, 1)) and flow.rows().num_rows == 2
    manifest = run["activities"][1]["statusSummary"]["extensions"]["manifest"]
    (listed,) = flow.api.get(manifest["failedRecords"]).json()["data"]
    record = flow.api.get(listed["_links"]["self"]["href"]).json()
    assert record["element"] == [1, "x"] and record["_errors"][0]["code"] == "INGEST-1401-400"


ACCOUNT = reply({"elements": [{"id": 507947502}]})
NO_PROOF: dict[str, Reply] = {
    "nothing": Reply(body=b""),
    "no content": Reply(204, b""),
    "null": Reply(body=b"null"),
    "an object without elements": reply({"paging": {}}),
    "null elements": reply({"elements": None}),
    "elements that are an object": reply({"elements": {"a": 1}}),
    "elements without their object": reply([]),
    "two texts": Reply(body=b'{"elements": []}{"elements": []}'),
    "an error that says 200": reply({"status": 500, "message": "Internal error"}),
    "a broken encoding": reply({"elements": []}, **{"Content-Encoding": "gzip"}),
    "fewer bytes than announced": Reply(body=b'{"elements": []}', promise=1),
}


@pytest.mark.parametrize("name", NO_PROOF)
def test_an_answer_that_proves_nothing_is_no_empty_success(tutorial: Tutorial, answering: Source, name: str) -> None:
    answering.answer = lambda asked: ACCOUNT if "/adAccounts" in asked.target else NO_PROOF[name]
    flow = tutorial.flow(host=answering.url)
    message = _failed_without_rows(flow, flow.settled(), 0)
    assert "/rest/adAnalytics" in message


def test_no_elements_at_all_is_an_empty_success(tutorial: Tutorial, answering: Source) -> None:
    answering.answer = lambda asked: ACCOUNT if "/adAccounts" in asked.target else reply({"elements": []})
    flow = tutorial.flow(host=answering.url)
    run = flow.settled()
    assert (run["state"], counted(run)) == ("success", (0, 0, 0)) and "gaps" not in flow.shown()


def test_half_a_list_of_accounts_is_no_list(tutorial: Tutorial, answering: Source) -> None:
    page = {"elements": [{"id": 507947502}], "metadata": {"nextPageToken": "more"}}
    answering.answer = lambda asked: reply(page) if "more" not in asked.target else reply({}, 403)
    flow = tutorial.flow(host=answering.url, source={"accountIds": ""})
    assert "403" in _failed_without_rows(flow, flow.settled(), 0)
    assert not any("adAnalytics" in asked.target for asked in answering.asked)


def test_earlier_rows_stay_the_next_window_runs_and_a_re_trigger_fills_the_gap(tutorial: Tutorial) -> None:
    flow = tutorial.flow()
    first = flow.settled()
    assert counted(first) == (2, 2, 0)
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=403, times=1)
    failed = flow.settled("PT1H")
    _failed_without_rows(flow, failed, 2)
    following = flow.settled("PT1H")
    assert (following["state"], counted(following)) == ("success", (0, 0, 0))
    (gap,) = flow.shown()["gaps"]
    assert gap["runId"] == failed["id"] and len(flow.runs()) == 3
    assert flow.retrigger(failed).status_code == 200
    again = flow.settled()
    assert again["state"] == "success" and again["id"] != failed["id"] and "gaps" not in flow.shown()
    assert _window(again) == _window(failed) and flow.rows().num_rows == 2


def test_a_gap_that_may_close_is_tried_again_beside_the_schedule_until_it_does(tutorial: Tutorial) -> None:
    flow = tutorial.flow()
    assert counted(flow.settled()) == (2, 2, 0)
    asked = len(tutorial.asked())
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=503, times=2 * HASTY.attempts)
    failed = flow.settled("PT1H")
    assert _failed_without_rows(flow, failed, 2)
    flow.settled("PT4M")
    assert len(flow.runs()) == 2
    again = flow.settled("PT1M")
    assert (again["state"], again["retryOf"], len(flow.runs())) == ("failed", failed["id"], 3)
    [gap] = flow.shown()["gaps"]
    assert gap["runId"] == again["id"] and gap["retryAt"] == _ended(again) + 2 * FIRST_WAIT_MS
    # The clock jumps over the try and a window: one of each.
    flow.settled("PT1H")
    newest = flow.runs()[:2]
    assert {run["state"] for run in newest} == {"success"} and len(flow.runs()) == 5 and "gaps" not in flow.shown()
    [filled] = [run for run in newest if "retryOf" in run]
    assert filled["retryOf"] == again["id"] and _window(filled) == _window(failed)
    assert filled["activities"][0]["statusSummary"]["extensions"]["type"] == "incremental"
    assert len(tutorial.asked()) == asked + 2 * HASTY.attempts + 2
    assert code(flow.retrigger(failed)) == "SOURCES-1387-400"


def test_a_source_that_asks_for_a_day_is_waited_for_and_leaves_no_gap(tutorial: Tutorial) -> None:
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=429, retry_after=86_400, times=1)
    flow = tutorial.flow()
    waiting = flow.settled()
    assert waiting["state"] == "queued" and "429" in waiting["waitsFor"] and "gaps" not in flow.shown()
    flow.settled("PT23H")
    assert [run["id"] for run in flow.runs()] == [waiting["id"]]
    flow.settled("PT1H1M")
    ended = flow.runs()[-1]
    assert (ended["id"], ended["state"]) == (waiting["id"], "success") and "gaps" not in flow.shown()
    assert not any("retryOf" in run for run in flow.runs())


def test_what_a_person_must_mend_is_not_tried_again_and_says_so(tutorial: Tutorial) -> None:
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=403, times=1)
    flow = tutorial.flow()
    failed = flow.settled()
    flow.settled("P2D")
    [gap] = flow.shown()["gaps"]
    assert gap["runId"] == failed["id"] and "person" in gap["waitsFor"] and "403" in gap["reason"]["message"]
    settings = tutorial.platform.deployment.settings
    command = ["gaps", "--data-dir", str(settings.data_dir), "--database-url", settings.database]
    told = CliRunner(env={"COLUMNS": "300"}).invoke(app, command)
    assert told.exit_code == 0 and all(word in told.output for word in (flow.id, failed["id"], "waits for a person"))
    assert not any("retryOf" in run for run in flow.runs())


def test_a_flow_may_want_no_retry_and_a_disabled_one_gets_none(tutorial: Tutorial) -> None:
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=503, times=None)
    for options, act in (({"retryHours": 0}, None), ({"retryHours": "24"}, "disable")):
        flow = tutorial.flow(options=options)
        failed = flow.settled()
        if act:
            assert flow.act(act).status_code == 200
        flow.settled("PT30M")
        assert [run["id"] for run in flow.runs()] == [failed["id"]]
        assert ("enabled" if act else "person") in flow.shown()["gaps"][0]["waitsFor"]
        tutorial.platform.api.delete(f"{FLOWS}/flows/{flow.id}")
    assert tutorial.platform.api.get(f"{FLOWS}/runs?property=state==queued").json()["items"] == []


def _ended(run: dict[str, Any]) -> int:
    ended: int = run["metrics"]["durationSummary"]["completedAtUTC"]
    return ended


def _window(run: dict[str, Any]) -> tuple[int, int]:
    extensions = run["activities"][0]["durationSummary"]["extensions"]
    return extensions["windowStart"], extensions["windowEnd"]


def test_only_what_failed_or_was_empty_is_triggered_again(tutorial: Tutorial) -> None:
    flow = tutorial.flow()
    run = flow.settled()
    assert code(flow.retrigger(run)) == "SOURCES-1387-400"
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=403, times=1)
    failed = flow.settled("PT1H")
    assert flow.act("disable").status_code == 200
    assert code(flow.retrigger(failed)) == "SOURCES-1388-400"
    assert flow.act("enable").status_code == 200 and flow.retrigger(failed).status_code == 200
    assert flow.settled()["state"] == "success"
    assert code(flow.retrigger(failed)) == "SOURCES-1387-400"


# -- what cannot be read at all ----------------------------------------------------------------------------------

TOKENS = {
    1: ("accountIds", "507947502"),
    2: ("accountIds", "507947502"),
    3: ("403", "Not enough permissions"),
    4: ("401", "expired"),
    5: ("401", "revoked"),
}


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_may_not_read_is_no_success_without_rows(tutorial: Tutorial, token: int) -> None:
    """LinkedIn answers with an empty list for an account that the token cannot read."""
    text = tutorial.platform.linkedin.simulator.tokens.all()[token].token
    flow = tutorial.flow(token=text)
    message = _failed_without_rows(flow, flow.settled(), 0)
    assert all(word.lower() in message.lower() for word in TOKENS[token]), message
    assert text not in message and len(flow.shown()["gaps"]) == 1


@pytest.mark.parametrize("source", [{"accountIds": "507947502,1"}, {"accountIds": "", "campaignIds": "188230417,1"}])
def test_one_unreadable_id_among_others_fails_by_name(tutorial: Tutorial, source: dict[str, str]) -> None:
    flow = tutorial.flow(source=source)
    message = _failed_without_rows(flow, flow.settled(), 0)
    assert "does not list 1 among" in message and "507947502" not in message
    assert tutorial.asked() == []


def test_a_source_that_nobody_answers_for(tutorial: Tutorial) -> None:
    flow = tutorial.flow(host="http://127.0.0.1:9")
    assert "127.0.0.1:9" in _failed_without_rows(flow, flow.settled(), 0)


def test_a_source_that_leads_to_a_private_host_is_not_followed(
    tutorial: Tutorial, answering: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = tutorial.platform.deployment.http._client._transport._pool._network_backend  # type: ignore[attr-defined]
    monkeypatch.setattr(backend, "_allow_private", False)
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")
    onward = Reply(302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
    answering.answer = lambda asked: ACCOUNT if "/adAccounts" in asked.target else onward
    flow = tutorial.flow(host=answering.url)
    message = _failed_without_rows(flow, flow.settled(), 0)
    assert "169.254.169.254 is refused" in message and "--allow-private-hosts" in message
    assert len(answering.asked) == 2


def test_a_failed_runs_links_and_figures_can_be_read(tutorial: Tutorial) -> None:
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=500, after=1, times=None)
    flow = tutorial.flow(days=60)
    run = flow.settled()
    _failed_without_rows(flow, run, 0)
    (batch,) = flow.batches()
    listing = flow.api.get(f"{EXPORT}/batches/{batch['id']}/meta?path=input_files")
    assert listing.status_code == 200
    assert flow.api.get(f"{FLOWS}/runs/{run['id']}").json()["items"] == [run]
    assert reasons(run).startswith("CONNECTOR-1001-500")


def test_a_run_that_fails_while_it_is_planned_says_so_and_refers_to_nothing(tutorial: Tutorial) -> None:
    flow = tutorial.flow(token="not-a-token")
    run = flow.settled()
    assert "401" in _failed_without_rows(flow, run, 0) and "renew the connection's credentials" in reasons(run)
    assert run["activities"] == [] and flow.batches() == []
    metrics = run["metrics"]
    assert metrics["statusSummary"]["activityRefs"] == metrics["fileSummary"]["activityRefs"] == []
    shown = flow.shown()
    assert (shown["lastRunDetails"]["state"], shown["gaps"][0]["runId"]) == ("failed", run["id"])
    assert flow.retrigger(run).status_code == 200


def test_the_reason_stays_when_the_platform_has_moved_on(platform: Platform, tutorial: Tutorial) -> None:
    """A deleted flow's failed run is still there to be read."""
    tutorial.platform.linkedin.fault("status", path="/rest/adAnalytics", status=404, times=1)
    flow = tutorial.flow()
    run = flow.settled()
    assert platform.api.delete(f"{FLOWS}/flows/{flow.id}").status_code == 204
    assert platform.api.get(f"{FLOWS}/runs/{run['id']}").json()["items"][0]["state"] == "failed"
    assert flow.retrigger(run).status_code in (404, 400)


def test_the_data_directory_is_whole_after_all_of_it(platform: Platform) -> None:
    report = verify(platform.deployment.store, platform.deployment.lake, lambda what, done, total: None)
    assert report.findings == [] and report.counts["batches"] > 10
