"""Who may come in is settled first: before a method is refused, a policy is asked, or a body is taken."""

import socket
from typing import Any

import httpx2
import pytest

from headrace.api import bodies
from headrace.api.routing import Route
from headrace.api.services import ALL
from headrace.store.scope import Caller
from wire_server import HEADERS, Api

FLOW = "/data/foundation/flowservice"
UPLOAD = "/data/foundation/import/batches/b/datasets/d/files/f.json"

WRONG = [
    ("GET", "/ims/token/v3", "POST"),
    ("DELETE", "/ims/token/v2", "POST"),
    ("POST", "/health", "GET"),
    ("PUT", "/openapi.json", "GET"),
    ("DELETE", "/_emulator/clock", "GET, POST"),
    ("GET", "/_emulator/reset", "POST"),
]


@pytest.mark.parametrize(("method", "path", "allow"), WRONG)
def test_a_wrong_method_where_nobody_is_asked_is_405(api: Api, method: str, path: str, allow: str) -> None:
    answer = httpx2.request(method, f"{api.http.base_url}{path}", trust_env=False)
    assert (answer.status_code, answer.headers["allow"], answer.json()["error_code"]) == (405, allow, "405")


@pytest.mark.parametrize("path", ["/ims/nothing", "/_emulator/nothing", "/nothing"])
def test_a_wrong_path_where_nobody_is_asked_is_404(api: Api, path: str) -> None:
    assert httpx2.get(f"{api.http.base_url}{path}", trust_env=False).status_code == 404


def _concrete(route: Route) -> str:
    return "/" + "/".join("x" if part.startswith("{") else part for part in route.template)


def _guarded() -> dict[str, set[str]]:
    """Every path that asks who calls, with the methods that it takes."""
    taken: dict[str, set[str]] = {}
    for route in (route for service in ALL for route in service.listed if not route.operation.open):
        taken.setdefault(_concrete(route), set()).add(route.method)
    return taken


def test_a_wrong_method_elsewhere_is_405_in_the_services_body_once_the_caller_is_known(api: Api) -> None:
    stranger = httpx2.Client(base_url=api.http.base_url, trust_env=False)
    for path, taken in _guarded().items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
            answer = api.request(method, path)
            # Another route may fit the same path: /flows/search is a flow's id to GET.
            if answer.status_code == 405:
                body = answer.json()
                assert method not in answer.headers["allow"].split(", ") and body["status"] == 405 and body["title"]
            assert stranger.request(method, path).json()["error_code"] == "403010"
    stranger.close()


DENIED = [
    ("POST", f"{FLOW}/flows", ("create", "flows"), "https://ns.adobe.com/aep/errors/FLOW-2120-403"),
    ("GET", f"{FLOW}/runs/r", ("read", "runs"), "https://ns.adobe.com/aep/errors/FLOW-2120-403"),
    ("POST", f"{FLOW}/flows/f/action", ("change", "flows"), "https://ns.adobe.com/aep/errors/FLOW-2120-403"),
    ("POST", f"{FLOW}/flows/search", ("read", "flows"), "https://ns.adobe.com/aep/errors/FLOW-2120-403"),
    ("DELETE", "/data/foundation/schemaregistry/tenant/schemas/s", ("delete", "schemas"),
     "http://ns.adobe.com/aep/errors/XDM-2010-403"),
    ("GET", "/data/foundation/schemaregistry/stats", ("read", "schemas"),
     "http://ns.adobe.com/aep/errors/XDM-2010-403"),
    ("PATCH", "/data/foundation/catalog/v2/dataSets/d", ("change", "dataSets"),
     "http://ns.adobe.com/aep/errors/CATALOG-1000-403"),
    ("PATCH", "/data/foundation/import/batches", ("create", "batches"),
     "http://ns.adobe.com/aep/errors/INGEST-1000-403"),
    ("DELETE", "/data/foundation/conversion/mappingSets/m/mappings/n", ("change", "mappingSets"),
     "http://ns.adobe.com/aep/errors/DPMAP-1000-403"),
    ("GET", "/data/foundation/sandbox-management", ("read", "sandboxes"),
     "http://ns.adobe.com/aep/errors/SMS-2000-403"),
    ("GET", "/data/core/idnamespace/orgs/o/identities", ("read", "namespaces"),
     "http://ns.adobe.com/adobecloud/problem/namespacevalidation"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "asked", "type"), DENIED)
def test_what_a_policy_denies_is_403_in_the_services_body(
    api: Api, monkeypatch: pytest.MonkeyPatch, method: str, path: str, asked: tuple[str, str], type: str
) -> None:
    monkeypatch.setattr(Caller, "may", lambda _, verb, kind: (verb, kind) != asked)
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (403, type)
    assert "no permission to {} {} in sandbox prod".format(*asked) in answer.text


def test_every_guarded_route_asks_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def deny(_: Caller, verb: str, kind: str) -> bool:
        asked.append((verb, kind))
        return False

    monkeypatch.setattr(Caller, "may", deny)
    requests = [(method, path) for path, taken in _guarded().items() for method in taken]
    assert {api.request(method, path).status_code for method, path in requests} == {403}
    assert len(asked) == len(requests) and {verb for verb, _ in asked} == {"read", "create", "change", "delete"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("PUT", UPLOAD, {}, 403),
        ("PUT", UPLOAD, {**HEADERS, "Authorization": "Basic x"}, 401),
        ("POST", f"{FLOW}/flows", {}, 403),
        ("PUT", f"{FLOW}/flows", HEADERS, 405),
        ("POST", "/nowhere", {}, 404),
    ],
)
def test_no_byte_of_a_refused_body_is_taken(
    api: Api, monkeypatch: pytest.MonkeyPatch, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    taken: list[Any] = []
    monkeypatch.setattr(bodies.Body, "_take", lambda *given: taken.append(given))
    assert api.http.request(method, path, content=b"x" * 100_000, headers=_only(headers)).status_code == status
    assert taken == []


def _only(headers: dict[str, str]) -> dict[str, str]:
    return {**dict.fromkeys(HEADERS, ""), **headers}


def test_a_refusal_comes_before_the_body_does(api: Api) -> None:
    url = httpx2.URL(str(api.http.base_url))
    with socket.create_connection((url.host, url.port or 80), timeout=5) as connection:
        connection.sendall(f"PUT {UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Length: 400000000\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


def test_who_is_not_known_sends_little(api: Api) -> None:
    assert api.post("/ims/token/v3", content=b"x" * 2_000_000).status_code == 413
