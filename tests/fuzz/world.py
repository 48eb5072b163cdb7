"""The tutorial walked once on a real server, so that fuzzed requests find documents to change and runs to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from headrace.cli.tutorial import fill, load_bodies
from headrace.runs.deployment import Deployment
from headrace.runs.tick import tick
from headrace.store import emulator_clock
from linkedin_simulator import Running
from wire_flows import NOW
from wire_server import Api

FLOW = "/data/foundation/flowservice"
CATALOG = "/data/foundation/catalog"
CONVERSION = "/data/foundation/conversion"
REGISTRY = "/data/foundation/schemaregistry/tenant"
RPC = "/data/foundation/schemaregistry/rpc"
IMPORT = "/data/foundation/import"
EXPORT = "/data/foundation/export"
NAMESPACES = "/data/core/idnamespace/identities"
SANDBOXES = "/data/foundation/sandbox-management/sandboxes"
OCTETS = {"Content-Type": "application/octet-stream"}


@dataclass
class World:
    """A server with documents.

    ids     path of a collection -> ids below it
    bodies  path of a collection -> a body that it accepts
    """

    api: Api
    linkedin: Running
    ids: dict[str, list[str]] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def make(self, path: str, body: Any, key: str = "", **kw: Any) -> str:
        """Creates below ``path`` by a body of the tutorial; its id becomes the value ``key`` of later bodies."""
        filled = fill(body, self.values)
        answer = self.api.post(path, json=filled, **kw)
        assert answer.is_success, f"{path}: {answer.text}"
        id = _id(answer.json())
        self.ids.setdefault(path, []).append(id)
        self.bodies.setdefault(path, filled)
        self.values[key] = id
        return id


def build(api: Api, deployment: Deployment, linkedin: Running) -> World:
    """Everything that the tutorial makes, a run that has ended and one that waits, batches in several states."""
    world = World(api, linkedin)
    with deployment.store.write() as conn:
        emulator_clock.move_to(conn, NOW)
    _documents(world, load_bodies())
    _specs(world)
    _run(world, deployment)
    _batches(world)
    _rest(world)
    return world


def _documents(world: World, bodies: Mapping[str, Any]) -> None:
    connection = fill(bodies["baseConnection"], {"LINKEDIN_ADS_ACCESS_TOKEN": world.linkedin.token})
    connection["auth"]["params"]["host"] = world.linkedin.url
    world.make(f"{FLOW}/connections", connection, "BASE_CONNECTION_ID")
    world.make(f"{FLOW}/sourceConnections", bodies["sourceConnection"], "SOURCE_CONNECTION_ID")
    world.make(f"{REGISTRY}/fieldgroups", bodies["fieldGroup"], "FIELD_GROUP_ID")
    world.make(f"{REGISTRY}/schemas", bodies["schema"], "SCHEMA_ID")
    world.make(f"{REGISTRY}/datatypes", {"title": "Day", "type": "object", "properties": {"day": {"type": "integer"}}})
    world.make(f"{CATALOG}/dataSets", bodies["dataSet"], "DATASET_ID")
    world.make(f"{FLOW}/targetConnections", bodies["targetConnection"], "TARGET_CONNECTION_ID")
    world.make(f"{CONVERSION}/mappingSets", bodies["mappingSet"], "MAPPING_ID")
    world.make(f"{FLOW}/flows", bodies["flow"], "FLOW_ID")
    world.make(f"{REGISTRY}/descriptors", {
        "@type": "xdm:descriptorIdentity", "xdm:sourceSchema": "{SCHEMA_ID}", "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/_extconndev/pivotValue", "xdm:namespace": "Email", "xdm:property": "xdm:code",
        "xdm:isPrimary": False,
    })  # fmt: skip


def _specs(world: World) -> None:
    # LinkedIn has no one-time flows; a spec of our own that is otherwise the same has.
    spec, flow_spec = (_copied(world, f"{FLOW}/{kind}") for kind in ("connectionSpecs", "flowSpecs"))
    known = spec["sourceSpec"]["attributes"]["x-headrace"]
    del known["frequencies"], known["aliases"]
    id = world.make(f"{FLOW}/connectionSpecs", spec)
    flow_spec_id = world.make(f"{FLOW}/flowSpecs", {**flow_spec, "sourceConnectionSpecIds": [id]})
    own = {"connectionSpec": {"id": id, "version": "1.0"}}
    base = world.make(f"{FLOW}/connections", {**world.bodies[f"{FLOW}/connections"], **own})
    source = {**world.bodies[f"{FLOW}/sourceConnections"], **own, "baseConnectionId": base}
    ends = {"sourceConnectionIds": [world.make(f"{FLOW}/sourceConnections", source)]}
    schedule = {"scheduleParams": {"startTime": "1625040887", "frequency": "once"}}
    flow = {**world.bodies[f"{FLOW}/flows"], **ends, **schedule, "flowSpec": {"id": flow_spec_id, "version": "1.0"}}
    world.make(f"{FLOW}/flows", flow)


def _copied(world: World, path: str) -> dict[str, Any]:
    shipped = world.api.get(path).json()["items"]
    world.ids[path] = [item["id"] for item in shipped]
    first = next((item for item in shipped if item["name"] == "linkedin-ads"), shipped[0])
    return {**{key: value for key, value in first.items() if key not in ("id", "etag")}, "name": "our own"}


def _run(world: World, deployment: Deployment) -> None:
    tick(deployment.dispatch, deployment.clock.now())
    runs = [item["id"] for item in world.api.get(f"{FLOW}/runs").json()["items"]]
    deployment.life().carry(runs[-1])
    world.ids[f"{FLOW}/runs"] = runs
    world.bodies[f"{FLOW}/runs"] = {"flowId": world.ids[f"{FLOW}/flows"][1], "params": {}}
    mappings = world.api.get(f"{CONVERSION}/mappingSets/{world.values['MAPPING_ID']}/mappings").json()
    world.ids[f"{CONVERSION}/mappings"] = [item["id"] for item in mappings]


def _batches(world: World) -> None:
    done = list(world.api.get(f"{CATALOG}/batches").json())
    world.ids[f"{CATALOG}/batches"] = done
    files = world.api.get(f"{EXPORT}/batches/{done[0]}/files").json()["data"]
    world.ids[f"{EXPORT}/files"] = [item["dataSetFileId"] for item in files]
    path = f"{IMPORT}/batches"
    for _ in range(2):
        id = world.make(path, {"datasetId": world.values["DATASET_ID"], "inputFormat": {"format": "json"}})
        file = f"{path}/{id}/datasets/{world.values['DATASET_ID']}/files/a.json"
        world.api.put(file, content=b'[{"_extconndev": {"clicks": 1}}]', headers=OCTETS)
    world.ids[path] += done


def _rest(world: World) -> None:
    world.make(NAMESPACES, {"name": "Member", "code": "member", "idType": "CROSS_DEVICE"})
    world.make(SANDBOXES, {"name": "spare", "title": "Spare", "type": "development"})
    mapping = {"sourceType": "EXPRESSION", "source": "element.clicks + 1", "destination": "_extconndev.clicks"}
    sets = world.bodies[f"{CONVERSION}/mappingSets"]
    export = world.api.get(f"{RPC}/export/{quote(world.values['SCHEMA_ID'], safe='')}").json()
    sample = world.make(f"{CONVERSION}/samples", {"sampleData": '{"element": {"clicks": 3}}', "sampleType": "JSON"})
    explored = {"type": "object", "properties": {"element": {"properties": {"clicks": {"type": "integer"}}}}}
    world.make(f"{CONVERSION}/schemas", {"name": "own", "jsonSchema": explored})
    world.make(f"{CONVERSION}/schemas", {"sampleId": sample})
    proposal = {"xdmSchema": world.values["SCHEMA_ID"], "inputSchema": {"jsonSchema": explored}}
    world.bodies |= {
        f"{CONVERSION}/mappingSets/suggestion": proposal,
        f"{RPC}/import": export,
        f"{CONVERSION}/mappingSets/validate": sets,
        f"{CONVERSION}/mappingSets/preview": {"data": {"element": {"clicks": 3}}, "mappingSet": sets},
        f"{CONVERSION}/mappingSets/{{id}}/mappings": mapping,
        f"{CONVERSION}/languages/el/validate": {"expression": 'iif(a > 1, concat(b, "x"), null)'},
        f"{FLOW}/flows/search": {"queryString": "property=state==enabled", "limit": 2, "orderby": "-updatedAt"},
    }


def _id(answer: Any) -> str:
    # Catalog answers a list of references; the registry's ids are $id, or @id for descriptors.
    if isinstance(answer, list):
        return str(answer[0]).rpartition("/")[2]
    names = ("$id", "@id", "id", "name")
    return str(next(answer[name] for name in names if name in answer))
