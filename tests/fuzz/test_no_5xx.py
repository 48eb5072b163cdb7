"""Schemathesis asks what the description allows, and what it forbids: no answer is a 5xx, all are as described."""

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

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 2}
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
    "sampleId": f"{CONVERSION}/samples",
    "xdm:sourceSchema": f"{REGISTRY}/schemas",
    "$ref": f"{REGISTRY}/fieldgroups",
}
SPECS = {"connectionSpec": f"{FLOW}/connectionSpecs", "flowSpec": f"{FLOW}/flowSpecs"}
# What leads on where any text is allowed.
WORDS = {
    "specName": ["OAuth2 Refresh Code"],
    "source": [
        "element.clicks",
        "element.pivotValue",
        "upper(trim(element.pivotValue))",
        "element.clicks / element.zero",
        "1",
    ],
    "destination": ["_extconndev.clicks", "_extconndev.pivotValue", "_extconndev.dateRange.start.day", "_id"],
    "sourceAttribute": ["element.clicks", "iif(element.clicks > 1, 1, null)"],
    "destinationXdmPath": ["_extconndev.clicks", "_extconndev.dateRange"],
    "accountIds": ["507947502", "507947502,508670032", ""],
    "expression": ["a + b", "iif(a > 1, concat(b, 'x'), null)", "upper(", "a.b.c ==", "coalesce()"],
    "xdm:sourceProperty": ["/_extconndev/pivotValue", "/_extconndev/clicks", "/_id", "/_extconndev/none"],
    "xdm:namespace": ["Email", "member", "0"],
}
POINTERS = [
    "/name", "/description", "/auth/params", "/auth/params/accessToken", "/params", "/params/accountIds",
    "/data/format", "/scheduleParams",
    "/scheduleParams/frequency", "/scheduleParams/interval", "/transformations/0/params/mappingVersion", "/options",
    "/sourceConnectionIds/0",
    "/title", "/allOf/-", "/allOf/1", "/meta:immutableTags", "/properties/day",
    "/definitions/customFields/properties/_extconndev/properties/clicks",
    "/tags", "/schemaRef/id", "/enableErrorDiagnostics",
]  # fmt: skip
# A second spelling of a path leads to the same handler.
LABELS = [one.label for one in operations() if not one.alias]


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
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case) -> None:
        case.headers = {**case.headers, **HEADERS, **_current(world, operation, case)}
        case.call_and_validate(base_url=str(world.api.http.base_url), checks=CHECKS)

    ask()


def _current(world: World, operation: APIOperation, case: Case) -> Mapping[str, str]:
    # Most changes are asked for from the version that is current, or they would never get past If-Match.
    changes = operation.method == "patch" or operation.path.endswith("/action")
    if not changes or not operation.path.startswith(FLOW) or len(f"{case.body!r}{case.query}") % 4 == 0:
        return {}
    answer = world.api.get(case.formatted_path.removesuffix("/action"))
    return {"If-Match": answer.json()["items"][0]["etag"]} if answer.status_code == 200 else {}


def seeded(world: World, whole: dict[str, Any]) -> dict[str, Any]:
    """The description, but its ids are ones that exist, its words ones that lead on, its hosts the simulator's."""
    for path, item in whole["paths"].items():
        for parameter in item.get("parameters", []):
            parameter["schema"] = _one_of(ids(world, path, parameter["name"]))
    for name, draft in whole["components"]["schemas"].items():
        for member, node in _members(draft) if name.endswith(("Draft", "Start", "Step")) else ():
            if member in SPECS:
                _replace(node, _reference(world.ids[SPECS[member]][::-1]))
            elif known := _known(world, name, member):
                _replace(node.get("items", node), _one_of(known))
    named = whole["components"]["schemas"]
    named["DataSetDraft"]["properties"]["schemaRef"]["properties"]["id"] = _one_of(world.ids[f"{REGISTRY}/schemas"])
    named["ClockMove"]["properties"]["wait"] = {"const": False}
    return whole


def _known(world: World, schema: str, member: str) -> list[str]:
    if member == "host":
        return [world.linkedin.url, "http://127.0.0.1:1"]
    if schema == "PatchStep" and member == "path":
        return POINTERS
    return world.ids.get(REFERENCES.get(member, ""), WORDS.get(member, []))


def _one_of(known: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": known}


def _reference(known: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": ["id"], "properties": {"id": _one_of(known), "version": {"const": "1.0"}}}


def _replace(node: dict[str, Any], schema: dict[str, Any]) -> None:
    node.clear()
    node.update(schema)


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
