"""Expression text read into the typed tree; every error names line, column and the words around it."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib import resources
from typing import cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from headrace.errors import MappingSyntax
from headrace.mapping.functions import FUNCTIONS
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
    depth,
)
from headrace.mapping.paths import Path, names_of, parse_path, syntax_error

LONGEST = 4096
DEEPEST = 150
_RESERVED = (
    "new mod or break var lt for false while eq gt div not null continue else and ne true le if ge return _errors do"
    " function empty size"
)
RESERVED = frozenset(_RESERVED.split())
_SYMBOLS = {
    "or": "||", "and": "&&", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "div": "/",
    "mod": "%", "not": "!",
}  # fmt: skip
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_STATEMENT = re.compile(r"\s*(var|new|while|for|do|if|return|break|continue|function)\b")
_HINTS = {
    "=": "an assignment is not allowed; compare with ==",
    ";": "statements are not allowed; write one expression",
    '"': "the closing quote is missing",
    "'": "the closing quote is missing",
}


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Node:
    """The tree of ``text``; MappingSyntax says what cannot be read and where."""
    if len(text) > LONGEST:
        raise syntax_error(text, 1, LONGEST, f"an expression takes at most {LONGEST} characters, this has {len(text)}")
    try:
        node = cast(Node, _parser().parse(text))
    except UnexpectedInput as error:
        raise _unreadable(text, error) from error
    except _Misplaced as error:
        raise syntax_error(text, error.token.line or 1, error.token.column or 1, error.what) from error
    if depth(node, DEEPEST) > DEEPEST:
        raise syntax_error(text, 1, 1, f"the expression is nested more than {DEEPEST} levels deep")
    return node


@v_args(inline=True)
class _Tree(Transformer[Token, Node]):
    """Makes a node of each construct as soon as it is read."""

    def lambda_(self, head: Token, body: Node) -> Node:
        return Lambda(tuple(re.findall(r"\w+", head)), body, _at(head))

    def ternary(self, condition: Node, then: Node, otherwise: Node) -> Node:
        return Ternary(condition, then, otherwise)

    def binary(self, left: Node, operator: Token, right: Node) -> Node:
        return Binary(_SYMBOLS.get(operator, str(operator)), left, right, _at(operator))

    def unary(self, operator: Token, operand: Node) -> Node:
        return Unary(_SYMBOLS.get(operator, str(operator)), operand)

    def member(self, target: Node, name: Token) -> Node:
        names = _names(name)
        if isinstance(target, Field):
            return Field((*target.names, *names), target.at)
        for one in names:
            target = Member(target, one)
        return target

    def method(self, target: Node, name: Token, arguments: tuple[Node, ...]) -> Node:
        return Method(target, str(name), arguments, _at(name))

    def index(self, target: Node, index: Node) -> Node:
        return Index(target, index)

    def call(self, name: Token, arguments: tuple[Node, ...]) -> Node:
        if name in RESERVED:
            raise _Misplaced(name, f"{name} is a reserved word and no function")
        function = FUNCTIONS.get(str(name))
        takes_paths = function is not None and function.takes_paths
        return Call(str(name), _paths(name, arguments) if takes_paths else arguments, _at(name))

    def field(self, name: Token) -> Node:
        if name in RESERVED:
            raise _Misplaced(name, f"{name} is a reserved word; a field of this name is written ${{{name}}}")
        return Field(_names(name), _at(name))

    def string(self, text: Token) -> Node:
        # Two escaped halves make one character; half a one is no character.
        units = _ESCAPE.sub(_unescaped, text[1:-1]).encode("utf-16-le", "surrogatepass")
        return Literal(units.decode("utf-16-le", "replace"), _at(text))

    def float(self, text: Token) -> Node:
        try:
            return Literal(Decimal(text.rstrip("dDfFbB")), _at(text))
        except InvalidOperation as error:
            raise _Misplaced(text, f"{text[:50]} is too large; a number is at most about 1.8e308") from error

    def integer(self, text: Token) -> Node:
        digits = text.rstrip("lLhH")
        octal = len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX"
        try:
            return Literal(int(digits, 8 if octal else 0), _at(text))
        except ValueError as error:
            raise _Misplaced(text, f"{digits} starts with 0 and is no octal number") from error

    def true(self, word: Token) -> Node:
        return Literal(True, _at(word))

    def false(self, word: Token) -> Node:
        return Literal(False, _at(word))

    def null(self, word: Token) -> Node:
        return Literal(None, _at(word))

    def array(self, *elements: Node | None) -> Node:
        return ArrayOf(tuple(one for one in elements if one is not None))

    def map_(self, *entries: tuple[Node, Node] | None) -> Node:
        return MapOf(tuple(one for one in entries if one is not None))

    def entry(self, key: Node, value: Node) -> tuple[Node, Node]:
        return key, value

    def arguments(self, *arguments: Node | None) -> tuple[Node, ...]:
        return tuple(one for one in arguments if one is not None)


class _Misplaced(Exception):
    """A word that cannot stand where it does."""

    def __init__(self, token: Token, what: str) -> None:
        self.token, self.what = token, what
        super().__init__(what)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = resources.files("headrace.mapping").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", start="expression", transformer=_Tree(), maybe_placeholders=True)


def _unreadable(text: str, error: UnexpectedInput) -> MappingSyntax:
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        lines = text.splitlines() or [""]
        return syntax_error(text, len(lines), len(lines[-1]) + 1, "the expression ends too early")
    if isinstance(error, UnexpectedCharacters):
        found = text[error.pos_in_stream or 0]
        return syntax_error(text, error.line, error.column, _HINTS.get(found, f"{found} cannot be read here"))
    assert isinstance(error, UnexpectedToken)
    found = str(error.token)
    return syntax_error(text, error.line, error.column, _HINTS.get(found) or _out_of_place(text, found, error.column))


def _out_of_place(text: str, found: str, column: int) -> str:
    statement = _STATEMENT.match(text)
    if statement:
        return f"{statement[1]} begins a statement, and statements are not allowed; write one expression"
    if found == ">" and text[:column].endswith("<>"):
        return "unequal is written !="
    if found in RESERVED:
        return f"{found} is a reserved word"
    meant = f"; did you mean {found.lower()}?" if found.lower() in _SYMBOLS else ""
    return f"{found} cannot stand here{meant}"


def _at(token: Token) -> At:
    return At(token.line or 1, token.column or 1)


def _names(name: Token) -> tuple[str, ...]:
    return tuple(str(step) for step in parse_path(str(name)))


def _paths(name: Token, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    """The arguments with each text read as the path that it is."""
    try:
        return tuple(
            _field_at(parse_path(one.value), _at(name))
            if isinstance(one, Literal) and isinstance(one.value, str)
            else one
            for one in arguments
        )
    except MappingSyntax as error:
        raise _Misplaced(name, f"the path in {name} cannot be read: {error.facts['what']}") from error


def _field_at(path: Path, at: At) -> Node:
    names = names_of(path)
    node: Node = Field(names, at)
    for step in path[len(names) :]:
        node = Member(node, step) if isinstance(step, str) else Index(node, Literal(step))
    return node


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    # An unknown escape keeps its backslash, so that a regex may be written with one.
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, match[0])
