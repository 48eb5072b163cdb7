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
from headrace.mapping.reference import constant
from headrace.mapping.vector_functions import form_of
from headrace.mapping.vector_operators import BINARY, membership, negated
from headrace.mapping.vector_regexes import fit, group
from headrace.mapping.vector_texts import is_empty, joined, length, method
from headrace.mapping.vectors import (
    DOUBLE,
    FLAG,
    LONG,
    NULL,
    TEXT,
    Frame,
    NotVectorised,
    Vector,
    choice,
    text_vector,
    truth,
)

# They take an array apart at once, so that one that is written out need not be made.
_JOINING = frozenset({"join", "array_to_string"})
_ARITHMETIC = frozenset("+-*/")
_EXACT_DOUBLE = 2**53
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
    operand = vector(node.operand, frame)
    if node.operator == "!":
        return Vector(~truth(operand), FLAG, operand.declined)
    if node.operator == "-" and operand.kind in (LONG, DOUBLE):
        return negated(operand)
    if node.operator == "empty":
        return is_empty(operand)
    if node.operator == "size":
        return Vector(length(operand).fill_null(0), LONG, operand.declined)
    raise NotVectorised(f"{node.operator} on {operand.kind}")


@_vector.register
def _(node: Binary, frame: Frame) -> Vector:
    if node.operator in ("=~", "!~") and isinstance(node.right, ArrayOf):
        elements = [vector(element, frame) for element in node.right.elements]
        return membership(vector(node.left, frame), elements, node.operator)
    if node.operator in ("=~", "!~"):
        return fit(text_vector(vector(node.left, frame)), vector(node.right, frame), node.operator)
    build = BINARY.get(node.operator)
    if build is None:
        raise NotVectorised(f"the operator {node.operator}")
    left, right = vector(node.left, frame), vector(node.right, frame)
    if node.operator in _ARITHMETIC and {left.kind, right.kind} == {LONG, DOUBLE}:
        left, right = (_double(one, frame) for one in (left, right))
    return build(left, right, node.operator)


@_vector.register
def _(node: Ternary, frame: Frame) -> Vector:
    return choice(vector(node.condition, frame), vector(node.then, frame), vector(node.otherwise, frame))


@_vector.register
def _(node: Method, frame: Frame) -> Vector:
    arguments = [vector(argument, frame) for argument in node.arguments]
    return method(node.name, vector(node.target, frame), arguments)


@_vector.register
def _(node: Index, frame: Frame) -> Vector:
    call, index = node.target, node.index
    if isinstance(call, Call) and call.name == "extract_regex" and isinstance(index, Literal):
        text, regex = (vector(argument, frame) for argument in call.arguments)
        if isinstance(index.value, int) and not isinstance(index.value, bool):
            return group(text, regex, index.value)
    raise NotVectorised("an element by its position")


@_vector.register
def _(node: Call, frame: Frame) -> Vector:
    if FUNCTIONS[node.name].name in _JOINING and (elements := _elements(node.arguments[1])) is not None:
        return joined(vector(node.arguments[0], frame), [vector(one, frame) for one in elements], frame)
    form = form_of(node.name)
    return form([vector(argument, frame) for argument in node.arguments], frame)


def _double(one: Vector, frame: Frame) -> Vector:
    """A whole number that is written out, as a double beside doubles."""
    written = one.kind == LONG and isinstance(one.constant, int) and abs(one.constant) <= _EXACT_DOUBLE
    return frame.constant(float(one.constant)) if written and isinstance(one.constant, int) else one


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
    arithmetic = isinstance(node, Unary | Binary) and node.operator in _ARITHMETIC
    return arithmetic and all(map(_is_written_out, children(node)))


def _elements(node: Node) -> Sequence[Node] | None:
    """What is put together to an array here; null elements count for nothing to whoever asks."""
    if isinstance(node, ArrayOf):
        return node.elements
    if isinstance(node, Call) and node.name == "to_array" and isinstance(node.arguments[0], Literal):
        return node.arguments[1:]
    return None
