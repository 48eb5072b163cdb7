"""What a change of a schema would break: data that was written must stay valid, readers must find every field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headrace.xdm.annotating import INTEGERS, integer_type
from headrace.xdm.confusable import alike
from headrace.xdm.walking import Node

WIDTHS = ("byte", "short", "int", "long")
DEFAULT_BOUNDS = INTEGERS["int"]
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that a change may not do to the field at ``path`` (slashes, ``[*]`` for items, ``{*}`` for values)."""

    path: str
    message: str


def breaks(old: Node, new: Node, path: str = "") -> Iterator[Break]:
    """Everything in ``new`` that is not an addition to ``old``; both are composed schemas."""
    if _type(old) != _type(new):
        yield Break(path or "/", f"changes its type from {_told(_type(old))} to {_told(_type(new))}")
        return
    yield from (Break(path or "/", message) for message in _restrictions(old, new))
    yield from _fields(old, new, path)
    for key, mark in (("items", "[*]"), ("additionalProperties", "{*}")):
        if isinstance(old.get(key), Mapping) and isinstance(new.get(key), Mapping):
            yield from breaks(old[key], new[key], f"{path}{mark}")


def _fields(old: Node, new: Node, path: str) -> Iterator[Break]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, field in before.items():
        if name in after:
            yield from breaks(field, after[name], f"{path}/{name}")
        else:
            yield Break(f"{path}/{name}", "is removed")
    for name in new.get("required", ()):
        if name in before and name not in old.get("required", ()):
            yield Break(f"{path}/{name}", "becomes required")
    for names in alike(after):
        for added in (name for name in names if name not in before):
            others = " and ".join(f"'{name}'" for name in names if name != added)
            yield Break(f"{path}/{added}", f"cannot stand beside {others}: SQL would take one for the other")


def _type(node: Node) -> tuple[Any, ...]:
    declared = node.get("meta:xdmType") or node.get("type")
    return ("integer" if declared in WIDTHS else declared, node.get("meta:headraceType"))


def _told(type: tuple[Any, ...]) -> str:
    declared, exact = type
    return f"{declared or 'anything'} ({exact})" if exact else str(declared or "anything")


def _restrictions(old: Node, new: Node) -> Iterator[str]:
    yield from _integers(old, new) if old.get("type") == "integer" else _bounds(old, new)
    if "enum" in new and not ("enum" in old and set(map(str, old["enum"])) <= set(map(str, new["enum"]))):
        yield "accepts fewer values"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"must match another pattern, {new['pattern']}"


def _integers(old: Node, new: Node) -> Iterator[str]:
    before, after = integer_type(old), integer_type(new)
    if WIDTHS.index(after) < WIDTHS.index(before):
        yield f"narrows from {before} to {after}"
        return
    (old_low, old_high), (new_low, new_high) = _range(old), _range(new)
    if new_low > old_low or new_high < old_high:
        yield f"narrows its range to {new_low}..{new_high}"


def _range(node: Node) -> tuple[float, float]:
    low, high = DEFAULT_BOUNDS
    return node.get("minimum", low), node.get("maximum", high)


def _bounds(old: Node, new: Node) -> Iterator[str]:
    for key in LOWER:
        if key in new and (key not in old or new[key] > old[key]):
            yield f"raises {key} to {new[key]}"
    for key in UPPER:
        if key in new and (key not in old or new[key] < old[key]):
            yield f"lowers {key} to {new[key]}"
