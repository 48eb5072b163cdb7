"""Property filters: ``property=<path><op><value>[,<value>...]`` as a predicate over JSON documents.

Each service gives its own dialect in (flow-service.md 4.2, platform-apis.md 2.4 and 3.3): what a comma means and
which operators exist. Paths are dotted; ``name[]`` steps into every element of an array.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from headrace.budget import keep_on
from headrace.errors import FilterInvalid

T = TypeVar("T")
Predicate = Callable[[Mapping[str, Any]], bool]
OPERATORS = ("==", "!=", "<=", ">=", "=", "<", ">")
_FILTER = re.compile(r"^(?P<path>[^=!<>~]+?)(?P<op>==|!=|<=|>=|!>|!<|=|<|>|~)(?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: any of ``values`` at ``path`` under ``op`` (``==`` any-of, ``!=`` none-of)."""

    path: str
    op: str
    values: tuple[str, ...]

    def __call__(self, document: Mapping[str, Any]) -> bool:
        found = list(values_at(document, self.path))
        if self.op == "!=":
            return not any(_equal(actual, value) for actual in found for value in self.values)
        if self.op == "==":
            return any(_equal(actual, value) for actual in found for value in self.values)
        return any(_ordered(actual, self.op, self.values[0]) for actual in found)


def parse_condition(text: str) -> Condition | None:
    """The condition that ``text`` states, or None when it has no operator (a projection or existence test)."""
    match = _FILTER.match(text)
    if match is None:
        return None
    path, op, raw = match["path"].strip(), match["op"], match["value"]
    if op not in OPERATORS:
        raise FilterInvalid(
            f"Operator {op} is not supported in property={text}.", reason="operator", operator=op, path=path
        )
    values = tuple(_unquote(value) for value in raw.split(","))
    if values == ("",):
        raise FilterInvalid(f"property={text} has no value after {op}.", reason="empty", path=path, operator=op)
    if len(values) > 1 and op not in ("==", "=", "!="):
        raise FilterInvalid(
            f"Operator {op} takes one value, not {len(values)}.", reason="several", path=path, operator=op
        )
    return Condition(path, "==" if op == "=" else op, values)


def all_of(predicates: Iterable[Predicate]) -> Predicate:
    """The conjunction of ``predicates``."""
    kept = tuple(predicates)
    return lambda document: all(predicate(document) for predicate in kept)


def going_on(items: Iterable[T], what: str) -> Iterator[T]:
    """The items, one by one, as long as the request's budget lasts."""
    for item in items:
        keep_on(what)
        yield item


def exists(path: str) -> Predicate:
    """True for documents that hold something at ``path``."""
    return lambda document: next(values_at(document, path), None) is not None


def values_at(node: object, path: str) -> Iterator[object]:
    """Every value at a dotted path; arrays on the way and at its end are walked element by element.

    A member name may itself hold dots (``meta:x.y``): the whole remaining path is tried as a name first.
    """
    if isinstance(node, list):
        for item in node:
            yield from values_at(item, path)
        return
    if not isinstance(node, Mapping):
        return
    name, _, rest = path.partition(".")
    for key, remaining in ((path, ""), (name, rest)):
        key = key.removesuffix("[]")
        if key in node:
            yield from values_at(node[key], remaining) if remaining else _leaves(node[key])
            return


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value


def _unquote(value: str) -> str:
    stripped = value.strip()
    return stripped[1:-1] if len(stripped) >= 2 and stripped[0] == stripped[-1] == '"' else stripped


def _equal(actual: object, text: str) -> bool:
    if isinstance(actual, bool):
        return text.lower() == str(actual).lower()
    if isinstance(actual, int | float):
        value = number(text)
        return value is not None and actual == value
    return str(actual) == text


def _ordered(actual: object, op: str, text: str) -> bool:
    left: Any = actual
    right: Any = number(text) if isinstance(actual, int | float) else text
    if right is None or isinstance(actual, Mapping):
        return False
    if isinstance(right, str):
        left = str(actual)
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op])


def number(text: str) -> int | float | None:
    """The number that a value means when it is compared with one; None for any other text."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None
