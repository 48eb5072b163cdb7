"""Pages of a list: bounds, stable sorting by named fields, opaque continuation tokens without ``=`` or ``&``."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from headrace.errors import Invalid, legible
from headrace.wire.filters import values_at

# What a token holds: the id of the last item given, and the position behind it.
_Place = tuple[str, Annotated[int, msgspec.Meta(ge=0, le=2**53)]]

_WHOLE = re.compile(r"-?[0-9]{1,18}")  # as many digits, zeros before them too, as every database's integers have
_SHOWN = 100


def whole_number(name: str, text: str, least: int, most: int | None = None) -> int:
    """The value of query parameter ``name``: a whole number within [least, most]; Invalid otherwise."""
    if not _WHOLE.fullmatch(text):
        raise Invalid(f"Query parameter {name}={legible(text, _SHOWN)} must be a whole number.", field=name)
    value = int(text)
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"between {least} and {most}"
        raise Invalid(f"Query parameter {name}={value} must be {bounds}.", field=name)
    return value


@dataclass(frozen=True, slots=True)
class SortKey:
    """One sort field and its direction."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one page and the token of the next, None at the end."""

    items: list[dict[str, Any]]
    next_token: str | None


def parse_orderby(text: str) -> tuple[SortKey, ...]:
    """``name``, ``+name`` or ``-name``, several separated by commas (a plus may arrive as a blank)."""
    keys = []
    for part in text.split(","):
        stripped = part.strip()
        sign, field = (stripped[0], stripped[1:]) if stripped[:1] in "+-" and stripped else ("+", stripped)
        if not field or not (field[0].isalpha() or field[0] in "_@"):
            raise Invalid(f"orderby={text} cannot be read; use name, +name or -name.", field="orderby", reason="sign")
        keys.append(SortKey(field, sign == "-"))
    return tuple(keys)


def sort_items(items: Sequence[dict[str, Any]], keys: Sequence[SortKey]) -> list[dict[str, Any]]:
    """A stably sorted copy; items without the field come last in either direction."""
    ordered = list(items)
    for key in reversed(keys):
        present = [item for item in ordered if _value(item, key.field) is not None]
        absent = [item for item in ordered if _value(item, key.field) is None]
        ordered = sorted(present, key=lambda item: _sortable(_value(item, key.field)), reverse=key.descending) + absent
    return ordered


def page_after(items: Sequence[dict[str, Any]], limit: int, token: str | None) -> Page:
    """The page of ``limit`` items that follows the one which gave ``token`` (the first page for None).

    The token holds the id of the last item given and its position, so a list that changed in between goes on
    behind that item, or at that position when the item is gone.
    """
    start = 0 if token is None else _resume(items, token)
    chosen = list(items[start : start + limit])
    more = start + limit < len(items)
    return Page(chosen, token_after(chosen[-1], start + limit) if more and chosen else None)


def last_given(token: str) -> tuple[str, int]:
    """What ``token_after`` was told: the id of the last item given, and the position (from 0) behind it."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), type=_Place)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise Invalid(f"continuationToken {token} cannot be read.", field="continuationToken") from error


def token_after(item: Mapping[str, Any], position: int) -> str:
    """The token of the page behind this item, which begins at ``position`` (from 0)."""
    raw = msgspec.json.encode((str(item.get("id")), position))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _resume(items: Sequence[Mapping[str, Any]], token: str) -> int:
    last, position = last_given(token)
    index = next((n for n, item in enumerate(items) if item.get("id") == last), None)
    return position if index is None else index + 1


def _value(item: Mapping[str, Any], field: str) -> object:
    return next(values_at(item, field), None)


def _sortable(value: object) -> tuple[int, Any]:
    # Numbers before text, so that a field of mixed types still has one order.
    return (0, value) if isinstance(value, int | float) else (1, str(value))
