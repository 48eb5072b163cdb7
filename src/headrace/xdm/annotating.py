"""What the registry writes on every field: its JSON type and its XDM type."""

from collections.abc import Callable, Mapping
from functools import partial

from headrace.xdm.walking import Body, Node, rebuilt

TypeOf = Callable[[str], str | None]

# Smallest first: an integer has the first type whose bounds hold its own.
INTEGERS = {"byte": (-(2**7), 2**7), "short": (-(2**15), 2**15), "int": (-(2**31), 2**31)}
FORMATS = {"date": "date", "date-time": "date-time"}


def annotated(node: Node, type_of: TypeOf) -> Body:
    """A copy with ``type`` and ``meta:xdmType`` on each node; ``type_of`` says what a referenced resource is."""
    return rebuilt(node, partial(_marked, type_of))


def _marked(type_of: TypeOf, node: Body) -> Body:
    declared = _declared(node, type_of)
    if declared is None:
        return node
    marked = {**node, "type": node.get("type", declared)}
    return {**marked, "meta:xdmType": xdm_type(marked)}


def _declared(node: Node, type_of: TypeOf) -> str | None:
    ref = node.get("$ref")
    if isinstance(ref, str):
        return "object" if "#" in ref else type_of(ref) or "object"
    if isinstance(node.get("type"), str):
        return str(node["type"])
    return "object" if any(key in node for key in ("properties", "allOf", "additionalProperties")) else None


def xdm_type(node: Node) -> str:
    """The XDM type of a node that has a JSON type (platform-apis.md 2.8)."""
    declared = node["type"]
    if declared == "string":
        return FORMATS.get(str(node.get("format")), "string")
    if declared == "integer":
        return integer_type(node)
    if declared == "object" and "properties" not in node and isinstance(node.get("additionalProperties"), Mapping):
        return "map"
    return str(declared)


def integer_type(node: Node) -> str:
    """byte, short, int or long by the declared bounds; an integer without bounds is an int."""
    bounds = [node[key] for key in ("minimum", "maximum") if isinstance(node.get(key), int | float)]
    if not bounds:
        return "int"
    if len(bounds) == 1:
        bounds.append(0)
    return next((name for name, (low, high) in INTEGERS.items() if low <= min(bounds) and max(bounds) <= high), "long")
