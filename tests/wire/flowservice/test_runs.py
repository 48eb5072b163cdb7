"""Runs over the wire: lists, on demand, again after a failure, and what only providers may do."""

from typing import Any

import pytest

from headrace import ids
from headrace.clock import Window
from headrace.runs.deployment import Deployment
from headrace.store import documents, runs, schedules
from headrace.store.scope import Caller
from wire_flows import NOW, Flows, code
from wire_server import ORG

CALLER = Caller(ORG, "prod", "", "wire-tests", "wire-tests")
HOUR = 3_600_000


def a_run(deployment: Deployment, flow: str, n: int, state: str = "queued") -> str:
    window = Window(NOW + n * HOUR, NOW + (n + 1) * HOUR)
    id = ids.run_id(flow, window.start, window.end, "schedule")
    with deployment.store.write() as conn:
        run = runs.new_run(
            CALLER, id=id, flow_id=flow, cause="schedule", window=window, backfill=False,
            batch_id=ids.batch_id(id, NOW + n), at=NOW + n,
        )  # fmt: skip
        assert runs.insert(conn, run)
        if state != "queued":
            runs.finish(conn, id, state, runs.Outcome("CONNECTOR-1001-500", "x"), NOW + n)
    return id


def test_the_runs_of_a_flow_newest_first(flows: Flows, deployment: Deployment) -> None:
    flow = flows.flow()["id"]
    made = [a_run(deployment, flow, n, "failed") for n in range(3)]
    answer = flows.get(f"/runs?property=flowId=={flow}").json()
    assert [run["id"] for run in answer["items"]] == made[::-1] and answer["_links"] == {}
    assert flows.get(f"/flows/{flow}/runs").json() == answer
    assert flows.get(f"/flows/{flow}/runs?count=true").json() == {"count": 3}
    page = flows.get(f"/flows/{flow}/runs?limit=2").json()
    assert page["_links"]["next"]["href"].startswith(f"/flows/{flow}/runs?continuationToken=")
    status = {"property": [f"flowId=={flow}", "metrics.statusSummary.status==Failed"], "limit": 1, "count": "False"}
    assert len(flows.get("/runs", params=status).json()["items"]) == 1
    assert flows.one(f"/runs/{made[0]}")["flowId"] == flow


def test_a_flow_shows_its_last_run_and_its_gaps(flows: Flows, deployment: Deployment) -> None:
    flow = flows.flow()["id"]
    failed, last = a_run(deployment, flow, 0, "failed"), a_run(deployment, flow, 1, "success")
    found = flows.one(f"/flows/{flow}")
    assert found["lastRunDetails"]["id"] == last and found["lastRunDetails"]["state"] == "success"
    [gap] = found["gaps"]
    assert (gap["windowStart"], gap["windowEnd"], gap["runId"]) == (NOW, NOW + HOUR, failed)
    assert gap["waitsFor"].startswith("a person") and set(gap["reason"]) == {"code", "message"}
    listed = flows.get(f"/flows?property=lastRunDetails.state==SUCCESS&property=id=={flow}").json()["items"]
    assert [item["id"] for item in listed] == [flow]


def test_runs_of_another_sandbox_do_not_exist(flows: Flows, deployment: Deployment) -> None:
    run = a_run(deployment, flows.flow()["id"], 0)
    stranger = Flows(flows.api.as_(sandbox="dev"), flows.linkedin)
    assert code(stranger.get(f"/runs/{run}")) == "FLOW-1439-404"
    assert stranger.get("/runs").json()["items"] == []
    assert code(flows.get("/flows/none/runs")) == "FLOW-1439-404"


def once(flows: Flows, deployment: Deployment) -> str:
    """A one-time flow, which LinkedIn itself does not offer."""
    id = flows.flow()["id"]
    with deployment.store.write() as conn:
        schedules.put(conn, CALLER, id, frequency="once", interval=1, start=NOW, backfill=True, enabled=True, at=NOW)
    return id


