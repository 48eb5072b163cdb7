"""From placed items to the columns that fill a target: sources read, object copies unfolded, wanted fields gathered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import pyarrow as pa

from headrace.errors import MappingSyntax
from headrace.json_columns import type_at
from headrace.mapping.cells import Cell, Read
from headrace.mapping.checker import ATTRIBUTE, EXPRESSION, STATIC, Item, Place, Problem, copies_object, invalid
from headrace.mapping.columns import (
    AttributeColumn,
    Column,
    Entry,
    ExpressionColumn,
    ListColumn,
    ObjectGuard,
    StaticColumn,
    as_object,
)
from headrace.mapping.conversion import Converter, converter, member_converter
from headrace.mapping.expressions import fault_of
from headrace.mapping.failure import Failure
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.declaring import Context
from headrace.mapping.nodes import Call, Literal, Node, children, fields_read
from headrace.mapping.outcomes import leaves
from headrace.mapping.parser import parse_expression
from headrace.mapping.paths import Path, format_path, names_of, parse_path, reader
from headrace.mapping.reference import Scope, constant, evaluator
from headrace.mapping.steps import Source
from headrace.mapping.values import as_double, as_exact, json_text, type_name

Names = tuple[str, ...]
Wanted = dict[Names, pa.DataType | None]


@dataclass(frozen=True, slots=True)
class Sourced:
    """An item with its source read: the path of an ATTRIBUTE, the tree of an EXPRESSION, nothing more for a STATIC.

    copied  it is what a copied object has in a field
    """

    item: Item
    path: Path = ()
    node: Node | None = None
    copied: bool = False

    @property
    def fields(self) -> tuple[Names, ...]:
        """The source fields that the item reads."""
        if self.node is not None:
            return tuple(dict.fromkeys(fields_read(self.node)))
        return (names_of(self.path),) if self.path else ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What fills a target: its columns by their names, the guards, the fields to decode, the paths as written."""

    columns: Mapping[Names, Column]
    guards: tuple[ObjectGuard, ...]
    wanted: Wanted
    sources: tuple[Source, ...] = ()

    @property
    def cells(self) -> list[Cell]:
        """The cell of every item, and of every field that an object copy unfolds into."""
        filling = [cell for column in self.columns.values() for cell in column.cells]
        return [*filling, *(one.cell for one in self.guards)]


def plan(items: Sequence[Item], problems: Sequence[Problem], context: Context) -> Plan:
    """The plan for ``items``; MappingInvalid with all problems when there is one.

    ``context`` is that of every expression, but for whether its numbers are decimals.
    """
    found = list(problems)
    sourced: list[Sourced] = []
    guarded: list[Sourced] = []
    paths: dict[Path, Source] = {}
    for item in items:
        one = _sourced(item)
        if isinstance(one, Problem):
            found.append(one)
            continue
        for path in (one.path,) if one.path else one.fields:
            paths.setdefault(path, Source(path, item.destination))
        if copies_object(item):
            guarded.append(one)
            for copied in _unfolded(one, {other.place.steps for other in items if other is not item}):
                (guarded if pa.types.is_struct(copied.item.place.type) else sourced).append(copied)
        else:
            sourced.append(one)
    if found:
        raise invalid(found)
    decoded = _wanted([*sourced, *(copy for copy in guarded if not _is_read_inside(copy, sourced))])
    columns = {column: _column(group, decoded, context) for column, group in _by_column(sourced).items()}
    return Plan(columns, tuple(_guard(copy) for copy in guarded), decoded, tuple(paths.values()))


def _sourced(item: Item) -> Sourced | Problem:
    if item.sense == STATIC:
        return _static(item)
    if item.sense == EXPRESSION:
        return _expression(item)
    try:
        path = parse_path(item.source)
    except MappingSyntax as error:
        return Problem(item.index, "source", "syntax", f"{item.source}: {error.message}")
    return _walks(item, path) or Sourced(item, path)


