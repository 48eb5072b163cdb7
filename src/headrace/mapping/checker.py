"""A mapping set held against its target schema: every item finds its place, or every problem is named at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from headrace.errors import MappingInvalid, MappingSyntax
from headrace.mapping.conversion import name_of, supports
from headrace.mapping.outcomes import fits, outcome
from headrace.mapping.parser import parse_expression
from headrace.mapping.paths import Path, format_path, parse_path
from headrace.mapping.words import meant

ATTRIBUTE, STATIC, EXPRESSION = "ATTRIBUTE", "STATIC", "EXPRESSION"
SENSES = {
    "ATTRIBUTE": ATTRIBUTE,
    "text/x.schema-path": ATTRIBUTE,
    "schema-path": ATTRIBUTE,
    "EXPRESSION": EXPRESSION,
    "text/x.aep-xl": EXPRESSION,
    "STATIC": STATIC,
    "text/plain": STATIC,
}
_MOST_ELEMENTS = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an item, and in which of its members."""

    index: int
    field: str
    code: str
    message: str

    def to_json(self) -> dict[str, object]:
        """The problem as MappingInvalid's facts carry it."""
        return {"index": self.index, "field": self.field, "code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a destination is: its column, the steps inside the column's array or map, the type at the end.

    column  names of the nested structs down to the column
    within  steps inside the column when it is an array or a map and the destination lies inside it
    type    what the destination holds
    whole   the column's own type
    """

    column: tuple[str, ...]
    within: Path
    type: pa.DataType
    whole: pa.DataType

    @property
    def steps(self) -> Path:
        return (*self.column, *self.within)


class Unplaced(Exception):
    """A destination that the schema does not have; never leaves the checker."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Item:
    """One mapping in its one spelling, with its place."""

    index: int
    sense: str
    source: str
    destination: str
    place: Place


def invalid(problems: Sequence[Problem]) -> MappingInvalid:
    """The error that lists ``problems``, in the order of the items."""
    ordered = sorted(problems, key=lambda one: one.index)
    told = "; ".join(f"mappings[{one.index}].{one.field}: {one.message}" for one in ordered)
    return MappingInvalid(f"{told}.", problems=[one.to_json() for one in ordered])


def placed(items: Sequence[Mapping[str, object]], target: pa.Schema) -> tuple[list[Item], list[Problem]]:
    """The items that have a place in ``target``, and what is wrong with the others."""
    found: list[Item] = []
    problems: list[Problem] = []
    for index, item in enumerate(items):
        one = _item(index, item, target)
        if isinstance(one, Item):
            found.append(one)
        else:
            problems.append(one)
    return found, problems + _overlaps(found) + _mixed(found)


def place(target: pa.Schema, path: Path) -> Place:
    """Where ``path`` is in ``target``; Unplaced says why there is no such place."""
    type: pa.DataType = pa.struct(list(target))
    steps: list[str | int | None] = []
    column: tuple[str, ...] = ()
    whole: pa.DataType | None = None
    for step in path:
        if whole is None and (pa.types.is_list(type) or pa.types.is_map(type)):
            column, whole = tuple(str(name) for name in steps), type
        if pa.types.is_list(type):
            type = type.value_type
            if isinstance(step, str):
                # A path through an array without an index means its one element.
                steps.append(0)
            else:
                steps.append(_element(step))
                continue
        type = _field(type, step, tuple(steps))
        steps.append(step)
    if whole is None:
        return Place(tuple(str(name) for name in steps), (), type, type)
    return Place(column, tuple(steps[len(column) :]), type, whole)


def _item(index: int, item: Mapping[str, object], target: pa.Schema) -> Item | Problem:
    sense = SENSES.get(str(item.get("sourceType") or ATTRIBUTE))
    if sense is None:
        known = f"{item.get('sourceType')} is not one of {', '.join(SENSES)}"
        return Problem(index, "sourceType", "source-type", known)
    source, destination = item.get("source"), item.get("destination")
    if not isinstance(destination, str) or not isinstance(source, str):
        return Problem(index, "destination" if isinstance(source, str) else "source", "text", "must be text")
    try:
        found = place(target, parse_path(destination))
    except MappingSyntax as error:
        return Problem(index, "destination", "syntax", f"{destination}: {error.message}")
    except Unplaced as error:
        return Problem(index, "destination", error.code, error.message)
    if not supports(found.type):
        return Problem(
            index, "destination", "unsupported", f"{destination} has the type {found.type}, which no value fits"
        )
    if sense == EXPRESSION and (kind := _misfit(source, found)):
        text = f"{source} gives {kind}, which {destination}, {name_of(found.type)}, cannot take"
        return Problem(index, "source", "type", text)
    return Item(index, sense, source, format_path(found.steps), found)


def _misfit(source: str, place: Place) -> str | None:
    """The kind of value that an expression gives, when it is sure and the place can never take it."""
    try:
        kind = outcome(parse_expression(source))
    except MappingSyntax:
        return None
    return None if kind is None or None in place.within or fits(kind, place.type) else kind


def _element(step: int | None) -> int | None:
    if step is not None and step >= _MOST_ELEMENTS:
        raise Unplaced("unsupported", f"[{step}] is too far; an array takes elements [0] to [{_MOST_ELEMENTS - 1}]")
    return step


def _field(type: pa.DataType, step: str | int | None, before: Path) -> pa.DataType:
    above = format_path(before) or "the schema"
    if not isinstance(step, str):
        raise Unplaced(
            "type", f"{above} is no array, it is {name_of(type)}; leave [{'*' if step is None else step}] out"
        )
    if pa.types.is_map(type):
        return type.item_type
    if not pa.types.is_struct(type):
        raise Unplaced("unknown-field", f"{above} is {name_of(type)} and has no field {step}")
    index = type.get_field_index(step)
    if index < 0:
        slip = meant(step, [type.field(n).name for n in range(type.num_fields)])
        raise Unplaced("unknown-field", f"{format_path((*before, step))} is not in the target schema{slip}")
    return type.field(index).type


def _overlaps(items: Sequence[Item]) -> list[Problem]:
    """Items whose destination another item fills already, as a whole or in part."""
    problems: list[Problem] = []
    taken: dict[Path, Item] = {}
    for item in items:
        steps = item.place.steps
        if steps in taken:
            text = f"{item.destination} is filled by mappings[{taken[steps].index}] already"
            problems.append(Problem(item.index, "destination", "duplicate-destination", text))
        taken.setdefault(steps, item)
    for steps, item in taken.items():
        whole = (taken[steps[:n]] for n in range(1, len(steps)) if steps[:n] in taken)
        above = next((one for one in whole if not copies_object(one)), None)
        if above is not None:
            text = f"{item.destination} lies inside {above.destination}, which mappings[{above.index}] fills as a whole"
            problems.append(Problem(item.index, "destination", "duplicate-destination", text))
    return problems


def _mixed(items: Sequence[Item]) -> list[Problem]:
    """Items that fill an array by position where another one walks it: which element is meant cannot be told."""
    walked = {item.place.steps[:n] for item in items for n in _walks(item.place.steps)}
    return [
        Problem(
            item.index,
            "destination",
            "duplicate-destination",
            f"{item.destination} fills one element of {format_path(steps[:n])}, which another mapping fills with [*]",
        )
        for item in items
        for steps in [item.place.steps]
        for n, step in enumerate(steps)
        if isinstance(step, int) and steps[:n] in walked
    ]


def _walks(steps: Path) -> list[int]:
    return [n for n, step in enumerate(steps) if step is None]


def copies_object(item: Item) -> bool:
    """Whether the item copies the attributes that a source object and the destination object share."""
    return item.sense == ATTRIBUTE and not item.place.within and pa.types.is_struct(item.place.type)
