"""Expressions held against the language: known functions, methods and operators, each with arguments it can take."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from headrace.errors import MappingSyntax
from headrace.mapping.functions import FUNCTIONS, Function
from headrace.mapping.functions.declaring import Applied
from headrace.mapping.methods import METHODS
from headrace.mapping.nodes import (
    ArrayOf,
    At,
    Binary,
    Call,
    Field,
    Index,
    Lambda,
    Literal,
    Member,
    Method,
    Node,
    children,
)
from headrace.mapping.parser import TAKING_PATHS, parse_expression
from headrace.mapping.paths import syntax_error
from headrace.mapping.pattern_text import RegexInvalid
from headrace.mapping.regex_time import Regex, compiled

# So close that a slip is likely: iff for iif, but not concat for frobnicate.
CLOSE = 0.66


def validate_expression(text: str) -> Node:
    """The tree of an expression that can be run; MappingSyntax says what is wrong with it and where."""
    node = parse_expression(text)
    for at, what in _faults(node, ()):
        raise syntax_error(text, at.line, at.column, what)
    return node


def fault_of(text: str) -> MappingSyntax | None:
    """What is wrong with an expression, or None."""
    try:
        validate_expression(text)
    except MappingSyntax as error:
        return error
    return None


def _faults(node: Node, allowed: Collection[Node]) -> Iterator[tuple[At, str]]:
    """The faults of a tree; ``allowed`` are the lambdas that stand where one is taken."""
    if isinstance(node, Call):
        yield from _call_faults(node)
    elif isinstance(node, Method):
        yield from _method_faults(node)
    elif isinstance(node, Lambda) and node not in allowed:
        yield node.at, "a lambda can only be an argument of a function that takes one, such as filterArray"
    elif isinstance(node, Binary) and node.operator in ("=~", "!~") and not isinstance(node.right, ArrayOf):
        yield (
            node.at,
            f"{node.operator} takes an array such as ['a', 'b'] on its right; regular expressions are not taken",
        )
    taken = _lambdas_taken(node) if isinstance(node, Call) else ()
    for child in children(node):
        yield from _faults(child, taken)


def _call_faults(node: Call) -> Iterator[tuple[At, str]]:
    function = FUNCTIONS.get(node.name)
    if function is None:
        yield node.at, f"there is no function {node.name}{_meant(node.name, FUNCTIONS)}"
        return
    given = len(node.arguments)
    if given < function.fewest or (function.most is not None and given > function.most):
        yield node.at, f"{node.name} takes {_count(function.fewest, function.most)}, not {given}: {function.syntax}"
    elif node.name in TAKING_PATHS and not all(map(_is_path, node.arguments)):
        yield node.at, f'{node.name} takes the path of a field, such as {node.name}("a.b[0]")'
    else:
        yield from _regex_faults(node, function)


def _regex_faults(node: Call, function: Function) -> Iterator[tuple[At, str]]:
    """Regular expressions that are written out in the call and are none."""
    for position, argument in enumerate(node.arguments):
        if function.hints[function.parameter(position).name] in (Regex, Regex | None):
            yield from _regex_fault(node, argument)


def _regex_fault(node: Call | Method, argument: Node) -> Iterator[tuple[At, str]]:
    if isinstance(argument, Literal) and isinstance(argument.value, str):
        try:
            compiled(argument.value)
        except RegexInvalid as error:
            yield node.at, f"{node.name}: {error}"


def _is_path(node: Node) -> bool:
    if isinstance(node, Index):
        return isinstance(node.index, Literal) and isinstance(node.index.value, int) and _is_path(node.target)
    return _is_path(node.target) if isinstance(node, Member) else isinstance(node, Field)


def _method_faults(node: Method) -> Iterator[tuple[At, str]]:
    method = METHODS.get(node.name)
    if method is None:
        yield node.at, f"there is no method {node.name}{_meant(node.name, METHODS)}"
    elif not method.fewest <= len(node.arguments) <= method.most:
        yield node.at, f"{node.name} takes {_count(method.fewest, method.most)}, not {len(node.arguments)}"
    elif method.takes_regex:
        yield from _regex_fault(node, node.arguments[0])


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


def _meant(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=CLOSE)
    return f"; did you mean {close[0]}?" if close else ""
