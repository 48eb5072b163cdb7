"""Which names a spec declares, so that its requests may use their values."""

from collections.abc import Iterator, Mapping
from typing import Any

from headrace.sources.spec import inputs

_ALWAYS = ("host", "partition")  # of the connection, and of the part at hand
_MORE = ("additionalProperties", "patternProperties")


def declared_names(spec: Mapping[str, Any]) -> frozenset[str]:
    """The names of inputs and of the members of every authentication, wherever their schemas name them."""
    return frozenset([*_ALWAYS, *(name for schema in _schemas(spec) for name in _names(schema))])


def takes_more(spec: Mapping[str, Any]) -> bool:
    """Whether the spec says that its inputs, too, may have names which it does not declare."""
    return _is_open(inputs(spec))


def credentials_take_more(spec: Mapping[str, Any]) -> bool:
    """Whether an authentication says that it may have members which it does not declare."""
    return any(map(_is_open, [*_schemas(spec)][1:]))


def _schemas(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield inputs(spec)
    yield from (auth.get("spec") or {} for auth in spec.get("authSpec") or ())


def _is_open(schema: Mapping[str, Any]) -> bool:
    return any(schema.get(name) for name in _MORE)


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for keyword in ("properties", "required"):
            below = node.get(keyword)
            yield from (name for name in (below if isinstance(below, Mapping | list) else ()) if isinstance(name, str))
    for below in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from _names(below)
