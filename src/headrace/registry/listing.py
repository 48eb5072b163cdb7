"""Lists of the registry: filtered by ``property``, ordered, one page after the other."""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from headrace.errors import Invalid
from headrace.wire.filters import Predicate, all_of, exists, going_on, parse_condition, values_at
from headrace.wire.pages import SortKey, parse_orderby, sort_items

Body = dict[str, Any]

ALIASES = {
    "updated": "meta:registryMetadata.repo:lastModifiedDate",
    "created": "meta:registryMetadata.repo:createdDate",
}
# What tells our own continuation from a value of the first orderby attribute, which clients may send too.
MARK = "~"
# A comma begins another condition only where an attribute's name and an operator follow, or the text ends a name.
_SEPARATOR = re.compile(r",(?=[@A-Za-z$][\w:.$@-]*(?:==|!=|<=|>=|=|<|>|,|$))")


@dataclass(frozen=True, slots=True)
class Selection:
    """What a client wants of a list. ``orderby`` has the service's own default; ``limit`` None is everything."""

    properties: Sequence[str]
    orderby: str
    start: str | None
    limit: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one page; ``next`` is the ``start`` of the one after it, None at the end."""

    items: list[Body]
    orderby: str
    next: str | None


def select(items: Iterable[Body], selection: Selection, key: str = "$id") -> Page:
    """One page of those items that have every property asked for; ``key`` names their id."""
    orderby, after = _continued(selection)
    keys = tuple(SortKey(ALIASES.get(one.field, one.field), one.descending) for one in parse_orderby(orderby))
    chosen = all_of(_conditions(selection.properties))
    ordered = sort_items(sorted(filter(chosen, going_on(items, "filters")), key=lambda item: str(item[key])), keys)
    begin = _begin(ordered, keys[0], after, selection.start, key)
    end = len(ordered) if selection.limit is None else begin + selection.limit
    page = ordered[begin:end]
    more = page and end < len(ordered)
    return Page(page, orderby, _token(orderby, str(page[-1][key]), end) if more else None)


def _conditions(properties: Sequence[str]) -> list[Predicate]:
    texts = [part for text in properties for part in _SEPARATOR.split(text)]
    return [_condition(text.strip()) for text in texts if text.strip()]


def _condition(text: str) -> Predicate:
    return parse_condition(text) or exists(text)


def _continued(selection: Selection) -> tuple[str, tuple[str, int] | None]:
    """The order and the place to go on from: a continuation holds both, so it works without ``orderby``."""
    if selection.start is None or not selection.start.startswith(MARK):
        return selection.orderby, None
    text = selection.start.removeprefix(MARK)
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        orderby, last, position = msgspec.json.decode(raw, type=tuple[str, str, int])
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise Invalid(f"start={selection.start} cannot be read; send the _page.next of a list.") from error
    return orderby, (last, position)


def _begin(items: list[Body], first: SortKey, after: tuple[str, int] | None, start: str | None, key: str) -> int:
    if after is not None:
        last, position = after
        return next((n + 1 for n, item in enumerate(items) if str(item[key]) == last), position)
    if start is None:
        return 0
    return next((n for n, item in enumerate(items) if _beyond(item, first, start)), len(items))


def _beyond(item: Body, first: SortKey, start: str) -> bool:
    value = next(values_at(item, first.field), None)
    if isinstance(value, int | float):
        number = _number(start)
        return number is None or (value < number if first.descending else value > number)
    text = str(value)
    return text < start if first.descending else text > start


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _token(orderby: str, last: str, position: int) -> str:
    raw = msgspec.json.encode((orderby, last, position))
    return MARK + base64.urlsafe_b64encode(raw).decode().rstrip("=")
