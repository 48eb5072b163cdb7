"""Replays over the wire: what is refused, in Flow Service's own body, before anything is written."""

from typing import Any

import pytest

from headrace.runs.deployment import Deployment
from wire.flowservice.test_runs import a_run
from wire_flows import Flows, code

BODIES: list[tuple[Any, str]] = [
    ({"rows": "some"}, "rows must be all or quarantined"),
    ({"rows": 1}, "rows must be text"),
    ({"mappingVersion": "newest"}, "mappingVersion must be a whole number"),
    ({"mappingVersion": -1}, "mappingVersion -1 is not a version"),
    ({"mappingVersion": 2**31}, "is not a version"),
    ({"dryRun": "maybe"}, "dryRun must be true or false"),
    ({"mapping": 1}, "takes no mapping; send mappingVersion, rows, dryRun"),
    ([], "must be a JSON object"),
]


@pytest.mark.parametrize(("body", "told"), BODIES, ids=lambda value: str(value)[:40])
def test_what_a_replay_does_not_take(flows: Flows, deployment: Deployment, body: Any, told: str) -> None:
    run = a_run(deployment, flows.flow()["id"], 0, "failed")
    answer = flows.post(f"/runs/{run}/action?op=replay", body)
    assert code(answer).endswith("-400") and told in answer.json()["errorMessage"]


STATES = {"queued": "is queued; replay it when it is over", "failed": "failed before all its pages were landed"}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("body", [None, {"dryRun": True}, {"rows": "quarantined", "mappingVersion": None}])
def test_a_run_that_has_nothing_to_replay(flows: Flows, deployment: Deployment, state: str, body: Any) -> None:
    flow = flows.flow()["id"]
    run = a_run(deployment, flow, 0, state)
    answer = flows.post(f"/runs/{run}/action?op=Replay", body)
    assert code(answer) == "FLOW-1422-400" and STATES[state] in answer.json()["errorMessage"]
    assert len(flows.get(f"/flows/{flow}/runs").json()["items"]) == 1


def test_a_run_that_is_not_there_or_has_changed(flows: Flows, deployment: Deployment) -> None:
    flow = flows.flow()["id"]
    run = a_run(deployment, flow, 0, "failed")
    assert code(flows.post("/runs/none/action?op=replay", {})) == "FLOW-1439-404"
    assert code(flows.post(f"/runs/{run}/action?op=replay", {}, headers={"If-Match": "old"})) == "FLOW-1404-412"
    flows.delete(f"/flows/{flow}")
    assert code(flows.post(f"/runs/{run}/action?op=replay", {})) == "FLOW-1430-400"