@pytest.mark.parametrize("extra", [{"status": "active"}, {"params": {}}, {"params": {"windowStartTime": "1660000000"}}])
def test_a_run_on_demand(flows: Flows, deployment: Deployment, extra: dict[str, Any]) -> None:
    answer = flows.post("/runs", {"flowId": once(flows, deployment), **extra})
    assert answer.status_code == 201, answer.text
    short = {"id": answer.json()["id"], "etag": answer.json()["etag"]}
    assert answer.json() == {**short, "items": [short]}
    assert answer.headers["location"].endswith(f"/runs/{short['id']}")
    assert flows.one(f"/runs/{short['id']}")["etag"] == short["etag"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "FLOW-1446-400"),
        ({"flowId": "none"}, "FLOW-1430-400"),
        ({"flowId": "{hourly}"}, "SOURCES-1386-400"),
        ({"flowId": "{once}", "params": {"windowStartTime": 9, "windowEndTime": 8}}, "SOURCES-1381-400"),
        ({"flowId": "{once}", "params": {"windowStartTime": "soon"}}, "SOURCES-1384-400"),
        ({"flowId": "{once}", "params": 5}, "SOURCES-1312-400"),
    ],
)
def test_a_run_that_cannot_start(flows: Flows, deployment: Deployment, body: dict[str, Any], expected: str) -> None:
    flow = {"{hourly}": lambda: flows.flow()["id"], "{once}": lambda: once(flows, deployment)}.get(
        body.get("flowId", "")
    )
    sent = {**body, "flowId": flow()} if flow else body
    assert code(flows.post("/runs", sent)) == expected


NO_INSTANTS: list[Any] = [
    -1, 253_402_300_800, 1_660_000_000_000, 2**63, 10**30, 1.5, 1e300, True, [], {}, "-1", "9" * 20, "9" * 5000, "1e9",
]  # fmt: skip


@pytest.mark.parametrize("name", ["windowStartTime", "windowEndTime"])
@pytest.mark.parametrize("value", NO_INSTANTS, ids=lambda value: str(value)[:30])
def test_an_end_of_a_window_is_an_instant(flows: Flows, deployment: Deployment, name: str, value: Any) -> None:
    answer = flows.post("/runs", {"flowId": once(flows, deployment), "params": {name: value}})
    assert code(answer) == "SOURCES-1384-400"
    message = answer.json()["errorMessage"]
    assert message.startswith(f"params.{name} must be ") and len(message) < 200


def test_a_failed_run_again(flows: Flows, deployment: Deployment) -> None:
    run = a_run(deployment, flows.flow()["id"], 0, "failed")
    answer = flows.post(f"/runs/{run}/action?op=re-trigger")
    assert answer.status_code == 200 and set(answer.json()) == {"id", "etag"} and answer.json()["id"] != run
    assert code(flows.post(f"/runs/{answer.json()['id']}/action?op=RE_TRIGGER")) == "SOURCES-1387-400"


def test_actions_on_runs_get_their_codes(flows: Flows, deployment: Deployment) -> None:
    flow = flows.flow()["id"]
    run = a_run(deployment, flow, 0, "failed")
    assert code(flows.post(f"/runs/{run}/action?op=rewind")) == "SOURCES-1333-400"
    assert code(flows.post(f"/runs/{run}/action?op=re-trigger", headers={"If-Match": "old"})) == "FLOW-1404-412"
    assert code(flows.post("/runs/none/action?op=re-trigger")) == "FLOW-1439-404"
    flows.post(f"/flows/{flow}/action?op=disable")
    assert code(flows.post(f"/runs/{run}/action?op=re-trigger")) == "SOURCES-1388-400"
    assert code(flows.put(f"/runs/{run}", {})) == "FLOW-1427-400"


def test_deleting_a_flow_tells_its_live_run_to_stop(flows: Flows, deployment: Deployment) -> None:
    flow = flows.flow()["id"]
    run = a_run(deployment, flow, 0)
    assert flows.delete(f"/flows/{flow}").status_code == 204
    with deployment.store.read() as conn:
        assert "was deleted" in (runs.by_id(conn, run).stop_reason or "")
        assert documents.find(conn, CALLER, "flows", flow) is None
