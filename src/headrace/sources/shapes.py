"""The shape of some elements: the leaves that are wanted of them, and the type of column that holds each exactly."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import pyarrow as pa

from headrace.json_columns import WRITTEN, Steps, is_exact, leads_into, type_at
from headrace.sources.paths import is_plainly_named, parse_path

Names = tuple[str, ...]

INTEGER, NUMBER, TEXT, BOOLEAN, OBJECT, ARRAY = "integer", "number", "text", "boolean", "object", "array"
COMMON = 0.75  # a kind that so many values have is the column's; records with another one are odd
_KINDS: dict[type, str] = {bool: BOOLEAN, int: INTEGER, float: NUMBER, str: TEXT, dict: OBJECT, list: ARRAY}
_SCALARS = {INTEGER: pa.int64(), TEXT: pa.string(), BOOLEAN: pa.bool_()}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of a record, and where it lies in an element.

    path    where it is in the record, wrapper included
    names   where it is in the element; none: it is the element
    wish    the type that suits its destinations; null or absent: as the source writes it
    within  a renamed value that stands in an array: the steps from ``names`` on
    plain   a renamed value: where it is in an element that has the new name already
    type    the type of its column
    """

    path: Names
    names: Names
    wish: pa.DataType | None = None
    within: Steps = ()
    plain: Names | None = None
    type: pa.DataType = WRITTEN

    @property
    def guarded(self) -> bool:
        """Whether its floating numbers must have been written with a fraction: it is not known to be a double."""
        return bool(self.type == pa.float64() and self.wish != pa.float64())


class Unplaced(Exception):
    """Records must be read one by one: what is wanted of them has no fixed place in an element."""


def leaves_of(paths: Mapping[Names, pa.DataType | None], wrapper: str, names: Mapping[str, str]) -> tuple[Leaf, ...]:
    """The leaves that lie in the element (not beside it), for these record paths; Unplaced."""
    leaves = []
    for path, wish in paths.items():
        if not is_plainly_named(path):
            raise Unplaced
        inside = path[1:] if wrapper else path
        if not wrapper or path[0] == wrapper:
            leaves.append(_leaf(path, inside, wish, names))
    _require_no_rename_of(leaves, names)
    _require_places_of_their_own(leaves)
    return tuple(leaves)


def _leaf(path: Names, inside: Names, wish: pa.DataType | None, names: Mapping[str, str]) -> Leaf:
    if not inside:
        if names:
            raise Unplaced
        return Leaf(path, (), pa.null())
    if inside[0] not in names:
        return Leaf(path, inside, wish)
    steps = (*parse_path(names[inside[0]]), *inside[1:])
    until = next((n for n, step in enumerate(steps) if not isinstance(step, str)), len(steps))
    within = steps[until:]
    before = tuple(str(step) for step in steps[:until])
    if not before or not is_plainly_named([step for step in steps if isinstance(step, str)]):
        raise Unplaced
    if any(isinstance(step, int) and step < 0 for step in within):
        raise Unplaced
    return Leaf(path, before, type_at(within, wish or pa.null()), within, inside)


def _require_no_rename_of(leaves: Sequence[Leaf], names: Mapping[str, str]) -> None:
    """The field that held a renamed value goes with the rename; what is left of it depends on the record."""
    holders = {str(parse_path(path)[0]) for path in names.values()}
    if any(leaf.plain is None and leaf.names and leaf.names[0] in holders for leaf in leaves):
        raise Unplaced


def _require_places_of_their_own(leaves: Sequence[Leaf]) -> None:
    """Two values that one renamed field holds are looked for in the record."""
    places = [leaf.names for leaf in leaves if leaf.plain is not None]
    plain = [leaf.plain for leaf in leaves if leaf.plain is not None]
    if any(_overlap(name, leaf.names) for name in plain for leaf in leaves):
        raise Unplaced  # a value is taken from where another one goes
    if any(place[:n] in places for place in places for n in range(1, len(place))) or len(set(places)) < len(places):
        raise Unplaced


def _overlap(place: Names, other: Names) -> bool:
    depth = min(len(place), len(other))
    return place[:depth] == other[:depth]


def reads_of(leaves: Sequence[Leaf]) -> tuple[Leaf, ...]:
    """What is read of an element for these leaves: each of them, then the other place of each renamed one."""
    return (*leaves, *(Leaf((), leaf.plain, leaf.wish) for leaf in leaves if leaf.plain is not None))


