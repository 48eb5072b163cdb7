"""A page that was answered, and what it says about the pages after it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from headrace.sources.answers import Answer
from headrace.sources.cutting import Cut
from headrace.sources.paths import Path, parse_value_path
from headrace.sources.reading import Request, Trail

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """A page that was answered.

    first       the chain's request before paging
    at          where in the chain the page was asked for
    answer      its answer
    cut         what it holds
    keep_query  names in the first request's query that links get back where they lack them
    array       where the elements are
    total       where the answer says how many rows the chain has: a path, or ``headers.<name>``; empty: nowhere
    beside      where values stand that the spec counts among the rows, though they stand beside the array
    """

    first: Request
    at: Trail
    answer: Answer
    cut: Cut
    keep_query: Sequence[str] = ()
    array: Path = ()
    total: str = ""
    beside: Sequence[Path] = ()

    @property
    def named(self) -> list[Any]:
        """The values beside the array that the spec counts among the rows."""
        return [self.cut.values.get(path) for path in self.beside]

    @property
    def count(self) -> int:
        """How many elements the page holds."""
        return len(self.cut.elements)


# The members that are paths into a page, or headers.
POINTERS = ("pointerPath", "pointerName")
PATHS = (*POINTERS, "continuationTokenPath", "endConditionName", "endPageIndex")
HEADER = "headers."


def paths(params: Params, total: str = "") -> frozenset[Path]:
    """The paths whose values say how the chain goes on."""
    named = (total, *(params.get(name) for name in PATHS))
    return frozenset(parse_value_path(text) for text in named if isinstance(text, str) and is_path(text))


def is_path(text: str) -> bool:
    """Whether a member names a place in the page: not a header, nor a number."""
    return bool(text.strip()) and not text.lower().startswith(HEADER) and not text.strip().isdecimal()


def value_at(path: str, turn: Turn) -> Any:
    """What a path (or ``headers.<name>``) holds in an answer."""
    if path.lower().startswith(HEADER):
        return turn.answer.headers.get(path[len(HEADER) :].lower())
    return turn.cut.values.get(parse_value_path(path))


# A condition's value -> whether it holds for what stands at its path (None: nothing, or null).
CONDITIONS: dict[str, Callable[[Any], bool]] = {
    "empty": lambda value: value in (None, "", [], {}),
    "nonexist": lambda value: value is None,
    "exist": lambda value: value is not None,
}
CONST = "const:"


def ended(params: Params, turn: Turn) -> bool | None:
    """Whether the end condition holds; None where none is declared, or the page does not say."""
    if not params.get("endConditionName"):
        return None
    value = value_at(str(params["endConditionName"]), turn)
    rule = str(params.get("endConditionValue") or "NonExist").strip()
    if not rule.lower().startswith(CONST):
        return CONDITIONS[rule.lower()](value) or (None if value is None else False)
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    sought = rule[len(CONST) :].strip("'\" ")
    return text.casefold() == sought.casefold() or (not isinstance(value, bool) and _is_number(text, sought))


def is_constant(params: Params) -> bool:
    """Whether the end condition compares what stands at its path with a constant."""
    return str(params.get("endConditionValue") or "").strip().lower().startswith(CONST)


def condition(params: Params) -> str:
    """The end condition, as a sentence has it."""
    return f"{params['endConditionName']} is {params.get('endConditionValue') or 'NonExist'}"


def _is_number(text: str, sought: str) -> bool:
    """Whether both write the same number: 0.0 is 0."""
    try:
        return Decimal(text) == Decimal(sought)
    except InvalidOperation:
        return False


def promise(params: Params, turn: Turn, following: Trail, array: Path) -> str:
    """Where a page says that more pages follow, as the spec names that place; empty where it does not say so.

    following  how the chain would go on
    array      the path of the rows
    """
    if following.total is not None and not following.is_beyond:
        return turn.total
    if ended(params, turn) is False and _is_flag(params, array):
        return str(params["endConditionName"])
    count = str(params.get("endPageIndex") or "").strip()
    return count if following.last_index is not None and not count.isdecimal() else ""


def _is_flag(params: Params, array: Path) -> bool:
    """Whether the end condition is the source's own word: that rows, a link or a token are there promises no more."""
    if is_constant(params):
        return True
    flag = _place(str(params["endConditionName"]))
    onward = (params.get(name) for name in (*POINTERS, "continuationTokenPath"))
    return flag[: len(array)] != array and flag not in [_place(str(path)) for path in onward if path]


def _place(path: str) -> Path:
    return (path.lower(),) if path.lower().startswith(HEADER) else parse_value_path(path)
