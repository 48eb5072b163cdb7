"""The Rest.li grammar of query strings, read from their raw characters, for protocols 1.0 and 2.0.

Protocol 2.0:  element := string | map | list
               map     := "(" [key ":" element {"," key ":" element}] ")"
               list    := "List(" [element {"," element}] ")"
Structure is what stands raw in the text; percent escapes are decoded inside words only, so an encoded colon is data.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, unquote_to_bytes

Value = str | list["Value"] | dict[str, "Value"]

PLAIN = frozenset({"fields"})  # a projection, not a value: comma separated in both protocols
DEEPEST = 32
_WORD = re.compile(r"[(),:]|[^(),:]+")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class RestliSyntax(ValueError):
    """The text does not follow the grammar."""


@dataclass(frozen=True, slots=True)
class Query:
    """Decoded parameters, and the names of those whose value breaks the grammar with the reason."""

    values: Mapping[str, Value] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


def parse_query(raw: str, protocol: str) -> Query:
    """Reads a raw query string (or the body of a tunnelled one)."""
    pairs = [pair.partition("=")[::2] for pair in raw.split("&") if pair]
    return _nested(pairs) if protocol.startswith("1.") else _structured(pairs)


def parse_element(raw: str) -> Value:
    """Reads one value of protocol 2.0; RestliSyntax when it is none."""
    words = _WORD.findall(raw)
    value, after = _element(words, 0, 0)
    if after != len(words):
        raise RestliSyntax(f"{''.join(words[after:])!r} is left over")
    return value


def decode(word: str) -> str:
    """Percent-decodes one word; ``+`` stays a plus and ``''`` is the empty string."""
    if word == "''":
        return ""
    if _ESCAPE.search(word):
        raise RestliSyntax(f"malformed percent escape in {word!r}")
    try:
        return unquote_to_bytes(word.encode("latin-1")).decode()
    except UnicodeError:
        raise RestliSyntax(f"{word!r} is not UTF-8") from None


def encode(value: Value) -> str:
    """The text of a value in protocol 2.0, with everything outside the unreserved characters escaped."""
    if isinstance(value, list):
        return f"List({','.join(map(encode, value))})"
    if isinstance(value, dict):
        return f"({','.join(f'{encode(key)}:{encode(item)}' for key, item in value.items())})"
    return "".join(_escaped(value)) or "''"


def _escaped(text: str) -> Iterator[str]:
    for byte in text.encode():
        character = chr(byte)
        plain = character.isascii() and (character.isalnum() or character in "-._~")
        yield character if plain else f"%{byte:02X}"


def _element(words: list[str], at: int, depth: int) -> tuple[Value, int]:
    if depth > DEEPEST:
        raise RestliSyntax(f"nested deeper than {DEEPEST}")
    word = _word(words, at)
    if word == "(":
        return _map(words, at + 1, depth + 1)
    if word == "List" and at + 1 < len(words) and words[at + 1] == "(":
        return _list(words, at + 2, depth + 1)
    return _string(words, at), at + 1


def _map(words: list[str], at: int, depth: int) -> tuple[Value, int]:
    found: dict[str, Value] = {}
    if _word(words, at) == ")":
        return found, at + 1
    while True:
        key = _string(words, at)
        _expect(words, at + 1, ":")
        found[key], at = _element(words, at + 2, depth)
        if _expect(words, at, ",", ")") == ")":
            return found, at + 1
        at += 1


def _list(words: list[str], at: int, depth: int) -> tuple[Value, int]:
    found: list[Value] = []
    if _word(words, at) == ")":
        return found, at + 1
    while True:
        item, at = _element(words, at, depth)
        found.append(item)
        if _expect(words, at, ",", ")") == ")":
            return found, at + 1
        at += 1


def _word(words: list[str], at: int) -> str:
    if at >= len(words):
        raise RestliSyntax("the value ends too early")
    return words[at]


def _string(words: list[str], at: int) -> str:
    word = _word(words, at)
    if word in "(),:":
        raise RestliSyntax(f"unexpected {word!r}")
    return decode(word)


def _expect(words: list[str], at: int, *wanted: str) -> str:
    word = _word(words, at)
    if word not in wanted:
        raise RestliSyntax(f"{word!r} stands where {' or '.join(wanted)} is due")
    return word


def _structured(pairs: list[tuple[str, str]]) -> Query:
    values: dict[str, Value] = {}
    broken: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name = raw_name
        try:
            name = decode(raw_name)
            if name in values:
                raise RestliSyntax("the parameter has more than one value")
            values[name] = decode(raw_value) if name in PLAIN else parse_element(raw_value)
        except RestliSyntax as error:
            broken[name] = str(error)
    return Query(values, broken)


def _nested(pairs: list[tuple[str, str]]) -> Query:
    """Protocol 1.0: ``dateRange.start.day=1`` and ``accounts[0]=urn:li:…``."""
    tree: dict[str | int, object] = {}
    broken: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name = unquote_plus(raw_name)
        steps = [int(index) if index else key for key, index in _STEP.findall(name)]
        if not steps or not _put(tree, steps, unquote_plus(raw_value)):
            broken[name] = "the parameter has more than one shape"
    values = {str(name): _settled(branch) for name, branch in tree.items()}
    return Query(values, broken)


def _put(tree: dict[str | int, object], steps: list[str | int], value: str) -> bool:
    for step in steps[:-1]:
        branch = tree.setdefault(step, {})
        if not isinstance(branch, dict):
            return False
        tree = branch
    return tree.setdefault(steps[-1], value) is value


def _settled(branch: object) -> Value:
    if not isinstance(branch, dict):
        return str(branch)
    if branch and all(isinstance(step, int) for step in branch):
        return [_settled(branch[index]) for index in sorted(branch)]
    return {str(step): _settled(item) for step, item in branch.items()}
