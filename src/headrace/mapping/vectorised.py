"""The fast back end: trees that vectorise, as Polars expressions over whole columns.

Each node becomes (value, declined): where a row is not declined, the value is exactly what the reference gives;
a declined row goes through the reference. A node that has no such form raises NotVectorised, and the whole column
goes through the reference. So nothing here can change a result, only the time that it takes.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import singledispatch

import polars as pl

from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.methods import METHODS
from headrace.mapping.nodes import (
    ArrayOf,
    Binary,
    Call,
    Field,
    Index,
    Lambda,
    Literal,
    MapOf,
    Member,
    Method,
    Node,
    Ternary,
    Unary,
    children,
)
from headrace.mapping.operators import BINARY, UNARY
from headrace.mapping.reference import constant
from headrace.mapping.vectors import (
    DOUBLE,
    FLAG,
    LONG,
    NULL,
    TEXT,
    Frame,
    NotVectorised,
    Vector,
    any_of,
    choice,
)

_INT64 = range(-(2**63), 2**63)
_WORDS: dict[type, str] = {
    Member: "a member of a computed object", ArrayOf: "an array",
    MapOf: "an object", Lambda: "a lambda",
}  # fmt: skip


def vector(node: Node, frame: Frame) -> Vector:
    """``node`` over the columns of ``frame``; whatever is above it may use it often."""
    if not isinstance(node, Literal) and (number := _worked_out(node, frame)):
        return number
    made = _vector(node, frame)
    if isinstance(node, Literal | Field):
        return made
    return replace(
        made,
        value=frame.keep(made.value),
        declined=None if made.declined is None else frame.keep(made.declined),
    )


@singledispatch
def _vector(node: Node, _frame: Frame) -> Vector:
    raise NotVectorised(_WORDS.get(type(node), type(node).__name__))


@_vector.register
def _(node: Literal, frame: Frame) -> Vector:
    value = node.value
    if value is None:
        return Vector(pl.lit(None), NULL)
    if isinstance(value, bool):
        return Vector(pl.lit(value, pl.Boolean), FLAG, constant=value)
    if isinstance(value, str):
        return Vector(pl.lit(value, pl.String), TEXT, constant=value)
    if isinstance(value, int) and value in _INT64:
        return Vector(pl.lit(value, pl.Int64), LONG, constant=value)
    if isinstance(value, Decimal) and not frame.exact:
        return frame.constant(float(value))
    raise NotVectorised("a decimal constant")


@_vector.register
def _(node: Field, frame: Frame) -> Vector:
    name, kind = frame.columns[node.names]
    if kind == NULL:
        return Vector(pl.lit(None), NULL)
    if kind in (LONG, DOUBLE) and (frame.exact or node.names in frame.decimals):
        raise NotVectorised("decimal arithmetic")
    return Vector(pl.col(name), kind)


@_vector.register
def _(node: Unary, frame: Frame) -> Vector:
    form, operand = UNARY[node.operator].columns, vector(node.operand, frame)
    if form is None:
        raise NotVectorised(f"{node.operator} on {operand.kind}")
    return form([operand], frame)


@_vector.register
def _(node: Binary, frame: Frame) -> Vector:
    operator = BINARY[node.operator]
    if operator.members is not None and isinstance(node.right, ArrayOf):
        return operator.members([vector(operand, frame) for operand in (node.left, *node.right.elements)], frame)
    if operator.columns is None:
        raise NotVectorised(f"the operator {node.operator}")
    return operator.columns([vector(node.left, frame), vector(node.right, frame)], frame)


@_vector.register
def _(node: Ternary, frame: Frame) -> Vector:
    return choice(vector(node.condition, frame), vector(node.then, frame), vector(node.otherwise, frame))


@_vector.register
def _(node: Method, frame: Frame) -> Vector:
    arguments = [vector(argument, frame) for argument in node.arguments]
    form, receiver = METHODS[node.name].columns, vector(node.target, frame)
    if form is None:
        raise NotVectorised(f"the method {node.name}")
    if receiver.kind != TEXT:
        raise NotVectorised(f"the method {node.name} of {receiver.kind}")
    result = form([receiver, *arguments], frame)
    return replace(result, declined=any_of(receiver.declined, result.declined, receiver.value.is_null()), constant=None)


@_vector.register
def _(node: Index, frame: Frame) -> Vector:
    call, index = node.target, node.index
    form = FUNCTIONS[call.name].element if isinstance(call, Call) else None
    if form is None or not isinstance(call, Call) or not isinstance(index, Literal):
        raise NotVectorised("an element by its position")
    if isinstance(index.value, bool) or not isinstance(index.value, int):
        raise NotVectorised("an element by its position")
    return form([vector(argument, frame) for argument in call.arguments], index.value)


@_vector.register
def _(node: Call, frame: Frame) -> Vector:
    function = FUNCTIONS[node.name]
    arguments = _spread(node.arguments) if function.joins else node.arguments
    if function.columns is None or arguments is None:
        raise NotVectorised(f"the function {node.name}")
    return function.columns([vector(argument, frame) for argument in arguments], frame)


def _worked_out(node: Node, frame: Frame) -> Vector | None:
    """Arithmetic on numbers that are written out, as the constant that it is; None for anything else."""
    if not _is_written_out(node):
        return None
    made = constant(node, frame.exact)
    if isinstance(made, float):
        return frame.constant(made)
    if isinstance(made, int) and made in _INT64:
        return Vector(pl.lit(made, pl.Int64), LONG, constant=made)
    return None


def _is_written_out(node: Node) -> bool:
    """Whether a tree is numbers and signs; what calls anything may ask the clock, or draw."""
    if isinstance(node, Literal):
        return isinstance(node.value, int | Decimal) and not isinstance(node.value, bool)
    return _is_arithmetic(node) and all(map(_is_written_out, children(node)))


def _is_arithmetic(node: Node) -> bool:
    if isinstance(node, Unary):
        return UNARY[node.operator].arithmetic
    return isinstance(node, Binary) and BINARY[node.operator].arithmetic


def _spread(arguments: Sequence[Node]) -> Sequence[Node] | None:
    """The arguments with the elements of the last one in its place; None where that is no array that is put together.

    A null among the elements counts for nothing to whoever joins them.
    """
    *before, array = arguments
    if isinstance(array, ArrayOf):
        return [*before, *array.elements]
    first = FUNCTIONS[array.name].elements if isinstance(array, Call) else None
    if first is None or not isinstance(array, Call):
        return None
    settings, elements = array.arguments[:first], array.arguments[first:]
    return [*before, *elements] if all(isinstance(setting, Literal) for setting in settings) else None
