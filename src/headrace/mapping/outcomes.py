"""What kind of value an expression is sure to give, and whether a destination can ever take it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import singledispatch
from typing import get_args

import pyarrow as pa

from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.nodes import ArrayOf, Binary, Call, Literal, MapOf, Node, Ternary, Unary
from headrace.mapping.operators import BINARY, UNARY

TEXT, NUMBER, FLAG, MOMENT, ARRAY, OBJECT = "text", "a number", "true or false", "a date-time", "an array", "an object"
_OF_HINTS: Mapping[object, str] = {
    str: TEXT,
    int: NUMBER,
    float: NUMBER,
    Decimal: NUMBER,
    bool: FLAG,
    datetime: MOMENT,
    list[object]: ARRAY,
    dict[str, object]: OBJECT,
}


def fits(kind: str, type: pa.DataType) -> bool:
    """Whether some value of ``kind`` can become ``type``'s; a text may read as nearly anything."""
    if pa.types.is_list(type):
        return kind == ARRAY or fits(kind, type.value_type)
    if pa.types.is_struct(type) or pa.types.is_map(type):
        return kind == OBJECT
    if kind in (ARRAY, OBJECT):
        return False
    if pa.types.is_string(type) or kind == TEXT:
        return True
    if pa.types.is_boolean(type):
        return kind == FLAG
    return kind == (MOMENT if pa.types.is_temporal(type) else NUMBER)


def outcome(node: Node) -> str | None:
    """The kind of every value that is not null; None when that depends on the record."""
    branches = _branches(node)
    return _own(node) if branches is None else _either(branches)


@singledispatch
def _own(node: Node) -> str | None:
    """The kind of a node that has no branches."""
    return None


@_own.register
def _(node: Literal) -> str | None:
    return _OF_HINTS.get(type(node.value))


@_own.register
def _(node: ArrayOf) -> str | None:
    return ARRAY


@_own.register
def _(node: MapOf) -> str | None:
    return OBJECT


@_own.register
def _(node: Unary) -> str | None:
    return _OF_HINTS.get(UNARY[node.operator].gives)


@_own.register
def _(node: Binary) -> str | None:
    return _OF_HINTS.get(BINARY[node.operator].gives)


@_own.register
def _(node: Call) -> str | None:
    hint = FUNCTIONS[node.name].hints.get("return") if node.name in FUNCTIONS else None
    several = () if hint in _OF_HINTS else get_args(hint)
    kinds = {_OF_HINTS.get(kind) for kind in several or (hint,) if kind is not type(None)}
    return kinds.pop() if len(kinds) == 1 else None


def leaves(node: Node) -> Iterator[Node]:
    """What an expression gives one of, whatever the record: the ends of its branches."""
    branches = _branches(node)
    if branches is None:
        yield node
        return
    for branch in branches:
        yield from leaves(branch)


def _branches(node: Node) -> Sequence[Node] | None:
    """The nodes of which a node always gives one; None where it gives something else."""
    if isinstance(node, Ternary):
        return [node.then, node.otherwise]
    if isinstance(node, Binary) and BINARY[node.operator].branches:
        return [node.left, node.right]
    if not isinstance(node, Call) or node.name not in FUNCTIONS:
        return None
    first = FUNCTIONS[node.name].branches
    return None if first is None else node.arguments[first:]


def _either(nodes: Iterable[Node]) -> str | None:
    """The kind that all share; a null takes no part."""
    kinds = {outcome(node) for node in nodes if not (isinstance(node, Literal) and node.value is None)}
    return kinds.pop() if len(kinds) == 1 else None
