"""The typed tree that an expression is: one frozen node per construct, one meaning per node."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal

Scalar = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class At:
    """Where a node stands in its text, from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """A construct of the language."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant; a number with a point is exact until it is known whether the destination is."""

    value: Scalar
    at: At = field(default=At(), compare=False)


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A field of the record, by its nested names (the leading plain part of a path)."""

    names: tuple[str, ...]
    at: At = field(default=At(), compare=False)


@dataclass(frozen=True, slots=True)
class Member(Node):
    """``target.name`` of a value that is computed."""

    target: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``target[index]``: an element by number, or a member by name."""

    target: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``name(arguments)``."""

    name: str
    arguments: tuple[Node, ...]
    at: At = field(default=At(), compare=False)


@dataclass(frozen=True, slots=True)
class Method(Node):
    """``target.name(arguments)``."""

    target: Node
    name: str
    arguments: tuple[Node, ...]
    at: At = field(default=At(), compare=False)


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """An operator before its operand; ``operator`` is its symbol, or the word for those that have none."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """An operator between two operands, by its symbol."""

    operator: str
    left: Node
    right: Node
    at: At = field(default=At(), compare=False)


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    """``condition ? then : otherwise``."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class ArrayOf(Node):
    """``[a, b]``."""

    elements: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """``{key: value}``."""

    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """``parameters -> body``; only an argument of a function that takes one."""

    parameters: tuple[str, ...]
    body: Node
    at: At = field(default=At(), compare=False)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below ``node``."""
    for one in fields(node):
        value = getattr(node, one.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield part
            elif isinstance(part, tuple):
                yield from (inner for inner in part if isinstance(inner, Node))


def depth(node: Node, most: int) -> int:
    """How deep the tree is; looks no further than ``most`` + 1, and never recurses."""
    level, deep = [node], 1
    while deep <= most and (level := [below for one in level for below in children(one)]):
        deep += 1
    return deep


def fields_read(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    """The source fields that the tree reads; names that a lambda binds are none."""
    if isinstance(node, Field):
        if node.names[0] not in bound:
            yield node.names
        return
    inner = bound | frozenset(node.parameters) if isinstance(node, Lambda) else bound
    for child in children(node):
        yield from fields_read(child, inner)
