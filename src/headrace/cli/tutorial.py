"""The tutorial's requests in their printed order, each as one step that fills in what earlier answers gave."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import msgspec

from headrace.client import CATALOG, CONVERSION, FLOW_SERVICE, SCHEMA_REGISTRY, Answer, Client, RequestFailed

VENDOR = "application/vnd.adobe.xed+json"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that was sent, and what came back."""

    title: str
    method: str
    path: str
    body: Any
    answer: Answer


@dataclass(slots=True)
class Walk:
    """One walk through the tutorial: the client, the values so far, and who is told of each request."""

    client: Client
    told: Callable[[Sent], None]
    values: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=lambda: load_bodies())

    def send(self, title: str, method: str, path: str, body: Any = None, expect: int = 200, **kwargs: Any) -> Any:
        """Sends one request of the tutorial; RequestFailed when the status is not the printed one."""
        filled = fill(body, self.values)
        answer = self.client.send(method, path, filled, **kwargs)
        self.told(Sent(title, method, path, filled, answer))
        if answer.status != expect:
            raise RequestFailed(f"{title}: {method} {path} answered {answer.status}, not {expect}: {answer.body}")
        return answer.body


def load_bodies() -> dict[str, Any]:
    """The printed request bodies by name, with ``{PLACEHOLDER}`` where an earlier answer's id goes."""
    text = resources.files("headrace.cli").joinpath("tutorial.json").read_bytes()
    bodies: dict[str, Any] = msgspec.json.decode(text)
    return bodies


def fill(body: Any, values: dict[str, str]) -> Any:
    """``body`` with every ``{NAME}`` of ``values`` replaced inside its strings."""
    if isinstance(body, str):
        for name, value in values.items():
            body = body.replace(f"{{{name}}}", value)
        return body
    if isinstance(body, dict):
        return {key: fill(item, values) for key, item in body.items()}
    return [fill(item, values) for item in body] if isinstance(body, list) else body


def connect(walk: Walk) -> None:
    """Base connection and a look into the source."""
    path = f"{FLOW_SERVICE}/connections"
    made = walk.send("Create a base connection", "POST", path, walk.bodies["baseConnection"], expect=201)
    walk.values["BASE_CONNECTION_ID"] = made["id"]
    params = {
        "objectType": "rest",
        "object": "json",
        "fileType": "json",
        "preview": "true",
        "sourceParams": _encoded(walk),
    }
    walk.send("Explore the source", "GET", f"{path}/{made['id']}/explore", params=params)


def _encoded(walk: Walk) -> str:
    params = fill(walk.bodies["baseConnection"]["auth"]["params"], walk.values)
    return base64.b64encode(json.dumps(params).encode()).decode()


def prepare(walk: Walk) -> None:
    """Source connection, target schema, dataset and target connection."""
    made = walk.send(
        "Create a source connection",
        "POST",
        f"{FLOW_SERVICE}/sourceConnections",
        walk.bodies["sourceConnection"],
        expect=201,
    )
    walk.values["SOURCE_CONNECTION_ID"] = made["id"]
    walk.send("Learn the tenant id", "GET", f"{SCHEMA_REGISTRY}/stats", headers={"Accept": VENDOR})
    group = walk.send(
        "Create a field group", "POST", f"{SCHEMA_REGISTRY}/tenant/fieldgroups", walk.bodies["fieldGroup"], expect=201
    )
    walk.values["FIELD_GROUP_ID"] = group["$id"]
    schema = walk.send(
        "Create the target schema", "POST", f"{SCHEMA_REGISTRY}/tenant/schemas", walk.bodies["schema"], expect=201
    )
    walk.values["SCHEMA_ID"] = schema["$id"]
    (reference,) = walk.send("Create the dataset", "POST", f"{CATALOG}/dataSets", walk.bodies["dataSet"], expect=201)
    walk.values["DATASET_ID"] = reference.rpartition("/")[2]
    target = walk.send(
        "Create a target connection",
        "POST",
        f"{FLOW_SERVICE}/targetConnections",
        walk.bodies["targetConnection"],
        expect=201,
    )
    walk.values["TARGET_CONNECTION_ID"] = target["id"]


def start_flow(walk: Walk) -> None:
    """Mapping and flow: from here on the schedule works."""
    mapping = walk.send("Create a mapping", "POST", f"{CONVERSION}/mappingSets", walk.bodies["mappingSet"])
    walk.values["MAPPING_ID"] = mapping["id"]
    flow = walk.send("Create a flow", "POST", f"{FLOW_SERVICE}/flows", walk.bodies["flow"], expect=201)
    walk.values["FLOW_ID"], walk.values["FLOW_ETAG"] = flow["id"], flow["etag"]


def list_runs(walk: Walk, title: str = "Monitor the flow") -> list[dict[str, Any]]:
    """The flow's runs, newest first, as the API renders them."""
    path = f"{FLOW_SERVICE}/runs?property=flowId=={walk.values['FLOW_ID']}"
    items: list[dict[str, Any]] = walk.send(title, "GET", path)["items"]
    return items


def links(run: dict[str, Any]) -> Iterator[str]:
    """Every link inside a run document."""
    for key, value in run.items():
        if isinstance(value, dict):
            yield from links(value)
        elif isinstance(value, list):
            for item in value:
                yield from links(item) if isinstance(item, dict) else ()
        elif isinstance(value, str) and value.startswith("http") and "/export/" in value and key != "message":
            yield value


def clean_up(walk: Walk) -> None:
    """Patch and delete the flow, then the connection, as the tutorial's last four requests do."""
    flow = f"{FLOW_SERVICE}/flows/{walk.values['FLOW_ID']}"
    connection = f"{FLOW_SERVICE}/connections/{walk.values['BASE_CONNECTION_ID']}"
    etag = walk.send("Read the flow's etag", "GET", flow)["items"][0]["etag"]
    walk.send("Update the flow", "PATCH", flow, walk.bodies["flowPatch"], headers={"If-Match": etag})
    walk.send("Delete the flow", "DELETE", flow, expect=204)
    walk.send("It is gone", "GET", flow, expect=404)
    etag = walk.send("Read the connection's etag", "GET", connection)["items"][0]["etag"].strip('"')
    walk.send("Update the connection", "PATCH", connection, walk.bodies["connectionPatch"], headers={"If-Match": etag})
    walk.send("Delete the connection", "DELETE", connection, expect=204)
    walk.send("It is gone", "GET", connection, expect=404)