def _static(item: Item) -> Sourced | Problem:
    if None in item.place.within or pa.types.is_struct(item.place.type) or pa.types.is_map(item.place.type):
        text = f"{item.destination} cannot be filled by a constant; map a field of it"
        return Problem(item.index, "destination", "type", text)
    return _unfit(item, [item.source]) or Sourced(item)


def _expression(item: Item) -> Sourced | Problem:
    fault = fault_of(item.source)
    if fault is not None:
        return Problem(item.index, "source", "syntax", fault.message)
    node = parse_expression(item.source)
    ends = [*leaves(node)]
    if None in item.place.within or not all(isinstance(end, Literal) for end in ends):
        return Sourced(item, node=node)
    exact = holds_decimal(item.place.type)
    return _unfit(item, [constant(end, exact) for end in ends]) or Sourced(item, node=node)


def _unfit(item: Item, constants: Sequence[object]) -> Problem | None:
    """The problem when none of the constants, of which each record has one, can become the destination's type."""
    convert = converter(item.place.type)
    made = [convert(value) for value in constants if value is not None]
    failures = [one for one in made if isinstance(one, Failure)]
    if not failures or len(failures) < len(made):
        return None
    first = failures[0]
    reason = f": {first.reason}" if first.reason else ""
    told = f"{json_text(first.value)} cannot become {first.expected}, the type of {item.destination}{reason}"
    return Problem(item.index, "source", "type", told)


def _walks(item: Item, path: Path) -> Problem | None:
    """The problem when source and destination do not walk the same number of arrays."""
    given, taken = path.count(None), item.place.within.count(None)
    if given == taken or (given == taken + 1 and pa.types.is_list(item.place.type)):
        return None
    text = f"{item.source} walks {given} arrays with [*], but {item.destination} walks {taken}; both need the same"
    return Problem(item.index, "source", "type", text)


def _unfolded(one: Sourced, others: set[Path]) -> Iterator[Sourced]:
    """An object copy as one item for each field that both may share and no other item fills, objects above theirs."""
    place = one.item.place
    for n in range(place.type.num_fields):
        field = place.type.field(n)
        steps = (*place.column, field.name)
        if steps in others:
            continue
        copied = Sourced(
            Item(
                one.item.index,
                ATTRIBUTE,
                format_path((*one.path, field.name)),
                format_path(steps),
                _below(place, field),
            ),
            (*one.path, field.name),
            copied=True,
        )
        if pa.types.is_struct(field.type):
            if below := [*_unfolded(copied, others)]:
                yield from (copied, *below)
        elif not any(other[: len(steps)] == steps for other in others):
            yield copied


def _below(place: Place, field: pa.Field) -> Place:
    return replace(place, column=(*place.column, field.name), type=field.type, whole=field.type)


def _is_read_inside(guarded: Sourced, sourced: Sequence[Sourced]) -> bool:
    """Whether fields of the copied object are read anyway: a record in which it is no object is not decoded then."""
    names = names_of(guarded.path)
    return any(field[: len(names)] == names for one in sourced for field in one.fields)


def _wanted(sourced: Sequence[Sourced]) -> Wanted:
    """The fields to decode, each with the type that its destination wants; a field inside another one goes with it."""
    wishes: dict[Names, set[pa.DataType | None]] = {}
    for one in sourced:
        for names in one.fields:
            wishes.setdefault(names, set()).add(_wish(one))
    return {names: _agreed(types) for names, types in wishes.items() if not _inside(names, wishes)}


def _wish(one: Sourced) -> pa.DataType | None:
    """The type that suits the item, of what it reads at its leading names; None: an expression takes what is there."""
    type = one.item.place.type
    if one.node is not None:
        return type if pa.types.is_decimal(type) else None
    within = one.path[len(one.fields[0]) :] if one.path else ()
    if within.count(None) > one.item.place.within.count(None):
        type = type.value_type  # a whole array is filled by what the path walks
    return type_at(within, type)


