"""References resolved and parts merged: the tree of fields that a resource stands for, in XDM's own names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jsonpointer

from headrace.budget import keep_on
from headrace.errors import ReferenceMissing, SchemaConflict, SchemaTooLarge
from headrace.xdm.walking import Body, Node

Resolve = Callable[[str], Node]

MOST_NODES = 20_000
MOST_DEPTH = 150
STRUCTURE = ("$ref", "allOf", "definitions", "properties")
KEPT_META = ("meta:enum", "meta:headraceType", "meta:xdmType")
TEXT = ("title", "description")
# Members that describe a resource as a whole; a field that refers to it does not inherit them.
OF_RESOURCES = ("version", "imsOrg", "refs", "definitions")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: the resource that holds it, the references followed to it, its path in the result."""

    resource: Node
    trail: tuple[str, ...]
    path: str
    depth: int = 0


def merged(resource: Node, resolve: Resolve) -> Body:
    """The resource with ``properties`` and ``required`` in place of ``allOf`` and ``definitions``.

    SchemaConflict when two parts give a field different types, ReferenceMissing when a reference leads nowhere.
    """
    place = _Place(resource, (f"{resource.get('$id', '')}#",), "")
    tree = _Merger(resolve).node(resource, place)
    return {**{key: tree[key] for key in resource if key in tree}, **tree}


class _Merger:
    """One merge; it counts nodes, because references to references multiply."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._count = 0

    def node(self, node: Node, place: _Place) -> Body:
        self._count += 1
        keep_on("its schemas")
        if self._count > MOST_NODES:
            raise SchemaTooLarge(f"The schema has more than {MOST_NODES} fields once its references are resolved.")
        if place.depth > MOST_DEPTH:
            raise SchemaTooLarge(f"The schema is more than {MOST_DEPTH} levels deep once its references are resolved.")
        place = replace(place, depth=place.depth + 1)
        whole = self._referenced(node["$ref"], place) if "$ref" in node else {}
        for part in node.get("allOf", ()):
            whole = joined(whole, self._part(part, place), place.path)
        return joined(whole, self._own(node, place), place.path)

    def _own(self, node: Node, place: _Place) -> Body:
        # The type beside a reference is what the registry wrote there; the referenced type says it better.
        skipped = (*STRUCTURE, "type", "meta:xdmType") if "$ref" in node else STRUCTURE
        own = {key: value for key, value in node.items() if key not in skipped}
        if isinstance(node.get("properties"), Mapping):
            own["properties"] = {
                name: self.node(child, replace(place, path=f"{place.path}/{name}"))
                for name, child in node["properties"].items()
            }
        for key, mark in (("items", "[*]"), ("additionalProperties", "{*}")):
            if isinstance(node.get(key), Mapping):
                own[key] = self.node(node[key], replace(place, path=f"{place.path}{mark}"))
        return own

    def _part(self, part: Node, place: _Place) -> Body:
        """What one member of ``allOf`` brings in: fields, but no text or bookkeeping of its own."""
        if "$ref" in part:
            part = {"$ref": part["$ref"]}
        found = self.node(part, place)
        return {key: value for key, value in found.items() if key not in (*TEXT, "meta:referencedFrom")}

    def _referenced(self, ref: str, place: _Place) -> Body:
        uri, _, pointer = ref.partition("#")
        home = str(place.resource.get("$id", ""))
        resource = self._resource(uri, place) if uri and uri != home else place.resource
        step = f"{uri or home}#{pointer}"
        if step in place.trail:
            return {"type": "object", "meta:xdmType": "object", "meta:referencedFrom": ref}
        target = _pointed(resource, pointer, ref, place)
        found = _inheritable(self.node(target, _Place(resource, (*place.trail, step), place.path, place.depth)))
        return {**found, "meta:referencedFrom": uri} if uri else found

    def _resource(self, uri: str, place: _Place) -> Node:
        try:
            return self._resolve(uri)
        except ReferenceMissing as error:
            raise ReferenceMissing(f"{error.message} It is referred to at {place.path or '/'}.", ref=uri) from error


def _pointed(resource: Node, pointer: str, ref: str, place: _Place) -> Node:
    try:
        target = jsonpointer.resolve_pointer(resource, pointer, None)
    except jsonpointer.JsonPointerException:
        target = None
    if not isinstance(target, Mapping):
        raise ReferenceMissing(f"$ref {ref} at {place.path or '/'} leads to no schema.", ref=ref)
    return target


def _inheritable(node: Body) -> Body:
    return {
        key: value
        for key, value in node.items()
        if key not in OF_RESOURCES and (key in KEPT_META or not key.startswith(("meta:", "$")))
    }


def joined(under: Body, over: Body, path: str) -> Body:
    """Two accounts of one field as one: fields of both, and ``over`` where both say something."""
    _require_one_type(under, over, path)
    whole: dict[str, Any] = {**under, **over}
    if "properties" in under and "properties" in over:
        whole["properties"] = _joined_fields(under["properties"], over["properties"], path)
    if "required" in under and "required" in over:
        whole["required"] = list(dict.fromkeys([*under["required"], *over["required"]]))
    if isinstance(under.get("items"), Mapping) and isinstance(over.get("items"), Mapping):
        whole["items"] = joined(dict(under["items"]), dict(over["items"]), f"{path}[*]")
    return whole


def _joined_fields(under: Body, over: Body, path: str) -> Body:
    both = {name: joined(under[name], over[name], f"{path}/{name}") for name in under if name in over}
    return {**under, **over, **both}


def _require_one_type(under: Body, over: Body, path: str) -> None:
    for key in ("type", "format", "meta:headraceType"):
        first, second = under.get(key), over.get(key)
        if first is not None and second is not None and first != second:
            raise SchemaConflict(
                f"The field {path or '/'} has {key} {first} in one part and {second} in another; "
                "rename one of the fields or give both the same type.",
                path=path or "/",
            )
