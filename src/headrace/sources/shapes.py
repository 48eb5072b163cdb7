"""The shape of a page: for each wanted leaf its JSON type as first seen, and msgspec Structs made for exactly that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from headrace.sources.paths import Path, parse_path

SAMPLE = 100

INTEGER, NUMBER, DECIMAL, TEXT, BOOLEAN, UNSEEN, NESTED, PROBED = (
    "integer", "number", "decimal", "text", "boolean", "unseen", "nested", "probed",
)  # fmt: skip

# What a leaf of each kind is decoded to. A leaf never seen takes null only, so that a later value shows itself.
FIELDS: dict[str, Any] = {
    INTEGER: int | None,
    NUMBER: int | float | None,
    DECIMAL: Decimal | None,
    TEXT: str | None,
    BOOLEAN: bool | None,
    UNSEEN: None,
    NESTED: msgspec.Raw | None,
    PROBED: Any,
}
_KINDS: dict[type, str] = {bool: BOOLEAN, int: INTEGER, float: NUMBER, str: TEXT, dict: NESTED, list: NESTED}
_ANY = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a record.

    path   where it is in the record, wrapper included
    steps  where it is in the element (a renamed field lies elsewhere)
    wanted the Arrow type that its destination has, if it matters
    kind   its JSON type in this page
    """

    path: tuple[str, ...]
    steps: Path
    wanted: pa.DataType | None = None
    kind: str = UNSEEN


def leaves_of(
    wanted: Mapping[tuple[str, ...], pa.DataType | None], wrapper: str, names: Mapping[str, str]
) -> tuple[Leaf, ...]:
    """The leaves that lie in the element (not beside it), for these record paths."""
    found = []
    for path, kind in wanted.items():
        inside = path[1:] if wrapper else path
        if inside and (not wrapper or path[0] == wrapper):
            steps: Path = (*parse_path(names[inside[0]]), *inside[1:]) if inside[0] in names else inside
            found.append(Leaf(path, steps, kind))
    return tuple(found)


def observed(leaves: Sequence[Leaf], elements: Iterable[msgspec.Raw]) -> tuple[Leaf, ...]:
    """The leaves with the kinds that these elements show: a leaf's first value decides, fractions make it a number."""
    seen: list[list[str]] = [[] for _ in leaves]
    moved: list[bool] = [False] * len(leaves)
    for value in _readable(elements):
        for n, leaf in enumerate(leaves):
            held = step_into(value, leaf.steps)
            if held is None and leaf.steps != _plain(leaf):
                held = step_into(value, _plain(leaf))
                moved[n] |= held is not None
            if held is not None:
                seen[n].append(_KINDS[type(held)])
    return tuple(
        replace(leaf, kind=_kind(kinds, leaf.wanted), steps=_plain(leaf) if elsewhere else leaf.steps)
        for leaf, kinds, elsewhere in zip(leaves, seen, moved, strict=True)
    )


def probes(leaves: Sequence[Leaf]) -> tuple[Leaf, ...] | None:
    """Leaves that take whatever stands where an unseen one may be; None where one may be in two places."""
    unseen = [leaf for leaf in leaves if leaf.kind == UNSEEN]
    if any(leaf.steps != _plain(leaf) for leaf in unseen):
        return None
    return tuple(replace(leaf, wanted=None, kind=PROBED) for leaf in unseen)


def _plain(leaf: Leaf) -> Path:
    """Where the leaf is when the page already has the new name."""
    return leaf.path[-len(leaf.path) + 1 :] if len(leaf.path) > 1 else leaf.path


def _readable(elements: Iterable[msgspec.Raw]) -> Iterator[Any]:
    for element in elements:
        try:
            yield _ANY.decode(element)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue


def step_into(value: Any, steps: Path) -> Any:
    """The value at ``steps``; None where the way ends."""
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            return None
    return value


def _kind(kinds: Sequence[str], wanted: pa.DataType | None) -> str:
    if not kinds:
        return UNSEEN
    first = kinds[0]
    if first not in (INTEGER, NUMBER):
        return first
    if wanted is None:
        return first  # an expression tells 7 from 7.0
    if pa.types.is_decimal(wanted):
        return DECIMAL
    # What is no double may need a number as it was written: one with a fraction is read by itself.
    return NUMBER if pa.types.is_floating(wanted) else INTEGER


# -- Structs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A level of the element: leaves and levels below it, by step."""

    leaves: tuple[tuple[str | int, int], ...]
    levels: tuple[tuple[str | int, "Node"], ...]
    listed: bool


def tree_of(leaves: Sequence[Leaf]) -> Node:
    """The leaves by their steps; each is known by its number."""
    return _node([(leaf.steps, n) for n, leaf in enumerate(leaves)])


def _node(below: Sequence[tuple[Path, int]]) -> Node:
    groups: dict[str | int, list[tuple[Path, int]]] = {}
    for steps, n in below:
        if len(steps) > 1:
            groups.setdefault(steps[0], []).append((steps[1:], n))
    leaves = tuple((steps[0], n) for steps, n in below if len(steps) == 1)
    listed = any(isinstance(step, int) for step in (*groups, *(step for step, _ in leaves)))
    return Node(leaves, tuple((step, _node(group)) for step, group in groups.items()), listed)


def struct_of(node: Node, leaves: Sequence[Leaf]) -> Any:
    """The type that decodes this level: a Struct, or a list where steps are indices."""
    if node.listed:
        kinds = [FIELDS[leaves[n].kind] for _, n in node.leaves]
        kinds += [struct_of(level, leaves) | None for _, level in node.levels]
        return list[tuple(kinds)]  # type: ignore[misc]
    fields: list[tuple[str, Any, Any]] = [(f"l{n}", FIELDS[leaves[n].kind], None) for _, n in node.leaves]
    fields += [(f"n{n}", struct_of(level, leaves) | None, None) for n, (_, level) in enumerate(node.levels)]
    rename = {f"l{n}": str(step) for step, n in node.leaves}
    rename |= {f"n{n}": str(step) for n, (step, _) in enumerate(node.levels)}
    return msgspec.defstruct("Level", fields, rename=rename, gc=False)
