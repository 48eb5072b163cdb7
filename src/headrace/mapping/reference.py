"""The complete back end: every node becomes a function from a record to a value or a Failure, never an exception."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import singledispatch

from headrace.mapping.arithmetic import truthy
from headrace.mapping.cells import Read
from headrace.mapping.failure import Failure
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.declaring import Applied, Context, as_text, guarded
from headrace.mapping.lambda_time import bounded
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
)
from headrace.mapping.operators import BINARY, UNARY
from headrace.mapping.paths import reader
from headrace.mapping.values import as_double, as_exact, type_name


@dataclass(frozen=True, slots=True)
class Scope:
    """What a node may see.

    context  the moment and the kind of numbers
    own      how the numbers of source fields are read
    bound    names that lambdas around the node have bound
    """

    context: Context
    own: Callable[[object], object]
    bound: frozenset[str] = frozenset()


def constant(node: Node, exact: bool) -> object:
    """What a tree gives, or a Failure, that reads no field and does not ask the clock; ``exact`` as in the Context."""
    return evaluator(node, Scope(Context(0, exact), as_double))({})


@singledispatch
def evaluator(node: Node, scope: Scope) -> Read:
    """The function that ``node`` is."""
    raise TypeError(node)


@evaluator.register
def _(node: Literal, scope: Scope) -> Read:
    value = node.value
    if isinstance(value, Decimal):
        made = as_exact(value) if scope.context.exact else as_double(value)
        return lambda _record: made
    return lambda _record: value


@evaluator.register
def _(node: Field, scope: Scope) -> Read:
    read = reader(node.names)
    if node.names[0] in scope.bound:
        return read
    own = guarded(scope.own)
    return lambda record: own(read(record))


@evaluator.register
def _(node: Member, scope: Scope) -> Read:
    name = node.name
    return _strict([node.target], scope, lambda value: value.get(name) if isinstance(value, dict) else None)


@evaluator.register
def _(node: Index, scope: Scope) -> Read:
    return _strict([node.target, node.index], scope, _element)


@evaluator.register
def _(node: Call, scope: Scope) -> Read:
    function = FUNCTIONS[node.name]
    arguments = [evaluator(argument, scope) for argument in node.arguments]
    apply = function.applied(scope.context, len(arguments), tuple(map(_bare_name, node.arguments)))
    if function.lazy:
        return lambda record: apply(*(_later(argument, record) for argument in arguments))
    return _applying(arguments, apply)


@evaluator.register
def _(node: Method, scope: Scope) -> Read:
    name, call = node.name, guarded(METHODS[node.name].run)

    def apply(receiver: object, *arguments: object) -> object:
        return Failure(f"{name} is called on null") if receiver is None else call(receiver, *arguments)

    return _strict([node.target, *node.arguments], scope, apply)


@evaluator.register
def _(node: Unary, scope: Scope) -> Read:
    run, exact = UNARY[node.operator].run, scope.context.exact
    return _strict([node.operand], scope, guarded(lambda value: run(value, exact)))


@evaluator.register
def _(node: Binary, scope: Scope) -> Read:
    operator, exact = BINARY[node.operator], scope.context.exact
    run = operator.run
    if operator.lazy:
        first, second = evaluator(node.left, scope), evaluator(node.right, scope)
        return lambda record: run(_later(first, record), _later(second, record), exact)
    return _strict([node.left, node.right], scope, guarded(lambda left, right: run(left, right, exact)))


@evaluator.register
def _(node: Ternary, scope: Scope) -> Read:
    condition, then = evaluator(node.condition, scope), evaluator(node.then, scope)
    otherwise = evaluator(node.otherwise, scope)

    def choose(record: object) -> object:
        held = condition(record)
        if isinstance(held, Failure):
            return held
        return then(record) if truthy(held) else otherwise(record)

    return choose


@evaluator.register
def _(node: ArrayOf, scope: Scope) -> Read:
    return _strict(node.elements, scope, lambda *values: list(values))


@evaluator.register
def _(node: MapOf, scope: Scope) -> Read:
    parts = [part for entry in node.entries for part in entry]

    def make(*values: object) -> object:
        return {as_text(key): value for key, value in zip(values[::2], values[1::2], strict=True)}

    return _strict(parts, scope, guarded(make))


@evaluator.register
def _(node: Lambda, scope: Scope) -> Read:
    body = evaluator(node.body, replace(scope, bound=scope.bound | frozenset(node.parameters)))

    [name] = node.parameters

    def close(record: object) -> object:
        around = record if isinstance(record, dict) else {}
        return bounded(lambda value: body({**around, name: value}))

    return close


def _strict(nodes: Sequence[Node], scope: Scope, apply: Applied) -> Read:
    """``apply`` on the values of all ``nodes``; the first Failure among them is the result."""
    return _applying([evaluator(node, scope) for node in nodes], apply)


def _applying(reads: Sequence[Read], apply: Applied) -> Read:
    def run(record: object) -> object:
        values = [read(record) for read in reads]
        for value in values:
            if isinstance(value, Failure):
                return value
        return apply(*values)

    return run


def _bare_name(node: Node) -> str | None:
    return node.names[0] if isinstance(node, Field) and len(node.names) == 1 else None


def _later(read: Read, record: object) -> Callable[[], object]:
    return lambda: read(record)


def _element(target: object, index: object) -> object:
    if isinstance(target, list) and isinstance(index, int) and not isinstance(index, bool):
        return target[index] if 0 <= index < len(target) else None
    if isinstance(target, dict) and isinstance(index, str):
        return target.get(index)
    return None if target is None else Failure(f"{type_name(target)} has no element of this kind")
