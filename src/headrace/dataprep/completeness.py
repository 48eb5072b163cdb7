"""The required fields that a mapping set leaves out: rows could never have a value there, and are rejected for it."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from headrace import registry
from headrace.dataprep import drafts
from headrace.dataprep.drafts import Draft, Item, Problem
from headrace.dataprep.options import options
from headrace.errors import MappingSyntax, NotFound
from headrace.mapping.paths import Path, Step, format_path, parse_path
from headrace.store.scope import Caller
from headrace.xdm.arrow_schema import Node, items_of, json_type, map_values_of, properties_of

DEMANDED = "is required by the schema; map it, or switch strictMapping off until it is mapped"
ADVISED = (
    "is required by the schema, but no mapping fills it, so rows would be rejected (INGEST-1555-400). "
    "Map it; until then no flow takes the set."
)


def left_out(
    conn: sa.Connection, caller: Caller, schema_id: str, major: int, items: Sequence[Item], tenant: str
) -> list[str]:
    """The required fields of a schema of the registry that no item fills; none where the schema is gone."""
    try:
        full = registry.composed(conn, caller, schema_id, major, tenant).full
    except NotFound:
        return []
    return unmapped(items, full)


def demanded(draft: Draft, full: Node) -> list[tuple[str, str]]:
    """The required fields that a strict set leaves out, each with what to do; a lax set may leave any."""
    missing = unmapped(draft.items, full) if options(draft.body).strict else []
    return [(path, f"{path} {DEMANDED}") for path in missing]


def advised(missing: Sequence[str]) -> list[Problem]:
    """What to warn of where a set may leave fields out, but no flow can use it."""
    return [drafts.problem("mappings", f"{path} {ADVISED}") for path in missing]


def unmapped(items: Sequence[Item], full: Node) -> list[str]:
    """The required fields that no item fills: those of the schema, and those of objects that items fill in part."""
    return [format_path(path) for path in _missing(full, (), [_path(item["destination"]) for item in items])]


def _path(destination: str) -> Path:
    try:
        return parse_path(destination)
    except MappingSyntax:
        return ()


def _missing(node: Node, at: Path, filled: Sequence[Path]) -> Iterator[Path]:
    """The required fields of the object at ``at``, of which the items fill the paths ``filled``."""
    properties, required = properties_of(node), node.get("required")
    below = _by_first(filled)
    for name in required if isinstance(required, list) else []:
        if name in properties and name not in below:
            yield (*at, name)
    for name, rests in below.items():
        if name in properties:
            yield from _inside(properties[str(name)], (*at, name), rests)


def _inside(node: Node, at: Path, filled: Sequence[Path]) -> Iterator[Path]:
    """As ``_missing``, of a field of any kind: each element of an array and each value of a map is one of its own."""
    if () in filled:
        # Filled as a whole: what it has inside is only known of its values.
        return
    if json_type(node) == "array":
        # A path through an array without an index means its one element.
        one = [path if not isinstance(path[0], str) else (0, *path) for path in filled]
        for step, rests in _by_first(one).items():
            yield from _inside(items_of(node), (*at, step), rests)
    elif (values := map_values_of(node)) is not None:
        for step, rests in _by_first(filled).items():
            yield from _inside(values, (*at, step), rests)
    else:
        yield from _missing(node, at, filled)


def _by_first(paths: Sequence[Path]) -> Mapping[Step, list[Path]]:
    found: dict[Step, list[Path]] = {}
    for path in paths:
        if path:
            found.setdefault(path[0], []).append(path[1:])
    return found
