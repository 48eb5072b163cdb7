"""What kind of value an expression is sure to give, and whether a destination can ever take it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import singledispatch
from typing import get_args

import pyarrow as pa

from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.nodes import ArrayOf, Binary, Call, Literal, MapOf, Node, Ternary, Unary

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
_OF_OPERATORS: Mapping[str, str] = {
    **dict.fromkeys(("-", "*", "/", "%", "|", "^", "&", "<<", ">>", ">>>"), NUMBER),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "=~", "!~", "=^", "!^", "=$", "!$", "&&", "||"), FLAG),
}
_OF_UNARY: Mapping[str, str] = {**dict.fromkeys("-+~", NUMBER), "size": NUMBER, "!": FLAG, "empty": FLAG}


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


@singledispatch
def outcome(node: Node) -> str | None:
    """The kind of every value that is not null; None when that depends on the record."""
    return None


@outcome.register
def _(node: Literal) -> str | None:
    return _OF_HINTS.get(type(node.value))


@outcome.register
def _(node: ArrayOf) -> str | None:
    return ARRAY


@outcome.register
def _(node: MapOf) -> str | None:
    return OBJECT


@outcome.register
def _(node: Unary) -> str | None:
    return _OF_UNARY.get(node.operator)


@outcome.register
def _(node: Binary) -> str | None:
    if node.operator in ("?:", "??"):
        return _either([node.left, node.right])
    return _OF_OPERATORS.get(node.operator)


@outcome.register
def _(node: Ternary) -> str | None:
    return _either([node.then, node.otherwise])


@outcome.register
def _(node: Call) -> str | None:
    function = FUNCTIONS.get(node.name)
    if function is None:
        return None
    if function.name == "iif":
        return _either(node.arguments[1:])
    hint = function.hints.get("return")
    several = () if hint in _OF_HINTS else get_args(hint)
    kinds = {_OF_HINTS.get(one) for one in several or (hint,) if one is not type(None)}
    return kinds.pop() if len(kinds) == 1 else None


def leaves(node: Node) -> Iterator[Node]:
    """What an expression gives one of, whatever the record: the ends of its branches."""
    if isinstance(node, Ternary):
        ends = [node.then, node.otherwise]
    elif isinstance(node, Binary) and node.operator in ("?:", "??"):
        ends = [node.left, node.right]
    elif isinstance(node, Call) and node.name == "iif":
        ends = [*node.arguments[1:]]
    else:
        yield node
        return
    for end in ends:
        yield from leaves(end)


def _either(nodes: Iterable[Node]) -> str | None:
    """The kind that all share; a null takes no part."""
    kinds = {outcome(node) for node in nodes if not (isinstance(node, Literal) and node.value is None)}
    return kinds.pop() if len(kinds) == 1 else None
