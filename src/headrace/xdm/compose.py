"""A resource as the one tree of fields that its records have."""

from headrace.xdm.annotating import annotated
from headrace.xdm.merging import Resolve, merged
from headrace.xdm.renaming import xed
from headrace.xdm.walking import Body, Node, rebuilt


def compose(resource: Node, resolve: Resolve) -> Body:
    """The resource with every reference resolved and every part merged, under the names that data is written in."""
    return ordered(xed(in_xdm_names(resource, resolve)))


def in_xdm_names(resource: Node, resolve: Resolve) -> Body:
    """As ``compose``, under XDM's own names."""
    return ordered(annotated(merged(resource, resolve), _object))


def ordered(node: Node) -> Body:
    """A copy with the fields of each object in alphabetical order."""
    return rebuilt(node, _sorted)


def without_text(node: Node) -> Body:
    """A copy without titles and descriptions."""
    return rebuilt(node, lambda inner: {key: inner[key] for key in inner if key not in ("title", "description")})


def without_deprecated(node: Node) -> Body:
    """A copy without the fields whose ``meta:status`` is deprecated."""
    return rebuilt(node, _current)


def _object(_ref: str) -> str | None:
    return "object"


def _sorted(node: Body) -> Body:
    return {**node, "properties": dict(sorted(node["properties"].items()))} if "properties" in node else node


def _current(node: Body) -> Body:
    if "properties" not in node:
        return node
    fields = {name: field for name, field in node["properties"].items() if not _deprecated(field)}
    return {**node, "properties": fields}


def _deprecated(field: object) -> bool:
    return isinstance(field, dict) and field.get("meta:status") == "deprecated"
