"""Regular expressions over whole columns: those on which Java and Rust surely agree, most of what people write.

A sequence of letters, classes and groups that are not repeated; what may match nothing cannot be replaced.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from headrace.mapping.values import LONGEST_TEXT
from headrace.mapping.vectors import FLAG, TEXT, Form, Frame, NotVectorised, Vector, any_of, text_vector

_CLASSES: Mapping[str, str] = {"d": "0-9", "w": "0-9A-Za-z_", "s": r" \t\n\x0B\f\r"}
_PIECE = re.compile(
    r"""(?P<plain>[A-Za-z0-9_ :,;/@\#%=<>!~"'-])
    | \\(?P<kind>[dws])
    | \\(?P<escaped>[-.,:;/|()\[\]{}*+?^$\\"'])
    | \[(?P<negated>\^?)(?P<inside>(?:[A-Za-z0-9_ :,;/@%=.|()*+?"'-]|\\[dws]|\\[-.,:;/|()\[\]*+?"'])+)\]
    | (?P<open>\((?:\?:)?)
    | (?P<close>\))""",
    re.VERBOSE,
)
_REPEATED = re.compile(r"(?P<count>[*+?]|\{(?P<least>[0-9]{1,2})(?:,[0-9]{0,2})?\})\??(?![*+?{])")
_RANGE = re.compile(r"[A-Z]-[A-Z]|[a-z]-[a-z]|[0-9]-[0-9]")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern for Rust, how many groups it has, and whether it may match nothing."""

    text: str
    groups: int
    may_be_nothing: bool


def matched(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """Whether the whole text matches."""
    return _matched(*arguments)


def fit(*, negate: bool) -> Form:
    """``=~`` or ``!~`` with a regular expression: whether the whole text matches, or not; null matches nothing."""

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        text, regex = arguments
        matches = _matched(text_vector(text), regex)
        holds = matches.value.fill_null(False)
        return Vector(~holds if negate else holds, FLAG, matches.declined)

    return form


def group(arguments: Sequence[Vector], number: int) -> Vector:
    """A group of the first match, 0 for all of it; null where there is none."""
    text, regex = arguments
    pattern = _pattern(text, regex)
    if not 0 <= number <= pattern.groups:
        raise NotVectorised(f"a group {number} that the expression does not have")
    return Vector(text.value.str.extract(pattern.text, number), TEXT, text.declined)


def replaced(*, once: bool) -> Form:
    """The text with the first or every match replaced by a constant."""

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        text, regex, new = arguments
        pattern, letters = _pattern(text, regex), new.constant
        if not isinstance(letters, str) or set("$\\") & set(letters) or pattern.may_be_nothing:
            raise NotVectorised("this replacement")
        fits = text.value.str.len_bytes().cast(pl.Int64) * (1 + len(letters.encode())) <= LONGEST_TEXT
        short = pl.when(fits).then(text.value).str
        value = short.replace(pattern.text, letters) if once else short.replace_all(pattern.text, letters)
        return Vector(value, TEXT, any_of(text.declined, ~fits & text.value.is_not_null()))

    return form


def _matched(text: Vector, regex: Vector) -> Vector:
    pattern = _pattern(text, regex)
    return Vector(text.value.str.contains(f"^(?:{pattern.text})$"), FLAG, text.declined)


def _pattern(text: Vector, regex: Vector) -> _Pattern:
    if text.kind != TEXT or not isinstance(regex.constant, str):
        raise NotVectorised("a regular expression that stands in a field, or is of no text")
    found = _translated(regex.constant)
    if found is None:
        raise NotVectorised(f"the regular expression {regex.constant}")
    return found


def _translated(pattern: str) -> _Pattern | None:
    """The same for Rust; None when it has anything on which the two might differ."""
    made = ["^"] if pattern.startswith("^") else []
    at, depth, groups, nothing = len(made), 0, 0, True
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            return None
        at = piece.end()
        depth += (piece["open"] is not None) - (piece["close"] is not None)
        groups += piece["open"] == "("
        text = _rust(piece)
        if text is None or depth < 0:
            return None
        made.append(text)
        repeated = _REPEATED.match(pattern, at)
        if repeated is not None:
            if piece["open"] or piece["close"]:
                return None
            made.append(repeated[0])
            at = repeated.end()
        least = 1 if repeated is None else {"+": 1}.get(repeated["count"], int(repeated["least"] or 0))
        nothing &= least == 0 or bool(piece["open"] or piece["close"])
    return None if depth or not pattern else _Pattern("".join(made), groups, nothing)


def _rust(piece: re.Match[str]) -> str | None:
    if piece["plain"]:
        return re.escape(piece["plain"]) if piece["plain"] in "-#~" else piece["plain"]
    if piece["kind"]:
        return f"[{_CLASSES[piece['kind']]}]"
    if piece["escaped"]:
        return f"\\x{ord(piece['escaped']):02x}"
    return _class(piece) if piece["inside"] else piece[0]


def _class(piece: re.Match[str]) -> str | None:
    made, inside, at = [], piece["inside"], 0
    while at < len(inside):
        if inside[at] == "\\":
            made.append(_CLASSES.get(inside[at + 1], f"\\x{ord(inside[at + 1]):02x}"))
            at += 2
        elif found := _RANGE.match(inside, at):
            if found[0][0] > found[0][2]:
                return None
            made.append(found[0])
            at += 3
        elif inside[at] == "-" and 0 < at < len(inside) - 1:
            return None
        else:
            made.append(f"\\x{ord(inside[at]):02x}")
            at += 1
    return f"[{piece['negated']}{''.join(made)}]"
