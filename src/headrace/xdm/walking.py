"""A schema rebuilt node by node: every sub-schema, wherever JSON Schema may hold one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from headrace.budget import keep_on

Node = Mapping[str, Any]
Body = dict[str, Any]

NAMED = ("properties", "definitions")
SINGLE = ("items", "additionalProperties")
LISTED = ("allOf",)


def rebuilt(node: Node, change: Callable[[Body], Body]) -> Body:
    """A copy of ``node`` in which ``change`` was applied to each sub-schema, inner ones first."""
    keep_on("its schemas")
    copy = dict(node)
    for key in NAMED:
        if isinstance(node.get(key), Mapping):
            copy[key] = {name: _below(child, change) for name, child in node[key].items()}
    for key in SINGLE:
        if key in node:
            copy[key] = _below(node[key], change)
    for key in LISTED:
        if isinstance(node.get(key), list):
            copy[key] = [_below(part, change) for part in node[key]]
    return change(copy)


def _below(child: object, change: Callable[[Body], Body]) -> object:
    # Not a schema (a bare true, or what a client got wrong): it stays as it is.
    return rebuilt(child, change) if isinstance(child, Mapping) else child


def nodes(node: Node, pointer: str = "") -> Iterator[tuple[str, Node]]:
    """Every sub-schema with its JSON pointer, outer ones first."""
    yield pointer, node
    for key in NAMED:
        if isinstance(node.get(key), Mapping):
            for name, child in node[key].items():
                yield from _inside(child, f"{pointer}/{key}/{_escaped(name)}")
    for key in SINGLE:
        yield from _inside(node.get(key), f"{pointer}/{key}")
    for key in LISTED:
        for n, part in enumerate(node[key] if isinstance(node.get(key), list) else ()):
            yield from _inside(part, f"{pointer}/{key}/{n}")


def _inside(child: object, pointer: str) -> Iterator[tuple[str, Node]]:
    if isinstance(child, Mapping):
        yield from nodes(child, pointer)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def references(node: Node) -> list[str]:
    """The other resources that a document refers to, each once, in order of appearance."""
    found = (inner["$ref"] for _, inner in nodes(node) if isinstance(inner.get("$ref"), str))
    return list(dict.fromkeys(ref.partition("#")[0] for ref in found if not ref.startswith("#")))
