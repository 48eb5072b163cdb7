"""The methods that may be called on a value: an allow-list of Java's String methods, and ``get`` and ``size``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import as_regex, as_text, joined, replaced
from headrace.mapping.functions.strings import trim
from headrace.mapping.operators import size
from headrace.mapping.regex_time import Regex
from headrace.mapping.values import type_name


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A method: what it does with its receiver and arguments, and how many arguments it takes.

    takes_regex  the first argument is a regular expression
    """

    run: Callable[..., object]
    fewest: int
    most: int
    takes_regex: bool = False


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Failed(f"{type_name(value)} is no text")
    return value


def _on_text(run: Callable[..., object], fewest: int, most: int | None = None) -> MethodSpec:
    def call(receiver: object, *arguments: object) -> object:
        return run(_text(receiver), *arguments)

    return MethodSpec(call, fewest, fewest if most is None else most)


def _equals(receiver: object, other: object) -> bool:
    return type_name(receiver) == type_name(other) and receiver == other


def _equals_ignoring_case(receiver: str, other: object) -> bool:
    return isinstance(other, str) and receiver.upper() == other.upper()


def _substring(receiver: str, start: object, end: object = None) -> str:
    first, last = _index(start), len(receiver) if end is None else _index(end)
    if not 0 <= first <= last <= len(receiver):
        raise Failed(f"{first} to {last} lies outside the text")
    return receiver[first:last]


def _index(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Failed(f"{type_name(value)} is no position")
    return value


def _get(receiver: object, key: object) -> object:
    if isinstance(receiver, dict):
        return receiver.get(as_text(key))
    if isinstance(receiver, list):
        position = _index(key)
        return receiver[position] if 0 <= position < len(receiver) else None
    raise Failed(f"{type_name(receiver)} has no get")


def _by_regex(run: Callable[..., object], arguments: int) -> MethodSpec:
    def call(receiver: object, regex: object, *rest: object) -> object:
        return run(as_regex(_text(regex)), _text(receiver), *map(_text, rest))

    return MethodSpec(call, arguments, arguments, takes_regex=True)


def _split(regex: Regex, text: str) -> list[object]:
    """Java's split: empty pieces at the end are left out, but a text without a match stays whole."""
    pieces: list[object] = [*regex.pieces(text)]
    while len(pieces) > 1 and pieces[-1] == "":
        pieces.pop()
    return [] if pieces == [""] and text else pieces


METHODS: Mapping[str, MethodSpec] = {
    "charAt": _on_text(lambda text, at: _substring(text, at, _index(at) + 1), 1),
    "concat": _on_text(lambda text, other: joined("", [text, _text(other)]), 1),
    "contains": _on_text(lambda text, other: _text(other) in text, 1),
    "endsWith": _on_text(lambda text, other: text.endswith(_text(other)), 1),
    "equals": MethodSpec(_equals, 1, 1),
    "equalsIgnoreCase": _on_text(_equals_ignoring_case, 1),
    "get": MethodSpec(_get, 1, 1),
    "indexOf": _on_text(lambda text, other: text.find(_text(other)), 1),
    "isEmpty": MethodSpec(lambda value: size(value) == 0, 0, 0),
    "lastIndexOf": _on_text(lambda text, other: text.rfind(_text(other)), 1),
    "length": _on_text(len, 0),
    "matches": _by_regex(Regex.matches, 1),
    "replace": _on_text(lambda text, old, new: replaced(text, _text(old), _text(new)), 2),
    "replaceAll": _by_regex(Regex.replaced, 2),
    "replaceFirst": _by_regex(lambda regex, text, new: regex.replaced(text, new, once=True), 2),
    "size": MethodSpec(size, 0, 0),
    "split": _by_regex(_split, 1),
    "startsWith": _on_text(lambda text, other: text.startswith(_text(other)), 1),
    "substring": _on_text(_substring, 1, 2),
    "toLowerCase": _on_text(str.lower, 0),
    "toString": MethodSpec(as_text, 0, 0),
    "toUpperCase": _on_text(str.upper, 0),
    "trim": _on_text(trim.run, 0),
}