def observed(leaves: Sequence[Leaf], elements: Iterable[Any]) -> tuple[Leaf, ...]:
    """The leaves with the types that the values in these elements show."""
    values = list(elements)
    return tuple(replace(leaf, type=_type_of(leaf, values)) for leaf in leaves)


def _type_of(leaf: Leaf, elements: Sequence[Any]) -> pa.DataType:
    if not leaf.names:
        return WRITTEN
    values = [value for element in elements if (value := value_at(element, leaf.names)) is not None]
    type = suitable(leaf.wish, _common(values))
    return type if leads_into(type, leaf.within) else _held(leaf)


def _common(values: list[Any]) -> list[Any]:
    """The values of the kind that most of them have, where those are most by far; the others are odd then."""
    kinds = Counter(_KINDS[type(value)] for value in values)
    [(kind, count)] = kinds.most_common(1) or [("", 0)]
    return [value for value in values if _KINDS[type(value)] == kind] if count >= COMMON * len(values) else values


def as_written(leaf: Leaf) -> Leaf:
    """The leaf as the source wrote it; one that is looked for inside an array has the type of most."""
    return replace(leaf, type=_held(leaf))


def _held(leaf: Leaf) -> pa.DataType:
    return type_at(leaf.within, pa.string()) if leaf.within else WRITTEN


def suitable(wish: pa.DataType | None, values: Sequence[Any]) -> pa.DataType:
    """The type of column that holds such values (none null) exactly, as suits the wish; WRITTEN where none does."""
    wish = wish if wish is not None else pa.null()
    kinds = {_KINDS[type(value)] for value in values}
    if not kinds:
        return _unseen(wish)
    if kinds == {OBJECT}:
        return _struct(wish, values) if pa.types.is_struct(wish) else WRITTEN
    if kinds == {ARRAY}:
        return _list(wish, values)
    if kinds & {OBJECT, ARRAY}:
        return WRITTEN
    return _scalar(wish.value_type if pa.types.is_list(wish) else wish, kinds)


def _scalar(wish: pa.DataType, kinds: set[str]) -> pa.DataType:
    if len(kinds) == 1 and kinds != {NUMBER}:
        [kind] = kinds
        return pa.float64() if kind == INTEGER and wish == pa.float64() else _SCALARS[kind]
    if kinds <= {INTEGER, NUMBER} and (wish == pa.float64() or (pa.types.is_null(wish) and kinds == {NUMBER})):
        return pa.float64()
    return WRITTEN


def _struct(wish: pa.StructType, values: Sequence[Mapping[str, Any]]) -> pa.DataType:
    fields = []
    for field in wish:
        inner = suitable(field.type, [value[field.name] for value in values if value.get(field.name) is not None])
        if not _is_sound(inner, field.type):
            return WRITTEN
        fields.append(pa.field(field.name, inner))
    return pa.struct(fields) if fields else WRITTEN


def _list(wish: pa.DataType, values: Sequence[list[Any]]) -> pa.DataType:
    elements = [element for element in chain.from_iterable(values) if element is not None]
    inner = suitable(wish.value_type if pa.types.is_list(wish) else pa.null(), elements)
    if not pa.types.is_list(wish) and not is_exact(inner):
        return WRITTEN
    return _list_of(inner) if _is_sound(inner, wish.value_type if pa.types.is_list(wish) else pa.null()) else WRITTEN


def _list_of(type: pa.DataType) -> pa.ListType:
    # Arrow's reader spoils arrays of nothing but nulls when they are declared as that.
    return pa.list_(pa.string() if pa.types.is_null(type) else type)


def _is_sound(inner: pa.DataType, wish: pa.DataType) -> bool:
    """Whether values inside others may have that type: there, a number of unknown use keeps its spelling."""
    return bool(inner != WRITTEN and (inner != pa.float64() or wish == pa.float64()))


def _unseen(wish: pa.DataType) -> pa.DataType:
    """What suits a wish before any value is seen; another value shows itself, because it does not fit."""
    if pa.types.is_list(wish):
        return _list_of(_unseen(wish.value_type))
    if pa.types.is_struct(wish):
        return pa.struct([pa.field(field.name, _unseen(field.type)) for field in wish]) if len(wish) else pa.null()
    if pa.types.is_integer(wish):
        return pa.int64()
    if wish in (pa.float64(), pa.bool_(), pa.null()):
        return wish
    return pa.null() if pa.types.is_map(wish) else pa.string()


def value_at(value: Any, names: Names) -> Any:
    """The value at ``names`` in a record; None where the way ends."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
