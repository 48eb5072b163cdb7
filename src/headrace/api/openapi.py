"""The API's own description: ``/openapi.json``, put together from one file per service in ``descriptions/``."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes

openapi = Routes("/openapi.json", GATEWAY)

Json = dict[str, Any]

SHARED = "shared.json"
METHODS = ("get", "post", "put", "patch", "delete", "head")


@openapi.get("", kind="description", open=True)
def describe(request: Request) -> Reply:
    """An OpenAPI 3.1 document of every service; its server is this deployment."""
    return Reply(description(request.settings.base_url))


@cache
def description(base_url: str) -> bytes:
    """The whole document for a server at ``base_url``."""
    whole = _read(SHARED)
    for part in (_read(name) for name in _names() if name != SHARED):
        _complete(part, whole["x-gateway"])
        whole["tags"].append(part["tag"])
        whole["paths"] |= {**part["paths"], **_aliases(part)}
        for kind, named in part.get("components", {}).items():
            whole["components"].setdefault(kind, {}).update(named)
    del whole["x-gateway"]
    return msgspec.json.encode({**whole, "servers": [{"url": base_url}]})


def _complete(part: Json, gateway: Json) -> None:
    # What every operation of a service has is said once in the files: its tag, its error body, the gateway's headers.
    for path in part["paths"].values():
        for operation in (path[method] for method in METHODS if method in path):
            operation["tags"] = [part["tag"]["name"]]
            operation["responses"].setdefault("default", part["error"])
            if "security" not in operation:
                operation["security"] = gateway["security"]
                operation["parameters"] = [*operation.get("parameters", []), *gateway["parameters"]]


def _aliases(part: Json) -> Json:
    # A second spelling of a path: the same operations under operation ids of their own.
    return {
        alias: {key: _renamed(value) if key in METHODS else value for key, value in part["paths"][path].items()}
        for alias, path in part.get("aliases", {}).items()
    }


def _renamed(operation: Json) -> Json:
    return {**operation, "operationId": f"{operation['operationId']}Alias"}


def _names() -> list[str]:
    return sorted(entry.name for entry in files("headrace.api").joinpath("descriptions").iterdir())


def _read(name: str) -> Json:
    read: Json = msgspec.json.decode(files("headrace.api").joinpath("descriptions", name).read_bytes())
    return read
