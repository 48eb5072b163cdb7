"""The served description and the routes are one thing: all that is routed is described, all described is routed."""

import fnmatch
import time
from typing import Any

import httpx2
import msgspec
import pytest
import schemathesis

from headrace.api import openapi
from headrace.api.routing import Route
from headrace.api.services import ALL
from wire_server import Api

METHODS = frozenset(openapi.METHODS)


def document() -> dict[str, Any]:
    described: dict[str, Any] = msgspec.json.decode(openapi.description("http://127.0.0.1:8080"))
    return described


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def path_of(route: Route) -> str:
    # {name...} takes what remains of the path; OpenAPI has no word for it and calls it {name}.
    return "/" + "/".join(part.replace("...}", "}") for part in route.template)


def routed() -> set[tuple[str, str]]:
    return {(route.method.lower(), path_of(route)) for service in ALL for route in service.listed}


def test_what_is_routed_is_described_and_what_is_described_is_routed() -> None:
    assert {(method, path) for method, path, _ in operations()} == routed()


def test_schemathesis_reads_every_operation() -> None:
    schema = schemathesis.openapi.from_dict(document())
    schema.validate()
    assert len([found.ok() for found in schema.get_all_operations()]) == len(operations())


def test_operation_ids_are_given_once() -> None:
    named = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(named)) == len(named)


def test_every_reference_leads_somewhere() -> None:
    whole = document()
    for reference in _references(whole):
        node: Any = whole
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]


def test_no_component_is_left_over() -> None:
    whole = document()
    used = set(_references(whole))
    kinds = {kind: named for kind, named in whole["components"].items() if kind != "securitySchemes"}
    assert {f"#/components/{kind}/{name}" for kind, named in kinds.items() for name in named} - used == set()


@pytest.mark.parametrize(("method", "path", "operation"), operations(), ids=lambda value: str(value)[:60])
def test_each_operation_says_who_it_is_for_and_how_it_fails(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"] and len(operation["tags"]) == 1
    assert "$ref" in operation["responses"]["default"]
    templated = {part[1:-1] for part in path.split("/") if part.startswith("{")}
    assert {one["name"] for one in document()["paths"][path].get("parameters", [])} == templated


def test_open_routes_need_no_token_and_the_others_do() -> None:
    opened = {
        (route.method.lower(), path_of(route)) for service in ALL for route in service.listed if route.operation.open
    }
    assert {(method, path) for method, path, operation in operations() if not operation["security"]} == opened


ROUTES = [route for service in ALL for route in service.listed]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {path_of(route)}")
def test_what_a_route_declares_as_its_answers_is_what_is_described(route: Route) -> None:
    operation = document()["paths"][path_of(route)][route.method.lower()]
    # What is refused in the service's own form is a component of its own.
    described = {
        int(status): [media.partition(";")[0] for media in response.get("content", {})]
        for status, response in operation["responses"].items()
        if "$ref" not in response
    }
    assert {answer.status for answer in route.operation.answers} == set(described)
    for answer in route.operation.answers:
        matches = {form: fnmatch.filter(described[answer.status], form) for form in answer.media}
        assert all(matches.values())
        assert set().union(*matches.values()) == set(described[answer.status])


def test_the_document_is_served_without_a_token_and_names_the_server(api: Api) -> None:
    answer = httpx2.get(f"{api.http.base_url}/openapi.json", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json()["servers"][0]["url"].startswith("http://")


def test_the_document_is_put_together_in_no_time() -> None:
    openapi.description.cache_clear()
    before = time.perf_counter()
    openapi.description("http://127.0.0.1:8080")
    assert time.perf_counter() - before < 0.5


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for value in node.values() for found in _references(value)]
