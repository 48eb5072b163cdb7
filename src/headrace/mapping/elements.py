"""An array that several items fill element by element: ``orders[*].id`` into ``purchases[*].key``, over columns."""

from collections.abc import Sequence
from itertools import starmap

import pyarrow as pa
import pyarrow.compute as pc

from headrace.json_columns import at, elements_of, leads_into, of_elements, rows_of_elements
from headrace.mapping.casting import cast
from headrace.mapping.paths import Path, names_of
from headrace.mapping.tables import column_at

Place = tuple[Path, Path]


def by_elements(places: Sequence[Place], type: pa.DataType, table: pa.Table) -> tuple[pa.Array, pa.Array] | None:
    """The arrays, and which rows are declined; None where the items do not walk one array of the source alone.

    Each place is the steps that an item fills inside the array, and the source path that it reads.
    """
    if not walks_one_array(places):
        return None
    names = names_of(places[0][1])
    arrays = column_at(table, names)
    if not pa.types.is_list(arrays.type):
        return None
    elements = elements_of(arrays)
    inside = [(within[1:], source[len(names) + 1 :]) for within, source in places]
    if not all(leads_into(elements.type, steps) for _, steps in inside):
        return None
    filled = {within: cast(at(elements, steps), _type_at(type.value_type, within)) for within, steps in inside}
    objects = _assembled(type.value_type, {within: column for within, (column, _) in filled.items()}, len(elements))
    declined = _declined(arrays, [refused for _, refused in filled.values() if refused is not None])
    whole = of_elements(arrays, objects, type)
    empty = pc.equal(pc.list_value_length(whole), 0)
    return pc.if_else(pc.fill_null(empty, False), pa.scalar(None, type), whole), declined


def walks_one_array(places: Sequence[Place]) -> bool:
    """Whether the items fill the elements of their array from those of one array of the source."""
    return len({names_of(source) for _, source in places}) == 1 and all(starmap(_walks_once, places))


def _walks_once(within: Path, source: Path) -> bool:
    steps = source[len(names_of(source)) :]
    return within[:1] == (None,) == steps[:1] and all(isinstance(step, str) for step in (*within[1:], *steps[1:]))


def _type_at(type: pa.DataType, names: Path) -> pa.DataType:
    for name in names:
        type = type.field(str(name)).type
    return type


def _assembled(type: pa.DataType, columns: dict[Path, pa.Array], count: int) -> pa.Array:
    """Objects of these fields; each of them is there, even where all of its fields are null."""
    if () in columns:
        return columns[()]
    children = []
    for field in type:
        below = {path[1:]: column for path, column in columns.items() if path[0] == field.name}
        children.append(_assembled(field.type, below, count) if below else pa.nulls(count, field.type))
    return pa.StructArray.from_arrays(children, fields=list(type))


def _declined(arrays: pa.ListArray, refused: Sequence[pa.Array]) -> pa.Array:
    rows = rows_of_elements(arrays)
    bad = [rows.filter(elements) for elements in refused]
    if not bad:
        return pa.repeat(False, len(arrays))
    return pc.is_in(pa.array(range(len(arrays)), pa.int64()), pa.concat_arrays(bad))
