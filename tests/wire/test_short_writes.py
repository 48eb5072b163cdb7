"""Nobody waits for what somebody else's request is long about: it is worked out without the write lock."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from headrace.runs.deployment import Deployment
from headrace.store import engine
from headrace.store.outages import RETRY_SECONDS
from wire_server import HEADERS, Api, deploy, serve

REGISTRY = "/data/foundation/schemaregistry"
FLOWS = "/data/foundation/flowservice"
CONVERSION = "/data/foundation/conversion"
NOWHERE = {"title": "T", "type": "object", "allOf": [{"$ref": "https://ns.adobe.com/none"}]}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A database of which nobody waits for the write lock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "BUSY_TIMEOUT_MS", 0)
        made = deploy(tmp_path_factory.mktemp("wire"), database_url="")
        yield made
        made.jobs.stop(0)
        made.http.close()
        made.lake.close()
        made.store.close()


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> Iterator[Api]:
    for url in serve(deployment):
        with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False) as http:
            http.get(f"{REGISTRY}/stats")  # the sandbox comes with its first request
            yield Api(http)


@pytest.fixture
def locked(deployment: Deployment, api: Api) -> Iterator[None]:
    with deployment.store.write():
        yield


WRONG: list[tuple[str, str, Any]] = [
    ("POST", f"{REGISTRY}/tenant/schemas", NOWHERE),
    ("POST", f"{REGISTRY}/tenant/classes", NOWHERE),
    ("POST", f"{REGISTRY}/tenant/fieldgroups", {**NOWHERE, "meta:intendedToExtend": []}),
    ("POST", f"{REGISTRY}/tenant/datatypes", NOWHERE),
    ("PUT", f"{REGISTRY}/tenant/datatypes/none", NOWHERE),
    ("PATCH", f"{REGISTRY}/tenant/datatypes/none", [{"op": "add", "path": "/a", "value": 1}]),
    ("POST", f"{REGISTRY}/rpc/import", [{"$id": "https://ns.adobe.com/none"}]),
    ("POST", f"{REGISTRY}/tenant/descriptors", {"@type": "xdm:descriptorIdentity"}),
    ("PUT", f"{REGISTRY}/tenant/descriptors/none", {}),
    ("POST", f"{FLOWS}/connectionSpecs", {"name": "n"}),
    ("PUT", f"{FLOWS}/connectionSpecs/none", {"name": "n"}),
    ("POST", f"{FLOWS}/flowSpecs", {"name": "n"}),
    ("POST", f"{FLOWS}/connections", {"name": "n", "connectionSpec": {"id": "none"}}),
    ("PATCH", f"{FLOWS}/connections/none", [{"op": "add", "path": "/a", "value": 1}]),
    ("POST", f"{FLOWS}/sourceConnections", {"name": "n", "connectionSpec": {"id": "none"}}),
    ("PATCH", f"{FLOWS}/sourceConnections/none", [{"op": "add", "path": "/a", "value": 1}]),
    ("POST", f"{FLOWS}/targetConnections", {"name": "n", "connectionSpec": {"id": "none"}}),
    ("POST", f"{FLOWS}/flows", {"name": "n", "flowSpec": {"id": "none"}}),
    ("PATCH", f"{FLOWS}/flows/none", [{"op": "add", "path": "/a", "value": 1}]),
    ("POST", f"{CONVERSION}/mappingSets", {"mappings": [{"source": "a +"}]}),
    ("POST", "/data/foundation/catalog/dataSets", {"name": "n", "schemaRef": {"id": "none"}}),
]


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize(("method", "path", "body"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrong_is_told_while_another_writes(api: Api, method: str, path: str, body: Any) -> None:
    answer = api.request(method, path, json=body, headers={"if-match": "e"})
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.usefixtures("locked")
def test_a_database_that_stays_busy_asks_to_come_again(api: Api) -> None:
    body = {"title": "T", "type": "object", "properties": {"a": {"type": "string"}}}
    answer = api.post(f"{REGISTRY}/tenant/datatypes", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(RETRY_SECONDS))
    assert "database is locked" in answer.text


def test_thousands_of_resources_and_steps_cost_what_they_are(api: Api) -> None:
    """Each of the two took minutes when every resource and step went through everything before it."""
    fields = {"a": {"type": "string"}}
    sent = [
        {"$id": f"https://ns.adobe.com/extconndev/datatypes/{n:048x}", "title": f"T{n}", "properties": fields}
        for n in range(3000)
    ]
    assert len(api.post(f"{REGISTRY}/rpc/import", json=sent, timeout=60).json()) == 3000
    steps = [{"op": "add", "path": f"/properties/f{n}", "value": {"type": "string"}} for n in range(15_000)]
    answer = api.patch(f"{REGISTRY}/tenant/datatypes/_extconndev.datatypes.{0:048x}", json=steps, timeout=60)
    assert len(answer.json()["properties"]) == 15_001, answer.text[:500]
