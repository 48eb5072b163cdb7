"""Sets up what a benchmark needs through the API, with the tutorial's own requests."""

import time
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import httpx2

from bench import analytics
from headrace.cli import tutorial
from headrace.client import CATALOG, CONVERSION, FLOW_SERVICE, Client, RequestFailed

WAIT_SECONDS = 1800.0


def prepared(client: Client, accounts: str) -> tutorial.Walk:
    """The tutorial up to the target connection, reading ``accounts`` by creative; the emulator's clock stands first."""
    client.call("POST", "/_emulator/clock", {"now": f"{analytics.NOW:%Y-%m-%dT%H:%M:%S}Z"})
    return connected(client, accounts)


def connected(client: Client, accounts: str, host: str = "", spec: str = "") -> tutorial.Walk:
    """The tutorial up to the target connection, reading ``accounts``; from ``host`` and by ``spec`` where named."""
    walk = tutorial.Walk(client, lambda _sent: None)
    if spec:
        for body in ("baseConnection", "sourceConnection"):
            walk.bodies[body]["connectionSpec"]["id"] = spec
    if host:
        walk.bodies["baseConnection"]["auth"]["params"]["host"] = host
    walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = "bench"
    walk.bodies["sourceConnection"]["params"] |= {"accountIds": accounts, "pivot": "CREATIVE"}
    path = f"{FLOW_SERVICE}/connections"
    made = walk.send("Create a base connection", "POST", path, walk.bodies["baseConnection"], expect=201)
    walk.values["BASE_CONNECTION_ID"] = made["id"]
    tutorial.prepare(walk)
    return walk


def another(walk: tutorial.Walk, name: str, accounts: str) -> None:
    """A further source, dataset and target beside the walk's, with the same schema; the walk goes on with them."""
    bodies = walk.bodies
    source = deepcopy(bodies["sourceConnection"])
    source["params"]["accountIds"] = accounts
    made = walk.send(name, "POST", f"{FLOW_SERVICE}/sourceConnections", {**source, "name": name}, expect=201)
    walk.values["SOURCE_CONNECTION_ID"] = made["id"]
    dataset = {**bodies["dataSet"], "name": name}
    (reference,) = walk.send(name, "POST", f"{CATALOG}/dataSets", dataset, expect=201)
    walk.values["DATASET_ID"] = reference.rpartition("/")[2]
    made = walk.send(name, "POST", f"{FLOW_SERVICE}/targetConnections", bodies["targetConnection"], expect=201)
    walk.values["TARGET_CONNECTION_ID"] = made["id"]


def map_fields(walk: tutorial.Walk) -> None:
    """The tutorial's mapping set of 17."""
    made = walk.send("Create a mapping", "POST", f"{CONVERSION}/mappingSets", walk.bodies["mappingSet"])
    walk.values["MAPPING_ID"] = made["id"]


def start_flow(walk: tutorial.Walk, name: str, schedule: Mapping[str, object]) -> str:
    """Creates a flow; its id."""
    body: dict[str, Any] = {**walk.bodies["flow"], "name": name, "scheduleParams": dict(schedule)}
    flow: str = walk.send("Create a flow", "POST", f"{FLOW_SERVICE}/flows", body, expect=201)["id"]
    return flow


def advance(client: Client, step: str) -> None:
    """Moves the clock and waits until nothing is due or running, longer than the server itself waits if need be."""
    deadline = time.monotonic() + WAIT_SECONDS
    answer = _moved(client, step)
    while answer.status_code == 409 and time.monotonic() < deadline:
        answer = _moved(client, "PT0S")
    if answer.status_code != 200:
        raise RequestFailed(f"Moving the clock by {step} answered {answer.status_code}: {answer.text}")


def _moved(client: Client, step: str) -> httpx2.Response:
    return httpx2.post(
        f"{client.base_url}/_emulator/clock",
        json={"advance": step, "wait": True},
        headers=client.headers,
        timeout=WAIT_SECONDS,
        trust_env=False,
    )
