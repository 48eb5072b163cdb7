"""The served description as fuzzing uses it: which operations there are, and which ids stand for their parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from fuzz.world import CATALOG, CONVERSION, EXPORT, FLOW, IMPORT, NAMESPACES, REGISTRY, SANDBOXES, World
from headrace.api import openapi
from wire_server import ORG

Json = dict[str, Any]

# Longest first: the collection whose ids a path below it takes.
COLLECTIONS = {
    f"{CATALOG}/datasets": f"{CATALOG}/dataSets",
    f"{CATALOG}/v2/dataSets": f"{CATALOG}/dataSets",
    f"{EXPORT}/batches": f"{CATALOG}/batches",
    f"{EXPORT}/datasets": f"{CATALOG}/dataSets",
    "/data/foundation/schemaregistry/{container}/descriptors": f"{REGISTRY}/descriptors",
    "/data/foundation/schemaregistry/rpc/export": f"{REGISTRY}/schemas",
    "/data/foundation/schemaregistry/rpc/sampledata": f"{REGISTRY}/schemas",
}
TYPES = ("schemas", "fieldgroups", "datatypes")
# Parameters that have one meaning wherever they stand.
NAMED = {"batch": f"{IMPORT}/batches", "dataset": f"{CATALOG}/dataSets", "mapping": f"{CONVERSION}/mappings"}
# What would take the world away from every test after it.
LEFT_OUT = ("resetEmulator",)
FIXED = {"container": ["tenant"], "type": [*TYPES], "org": [ORG], "name": ["a.json"]}


@dataclass(frozen=True)
class Operation:
    """One operation of the description, with the parameters of its path among its own."""

    method: str
    path: str
    parameters: tuple[Json, ...]
    body: Json | None
    alias: bool

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def named(self, place: str) -> list[str]:
        return [one["name"] for one in self.parameters if one["in"] == place]

    def at(self, values: Mapping[str, str]) -> str:
        """The path with these raw values in place of its parameters."""
        path = self.path
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", value)
        return path


def document() -> Json:
    whole: Json = msgspec.json.decode(openapi.description("http://127.0.0.1"))
    return whole


def operations() -> Iterator[Operation]:
    """Every operation: the deeper first, those that end or remove what others need last."""
    whole = document()
    found = [
        Operation(method, path, _parameters(whole, item, operation), operation.get("requestBody"), _alias(operation))
        for path, item in whole["paths"].items()
        for method, operation in item.items()
        if method in openapi.METHODS and operation["operationId"] not in LEFT_OUT
    ]
    yield from sorted(found, key=lambda one: (_ends(one), -one.path.count("/"), one.label))


def _alias(operation: Json) -> bool:
    return str(operation["operationId"]).endswith(("Alias", "V2"))


def _ends(operation: Operation) -> bool:
    return operation.method == "delete" or operation.label == f"POST {IMPORT}/batches/{{id}}"


def ids(world: World, path: str, name: str) -> list[str]:
    """Ids that exist, for a parameter of a path."""
    if name in NAMED:
        return world.ids[NAMED[name]]
    if path.endswith("/{type}/{id}") and name == "id":
        return [id for type in TYPES for id in world.ids[f"{REGISTRY}/{type}"]]
    collection = path[: path.index(f"/{{{name}}}")]
    collection = COLLECTIONS.get(collection, collection)
    if name == "id" or collection == SANDBOXES:
        return world.ids.get(collection, ["none"])
    return FIXED[name]


def filled(world: World, operation: Operation) -> dict[str, str]:
    """A value that exists for each parameter of the path."""
    return {name: quote(ids(world, operation.path, name)[0], safe="") for name in operation.named("path")}


def body_of(world: World, operation: Operation) -> Any:
    """A body that the operation accepts, or one of its neighbour's."""
    path = operation.path.replace("{container}/{type}", "tenant/schemas").replace("{container}", "tenant")
    for known in (path, path.removesuffix("/{id}"), path.rpartition("/{")[0], COLLECTIONS.get(path, "")):
        if known in world.bodies:
            return world.bodies[known]
    return {"name": "a", "title": "a", "advance": "PT0S"}


def _parameters(whole: Json, item: Json, operation: Json) -> tuple[Json, ...]:
    listed = [*item.get("parameters", []), *operation.get("parameters", [])]
    return tuple(
        whole["components"]["parameters"][one["$ref"].split("/")[-1]] if "$ref" in one else one for one in listed
    )


__all__ = ["FLOW", "NAMESPACES", "Operation", "body_of", "document", "filled", "ids", "operations"]
