"""Schemathesis asks what the description allows, and what it forbids: answers keep to the description, none is a 5xx."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fuzz.described import FLOW, document, ids, operations
from fuzz.world import CATALOG, CONVERSION, REGISTRY, World
from wire_server import HEADERS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fuzz")]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {GenerationMode.POSITIVE: 16, GenerationMode.NEGATIVE: 6}
# Members of bodies that name documents, and where those are.
REFERENCES = {
    "baseConnectionId": f"{FLOW}/connections",
    "sourceConnectionIds": f"{FLOW}/sourceConnections",
    "targetConnectionIds": f"{FLOW}/targetConnections",
    "flowId": f"{FLOW}/flows",
    "dataSetId": f"{CATALOG}/dataSets",
    "datasetId": f"{CATALOG}/dataSets",
    "mappingId": f"{CONVERSION}/mappingSets",
    "xdmSchema": f"{REGISTRY}/schemas",
    "xdm:sourceSchema": f"{REGISTRY}/schemas",
    "$ref": f"{REGISTRY}/fieldgroups",
}
# Specs and schemas are named by an object with an id.
NAMING = {
    "ConnectionDraft": f"{FLOW}/connectionSpecs",
    "SourceConnectionDraft": f"{FLOW}/connectionSpecs",
    "TargetConnectionDraft": f"{FLOW}/connectionSpecs",
    "FlowDraft": f"{FLOW}/flowSpecs",
}
POINTERS = [
    "/name", "/description", "/auth/params", "/auth/params/accessToken", "/params", "/params/accountIds", "/data/format", "/scheduleParams",
    "/scheduleParams/frequency", "/scheduleParams/interval", "/transformations/0/params/mappingVersion", "/options", "/sourceConnectionIds/0",
    "/title", "/allOf/-", "/allOf/1", "/meta:immutableTags", "/properties/day", "/definitions/customFields/properties/_extconndev/properties/clicks",
    "/tags", "/schemaRef/id", "/enableErrorDiagnostics",
]  # fmt: skip
LABELS = [one.label for one in operations()]


@pytest.fixture(scope="session")
def schema(world: World) -> Any:
    return schemathesis.openapi.from_dict(seeded(world, document()))


@pytest.mark.parametrize("mode", list(EXAMPLES), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", LABELS)
def test_no_5xx(world: World, schema: Any, label: str, mode: GenerationMode) -> None:
    operation = schema.find_operation_by_label(label)
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        pytest.skip("nothing to get wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case) -> None:
        case.headers = {**case.headers, **HEADERS, **_current(world, operation, case)}
        case.call_and_validate(base_url=str(world.api.http.base_url), checks=CHECKS)

    ask()


def _current(world: World, operation: APIOperation, case: Case) -> Mapping[str, str]:
    # Most changes are asked for from the version that is current, or they would never get past If-Match.
    if operation.method != "patch" or not operation.path.startswith(FLOW) or len(str(case.body)) % 4 == 0:
        return {}
    answer = world.api.get(case.formatted_path)
    return {"If-Match": answer.json()["items"][0]["etag"]} if answer.status_code == 200 else {}


def seeded(world: World, whole: dict[str, Any]) -> dict[str, Any]:
    """The description with ids that exist offered wherever a document is named, and no host but the simulator's."""
    for path, item in whole["paths"].items():
        for parameter in item.get("parameters", []):
            _offer(parameter["schema"], ids(world, path, parameter["name"]))
    named = whole["components"]["schemas"]
    for name, draft in named.items():
        for member, node in _members(draft):
            if member in REFERENCES:
                _offer(node.get("items", node), world.ids[REFERENCES[member]])
            elif member in ("connectionSpec", "flowSpec") and name in NAMING:
                node.clear()
                node.update(_naming(world.ids[NAMING[name]]))
            elif member == "host":
                node.update({"enum": [world.linkedin.url, "http://127.0.0.1:1"]})
    _offer(named["DataSetDraft"]["properties"]["schemaRef"]["properties"]["id"], world.ids[f"{REGISTRY}/schemas"])
    _offer(named["PatchStep"]["properties"]["path"], POINTERS)
    named["ClockMove"]["properties"]["wait"] = {"const": False}
    return whole


def _naming(found: list[str]) -> dict[str, Any]:
    id, version = {"type": "string"}, {"type": "string", "enum": ["1.0", "2"]}
    _offer(id, found)
    return {"type": "object", "required": ["id"], "properties": {"id": id, "version": version}}


def _offer(node: dict[str, Any], found: list[str]) -> None:
    if found and node.get("enum") is None:
        before = dict(node)
        node.clear()
        node.update({"anyOf": [{"enum": found}, before]})


def _members(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        for one in node:
            yield from _members(one)
    if isinstance(node, dict):
        named = node.get("properties")
        for member, schema in list(named.items()) if isinstance(named, dict) else []:
            if isinstance(schema, dict):
                yield member, schema
        for value in list(node.values()):
            yield from _members(value)
