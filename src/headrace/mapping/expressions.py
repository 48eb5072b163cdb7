"""Expressions held against the language: known functions, methods and operators, each with arguments it can take.

What stands in the expression itself is looked at as far as it goes: an argument that its parameter cannot take, and an
operation on constants alone that has no value, would fail on every record.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from headrace.errors import MappingSyntax
from headrace.mapping.arithmetic import as_number
from headrace.mapping.failure import Failed, Failure
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.declaring import Applied, Change, as_lambda, as_regex
from headrace.mapping.methods import METHODS, text_as_regex
from headrace.mapping.nodes import (
    ArrayOf,
    At,
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
from headrace.mapping.parser import parse_expression
from headrace.mapping.paths import syntax_error
from headrace.mapping.reference import constant
from headrace.mapping.values import as_double
from headrace.mapping.words import Words, meant

Fault = tuple[At, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands.

    at       its own place, or that of the nearest node above that has one
    sure     it is evaluated for every record: it lies in no branch that may not be taken
    lambdas  the lambdas that stand where one is taken
    """

    at: At
    sure: bool = True
    lambdas: Collection[Node] = ()


def validate_expression(text: str) -> Node:
    """The tree of an expression that can be run; MappingSyntax says what is wrong with it and where."""
    node = parse_expression(text)
    for at, what in _faults(node, _Place(At())):
        raise syntax_error(text, at.line, at.column, what)
    return node


def fault_of(text: str) -> MappingSyntax | None:
    """What is wrong with an expression, or None."""
    try:
        validate_expression(text)
    except MappingSyntax as error:
        return error
    return None


def _faults(node: Node, place: _Place) -> Iterator[Fault]:
    """The faults of a tree."""
    at = getattr(node, "at", place.at)
    if isinstance(node, Call):
        yield from _call_faults(node)
    elif isinstance(node, Method):
        yield from _method_faults(node)
    elif isinstance(node, Literal):
        yield from _number_faults(node, at)
    elif isinstance(node, Binary):
        yield from _operator_faults(node, place)
    elif isinstance(node, Lambda) and node not in place.lambdas:
        yield node.at, "a lambda can only be an argument of a function that takes one, such as filterArray"
    taken = _lambdas_taken(node) if isinstance(node, Call) else ()
    for child, sure in _parts(node):
        yield from _faults(child, _Place(at, place.sure and sure, taken))
    if place.sure and _is_operation(node) and (reason := _failure(node)):
        yield at, f"{_name(node)}: {reason}"


def _call_faults(node: Call) -> Iterator[Fault]:
    function = FUNCTIONS.get(node.name)
    if function is None:
        yield node.at, f"there is no function {node.name}{meant(node.name, FUNCTIONS)}"
        return
    given = len(node.arguments)
    if given < function.fewest or (function.most is not None and given > function.most):
        yield node.at, f"{node.name} takes {_count(function.fewest, function.most)}, not {given}: {function.syntax}"
    elif function.takes_paths and not all(map(_is_path, node.arguments)):
        yield node.at, f'{node.name} takes the path of a field, such as {node.name}("a.b[0]")'
    else:
        yield from _argument_faults(node)


def _method_faults(node: Method) -> Iterator[Fault]:
    method = METHODS.get(node.name)
    if method is None:
        yield node.at, f"there is no method {node.name}{meant(node.name, METHODS)}"
    elif not method.fewest <= len(node.arguments) <= method.most:
        yield node.at, f"{node.name} takes {_count(method.fewest, method.most)}, not {len(node.arguments)}"
    else:
        yield from _argument_faults(node)


def _argument_faults(node: Call | Method) -> Iterator[Fault]:
    """Constants that are no such thing as the function or method reads in their place, and what is no lambda there."""
    for change, argument in zip(_changes(node), node.arguments, strict=False):
        if change is as_lambda and not isinstance(argument, Lambda):
            yield getattr(argument, "at", node.at), f"{node.name} takes a lambda here, such as x -> x > 0"
        if change is None or not _is_constant(argument):
            continue
        value = constant(argument, exact=False)
        try:
            if value is not None and not isinstance(value, Failure):
                change(value)
        except Failed as error:
            slip = meant(value, change.usual()) if isinstance(change, Words) and isinstance(value, str) else ""
            yield getattr(argument, "at", node.at), f"{node.name}: {error.reason}{slip}"


