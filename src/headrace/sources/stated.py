"""The numbers by which an answer says how far its chain goes: the index of the last page, and that of all rows."""

from decimal import Decimal
from typing import Any

from headrace.errors import SourceUnreadable
from headrace.sources.turns import Params, Turn, condition, ended, value_at

_LONGEST = 18  # digits


def last_index(params: Params, turn: Turn) -> int | None:
    """The last page's index, as the spec fixes it or the source last said it."""
    declared = params.get("endPageIndex")
    if declared in (None, ""):
        return None
    path = str(declared)
    value = path if path.strip().isdecimal() else value_at(path, turn)
    index = _number(value, path, turn, "the index of the last page")
    return turn.at.last_index if index is None else index


def all_rows(turn: Turn) -> int | None:
    """How many rows the chain has, as the source last said."""
    if not turn.total:
        return None
    stated = _number(value_at(turn.total, turn), turn.total, turn, "the number of all rows")
    return turn.at.total if stated is None else stated


def require_all_rows(params: Params, turn: Turn, total: int) -> None:
    """SourceUnreadable where what came and the number of all rows contradict each other."""
    came, end = turn.at.offset + turn.count, ended(params, turn)
    if turn.count and came > total:
        why = f"and {came:,} came, so it counts something else"
    elif came < total and end:
        why = f"and ends by {condition(params)} when {came:,} came"
    elif came < total and not turn.count:
        why = f"but holds none when {came:,} came"
    elif came >= total and end is False:
        why = f"and by {params['endConditionName']} that more follow when {came:,} came"
    else:
        return
    raise SourceUnreadable(
        f"{turn.answer.url} says by {turn.total} that there are {total:,} rows, {why}; so nobody knows whether rows "
        "are missing. Correct the spec, or leave its total out."
    )


def _number(value: Any, path: str, turn: Turn, what: str) -> int | None:
    """The whole number that stands at a path; None where nothing stands there."""
    if value in (None, ""):
        return None
    number = _whole(value)
    if number is None:
        raise SourceUnreadable(f"{turn.answer.url} holds no number at {path} that could be {what}.")
    return number


def _whole(value: object) -> int | None:
    """The whole number that a value is, in digits too; None for all else, and for what no index comes near.

    It is compared before it is converted: 1e400000 is a short text, and a long number.
    """
    if isinstance(value, str):
        digits = value.strip()
        signless = digits.removeprefix("-")
        whole = len(digits) <= _LONGEST and signless.isascii() and signless.isdecimal()
        return int(digits) if whole else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not abs(value) < 10**_LONGEST:
        return None
    return int(value) if value == int(value) else None