def _agreed(types: set[pa.DataType | None]) -> pa.DataType | None:
    """One type for all that read the field: what serves one of them only may not bend what another one reads."""
    if types == {None}:
        return None
    return pa.string() if None in types else reduce(_both, [type for type in types if type is not None])


def _both(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """What suits both; a text stands for what needs numbers as they were written."""
    if pa.types.is_list(one) and pa.types.is_list(other):
        return pa.list_(_both(one.value_type, other.value_type))
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        fields = {field.name: field.type for field in one}
        for field in other:
            fields[field.name] = _both(fields[field.name], field.type) if field.name in fields else field.type
        return pa.struct(list(fields.items()))
    return one if one == other else pa.string()


def _inside(names: Names, wishes: Mapping[Names, object]) -> bool:
    return any(names[:n] in wishes for n in range(1, len(names)))


def _by_column(sourced: Sequence[Sourced]) -> dict[Names, list[Sourced]]:
    groups: dict[Names, list[Sourced]] = {}
    for one in sourced:
        groups.setdefault(one.item.place.column, []).append(one)
    return groups


def _column(group: Sequence[Sourced], decoded: Wanted, context: Context) -> Column:
    first = group[0]
    place = first.item.place
    if place.within:
        entries = tuple(Entry(_cell(one, context), one.item.place.within, one.path or None) for one in group)
        fields = dict.fromkeys(names for one in group for names in one.fields)
        return ListColumn(entries, place.whole, tuple(fields))
    cell = _cell(first, context)
    if first.node is not None:
        decimals = frozenset(names for names, type in decoded.items() if type is not None and pa.types.is_decimal(type))
        exact = holds_decimal(place.type)
        return ExpressionColumn(
            cell, place.type, first.node, first.fields, exact, frozenset() if exact else decimals, repeats(first.node)
        )
    if not first.path:
        return StaticColumn(cell, place.type)
    return AttributeColumn(cell, first.path, place.type)


def repeats(node: Node) -> bool:
    """Whether equal fields give equal values: nothing in the tree is drawn anew for each row."""
    drawn = isinstance(node, Call) and FUNCTIONS[node.name].draws
    return not drawn and all(repeats(child) for child in children(node))


def _cell(sourced: Sourced, context: Context) -> Cell:
    item = sourced.item
    change = member_converter(item.place.type) if sourced.copied else converter(item.place.type)
    convert = _walking(change, item.place.within.count(None))
    return Cell(
        item.index, item.destination, item.source, _read(sourced, context), convert, lenient=item.sense == EXPRESSION
    )


def _read(sourced: Sourced, context: Context) -> Read:
    """An expression reads decimals when its own result is one, else doubles; a path takes values as they came."""
    if sourced.node is not None:
        exact = holds_decimal(sourced.item.place.type)
        return evaluator(sourced.node, Scope(replace(context, exact=exact), as_exact if exact else as_double))
    if not sourced.path:
        source = sourced.item.source
        return lambda _record: source
    return reader(sourced.path)


def holds_decimal(type: pa.DataType) -> bool:
    """Whether a value of ``type`` has a decimal anywhere."""
    if pa.types.is_struct(type):
        return any(holds_decimal(type.field(n).type) for n in range(type.num_fields))
    if pa.types.is_list(type):
        return holds_decimal(type.value_type)
    return holds_decimal(type.item_type) if pa.types.is_map(type) else bool(pa.types.is_decimal(type))


def _walking(convert: Converter, depth: int) -> Converter:
    """``convert`` for every element, ``depth`` arrays deep."""
    if not depth:
        return convert
    inner = _walking(convert, depth - 1)

    def walk(value: object) -> object:
        if not isinstance(value, list):
            return Failure("", "array", type_name(value), value)
        made = [None if element is None else inner(element) for element in value]
        return next((one for one in made if isinstance(one, Failure)), made)

    return walk


def _guard(one: Sourced) -> ObjectGuard:
    item = one.item
    return ObjectGuard(Cell(item.index, item.destination, item.source, reader(one.path), as_object), names_of(one.path))
