"""The methods that may be called on a value: an allow-list of Java's String methods, and ``get`` and ``size``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from headrace.mapping import vector_methods, vector_regexes, vector_texts
from headrace.mapping.arithmetic import size
from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import Change, as_regex, as_text, joined, replaced
from headrace.mapping.functions.strings import trim
from headrace.mapping.regex_time import Regex
from headrace.mapping.values import type_name
from headrace.mapping.vectors import Form


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A method: what it does with its receiver and arguments, and how each argument is read.

    optional  how many arguments may be left out
    columns   the same over whole columns, for a receiver that is a text; None: there is no such form
    """

    method: Callable[..., object]
    changes: tuple[Change, ...] = ()
    optional: int = 0
    columns: Form | None = None

    @property
    def fewest(self) -> int:
        """How many arguments it needs."""
        return len(self.changes) - self.optional

    @property
    def most(self) -> int:
        """How many arguments it takes."""
        return len(self.changes)

    def run(self, receiver: object, *arguments: object) -> object:
        """What the method makes of values that may be null."""
        return self.method(receiver, *(change(one) for change, one in zip(self.changes, arguments, strict=False)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Failed(f"{type_name(value)} is no text")
    return value


def _any(value: object) -> object:
    return value


def text_as_regex(value: object) -> Regex:
    """A text, and nothing that has a text, as the regular expression that it is."""
    return as_regex(_text(value))


def _on_text(
    method: Callable[..., object], *changes: Change, optional: int = 0, columns: Form | None = None
) -> MethodSpec:
    return MethodSpec(lambda receiver, *arguments: method(_text(receiver), *arguments), changes, optional, columns)


def _equals(receiver: object, other: object) -> bool:
    return type_name(receiver) == type_name(other) and receiver == other


def _equals_ignoring_case(receiver: str, other: object) -> bool:
    return isinstance(other, str) and receiver.upper() == other.upper()


def _substring(receiver: str, start: int, end: int | None = None) -> str:
    end = len(receiver) if end is None else end
    if not 0 <= start <= end <= len(receiver):
        raise Failed(f"{start} to {end} lies outside the text")
    return receiver[start:end]


def _index(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Failed(f"{type_name(value)} is no position")
    return value


def _place(value: object) -> int:
    place = _index(value)
    if place < 0:
        raise Failed(f"{place} is no position; the first one is 0")
    return place


def _end(value: object) -> int | None:
    return None if value is None else _place(value)


def _get(receiver: object, key: object) -> object:
    if isinstance(receiver, dict):
        return receiver.get(as_text(key))
    if isinstance(receiver, list):
        position = _index(key)
        return receiver[position] if 0 <= position < len(receiver) else None
    raise Failed(f"{type_name(receiver)} has no get")


def _split(text: str, regex: Regex) -> list[object]:
    """Java's split: empty pieces at the end are left out, but a text without a match stays whole."""
    pieces: list[object] = [*regex.pieces(text)]
    while len(pieces) > 1 and pieces[-1] == "":
        pieces.pop()
    return [] if pieces == [""] and text else pieces


METHODS: Mapping[str, MethodSpec] = {
    "charAt": _on_text(lambda text, at: _substring(text, at, at + 1), _place),
    "concat": _on_text(lambda text, other: joined("", [text, other]), _text, columns=vector_methods.concat),
    "contains": _on_text(
        lambda text, other: other in text,
        _text,
        columns=vector_methods.condition(lambda text, part: text.str.contains(part, literal=True)),
    ),
    "endsWith": _on_text(
        str.endswith, _text, columns=vector_methods.condition(lambda text, part: text.str.ends_with(part))
    ),
    "equals": MethodSpec(_equals, (_any,), columns=vector_methods.equals),
    "equalsIgnoreCase": _on_text(_equals_ignoring_case, _any, columns=vector_methods.equals_ignoring_case),
    "get": MethodSpec(_get, (_any,)),
    "indexOf": _on_text(str.find, _text, columns=vector_methods.index_of),
    "isEmpty": MethodSpec(lambda value: size(value) == 0, columns=vector_texts.empty),
    "lastIndexOf": _on_text(str.rfind, _text),
    "length": _on_text(len, columns=vector_texts.size),
    "matches": _on_text(lambda text, regex: regex.matches(text), text_as_regex, columns=vector_regexes.matched),
    "replace": _on_text(replaced, _text, _text, columns=vector_texts.replace),
    "replaceAll": _on_text(
        lambda text, regex, new: regex.replaced(text, new),
        text_as_regex,
        _text,
        columns=vector_regexes.replaced(once=False),
    ),
    "replaceFirst": _on_text(
        lambda text, regex, new: regex.replaced(text, new, once=True),
        text_as_regex,
        _text,
        columns=vector_regexes.replaced(once=True),
    ),
    "size": MethodSpec(size, columns=vector_texts.size),
    "split": _on_text(_split, text_as_regex),
    "startsWith": _on_text(
        str.startswith, _text, columns=vector_methods.condition(lambda text, part: text.str.starts_with(part))
    ),
    "substring": _on_text(_substring, _place, _end, optional=1, columns=vector_methods.substring),
    "toLowerCase": _on_text(str.lower, columns=vector_texts.lower),
    "toString": MethodSpec(as_text, columns=vector_methods.itself),
    "toUpperCase": _on_text(str.upper, columns=vector_texts.upper),
    "trim": _on_text(trim.run, columns=trim.columns),
}