def _operator_faults(node: Binary, place: _Place) -> Iterator[Fault]:
    operator = BINARY[node.operator]
    if operator.fits and isinstance(node.right, Literal):
        yield from _pattern_faults(node.right, node.operator)
    elif operator.divides and place.sure and _is_zero(node.right):
        yield node.at, "division by zero"


def _pattern_faults(pattern: Literal, operator: str) -> Iterator[Fault]:
    try:
        if pattern.value is not None:
            text_as_regex(pattern.value)
    except Failed as error:
        told = f"{operator} takes a regular expression or an array such as ['a', 'b']: {error.reason}"
        yield pattern.at, told


def _number_faults(node: Literal, at: At) -> Iterator[Fault]:
    number = node.value
    if isinstance(number, int | Decimal) and not isinstance(as_double(Decimal(number)), float):
        yield at, f"{Decimal(number):.3g} is too large; a number is at most about 1.8e308"


def _is_zero(node: Node) -> bool:
    try:
        return _is_constant(node) and as_number(constant(node, exact=False), exact=True) == 0
    except Failed:
        return False


def _is_constant(node: Node) -> bool:
    """Whether a value is written out."""
    if isinstance(node, Unary):
        sign = UNARY[node.operator].arithmetic
        return sign and isinstance(node.operand, Literal) and _is_number(node.operand.value)
    return isinstance(node, Literal) or (isinstance(node, ArrayOf | MapOf) and all(map(_is_constant, children(node))))


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_operation(node: Node) -> bool:
    """Whether a node is worked out of constants alone, and always to the same.

    One step at a time, so that it takes no longer than the expression is long; a regular expression may take longer.
    """
    if isinstance(node, Literal | Field | Lambda | ArrayOf | MapOf) or any(
        not _is_constant(child) for child in children(node)
    ):
        return False
    if isinstance(node, Binary) and BINARY[node.operator].fits:
        return False
    if isinstance(node, Call) and (FUNCTIONS[node.name].lazy or not FUNCTIONS[node.name].foreseeable):
        return False
    return not isinstance(node, Call | Method) or not {as_regex, text_as_regex} & set(_changes(node))


def _failure(node: Node) -> str | None:
    """Why an operation on constants has no value, with doubles as with decimals."""
    made = constant(node, exact=False)
    return made.reason if isinstance(made, Failure) and isinstance(constant(node, exact=True), Failure) else None


def _name(node: Node) -> str:
    if isinstance(node, Call | Method):
        return node.name
    return node.operator if isinstance(node, Unary | Binary) else "this value"


def _parts(node: Node) -> Iterator[tuple[Node, bool]]:
    """The nodes directly below ``node``, and whether each one is evaluated whenever it is."""
    function = FUNCTIONS.get(node.name) if isinstance(node, Call) else None
    picks = isinstance(node, Ternary) or (isinstance(node, Binary) and BINARY[node.operator].lazy)
    lazy = picks or (function is not None and function.lazy)
    for position, child in enumerate(children(node)):
        yield child, position == 0 or not lazy


def _changes(node: Call | Method) -> Sequence[Change | None]:
    """How each argument is read."""
    return METHODS[node.name].changes if isinstance(node, Method) else FUNCTIONS[node.name].changes(len(node.arguments))


def _is_path(node: Node) -> bool:
    if isinstance(node, Index):
        return isinstance(node.index, Literal) and isinstance(node.index.value, int) and _is_path(node.target)
    return _is_path(node.target) if isinstance(node, Member) else isinstance(node, Field)


def _lambdas_taken(node: Call) -> list[Node]:
    function = FUNCTIONS.get(node.name)
    if function is None or not function.parameters:
        return []
    return [
        argument
        for position, argument in enumerate(node.arguments)
        if isinstance(argument, Lambda)
        and len(argument.parameters) == 1
        and function.hints[function.parameter(position).name] == Applied
    ]


def _count(fewest: int, most: int | None) -> str:
    if most is None:
        return f"at least {fewest} arguments"
    return f"{fewest} arguments" if fewest == most else f"{fewest} to {most} arguments"
