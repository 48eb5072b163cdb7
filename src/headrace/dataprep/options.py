"""What a mapping set asks for as a whole: whether every required field must be mapped, whether nulls are shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.dataprep import checking, drafts
from headrace.dataprep.drafts import Draft
from headrace.errors import MappingSyntax
from headrace.mapping.paths import format_path, parse_path
from headrace.store.scope import Caller
from headrace.xdm.arrow_schema import Node, items_of, json_type, properties_of

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """The two switches of a mapping set.

    strict  every required field of the schema must be mapped
    nulls   a destination without a value is null, not absent
    """

    strict: bool = False
    nulls: bool = False


def options(body: Mapping[str, Any]) -> Options:
    """The options that ``body`` sets; MappingSetInvalid when one is neither true nor false."""
    return Options(_switch(body, "strictMapping"), _switch(body, "allowNullValues"))


def require_complete(conn: sa.Connection, caller: Caller, draft: Draft, tenant: str) -> None:
    """MappingSetInvalid, naming each required field that a strict set leaves out."""
    if problems := [drafts.problem("mappings", told) for _, told in left_out(conn, caller, draft, tenant)]:
        raise drafts.invalid(problems)


def left_out(conn: sa.Connection, caller: Caller, draft: Draft, tenant: str) -> list[tuple[str, str]]:
    """The required fields that a strict set does not map, each with what to do about it; a lax set may leave any."""
    if not options(draft.body).strict:
        return []
    full = checking.composed(conn, caller, draft.schema, tenant).full
    advice = "is required by the schema; map it, or switch strictMapping off"
    return [(path, f"{path} {advice}") for path in unmapped(draft, full)]


def unmapped(draft: Draft, full: Node) -> list[str]:
    """The required fields that no item fills: those of the schema, and those of objects that items fill in part."""
    filled = [names for item in draft.items if (names := _names(item["destination"]))]
    return [
        format_path(names)
        for names in _required(full, (), filled)
        if not any(one[: len(names)] == names or names[: len(one)] == one for one in filled)
    ]


def _switch(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool | None):
        raise drafts.invalid([drafts.problem(name, "must be true or false")])
    return bool(value)


def _names(destination: str) -> Names:
    try:
        return tuple(step for step in parse_path(destination) if isinstance(step, str))
    except MappingSyntax:
        return ()


def _required(node: Node, names: Names, filled: list[Names]) -> Iterator[Names]:
    """The required fields of an object that is there whenever the items at ``filled`` have values."""
    if json_type(node) == "array":
        node = items_of(node)
    properties, required = properties_of(node), node.get("required")
    for name in required if isinstance(required, list) else []:
        if name in properties:
            yield (*names, name)
    for name, inner in properties.items():
        below = (*names, name)
        if any(len(one) > len(below) and one[: len(below)] == below for one in filled):
            yield from _required(inner, below, filled)
