"""Where a previewed record has a null, and where it has nothing: a table's row cannot tell the two apart."""

import pyarrow as pa

from headrace.mapping.checker import place
from headrace.mapping.mapping_set import CompiledMapping
from headrace.mapping.paths import Path, parse_path


def without_nulls(value: object, type: pa.DataType, *, keep_in_maps: bool = False) -> object:
    """``value`` of a table's ``type`` without the null members of its objects, which every row has.

    An array keeps its nulls, for their positions; a map, where they are wanted, those that it was given.
    """
    if isinstance(value, list):
        return [without_nulls(one, type.value_type, keep_in_maps=keep_in_maps) for one in value]
    if not isinstance(value, dict):
        return value
    is_map = pa.types.is_map(type)
    return {
        name: without_nulls(one, type.item_type if is_map else type.field(name).type, keep_in_maps=keep_in_maps)
        for name, one in value.items()
        if one is not None or (is_map and keep_in_maps)
    }


def add_nulls(made: object, compiled: CompiledMapping, record: object) -> None:
    """Puts a null wherever a mapping has given none, in what is there; what lies in an array that is absent is not."""
    copied = {guard.cell.index: guard.cell.destination for guard in reversed(compiled.plan.guards)}
    for cell in sorted(compiled.plan.cells, key=lambda one: len(one.destination)):
        own = copied.get(cell.index, cell.destination) == cell.destination
        # Of a copied object only the members that the source has, as nulls, are kept.
        if own or _has(record, parse_path(cell.source)):
            path = parse_path(cell.destination)
            _add_null(made, path)
            _with_nulls_at(made, path, cell.read(record), place(compiled.target, path).type)


def _add_null(made: object, path: Path) -> None:
    step, rest = path[0], path[1:]
    if isinstance(made, list):
        elements = made if step is None else made[step : step + 1] if isinstance(step, int) else []
        for element in elements:
            if rest:
                _add_null(element, rest)
    elif isinstance(made, dict) and isinstance(step, str):
        if not rest or not isinstance(rest[0], str):
            made.setdefault(step, None)
        if rest:
            _add_null(made.setdefault(step, {}), rest)


def _with_nulls_at(made: object, path: Path, source: object, type: pa.DataType) -> object:
    """``made`` with the nulls that ``source`` has in itself, where it went to as a whole; changes what is there."""
    if not path:
        return _with_inner_nulls(made, source, type)
    step, rest = path[0], path[1:]
    if isinstance(made, dict) and isinstance(step, str):
        made[step] = _with_nulls_at(made.get(step), rest, source, type)
    elif isinstance(made, list) and isinstance(step, int) and step < len(made):
        made[step] = _with_nulls_at(made[step], rest, source, type)
    elif isinstance(made, list) and step is None and isinstance(source, list):
        for n, one in enumerate(source[: len(made)]):
            made[n] = _with_nulls_at(made[n], rest, one, type)
    return made


def _with_inner_nulls(made: object, source: object, type: pa.DataType) -> object:
    if pa.types.is_list(type) and isinstance(made, list):
        several = source if isinstance(source, list) else [source]
        if len(several) != len(made):
            return made
        return [_with_inner_nulls(one, other, type.value_type) for one, other in zip(made, several, strict=True)]
    if not isinstance(source, dict):
        return made
    if pa.types.is_map(type) and isinstance(made, dict):
        return {name: _with_inner_nulls(one, source.get(name), type.item_type) for name, one in made.items()}
    if not pa.types.is_struct(type):
        return made
    fields = {type.field(n).name: type.field(n).type for n in range(type.num_fields)}
    had = made if isinstance(made, dict) else {}
    named = [name for name in fields if name in had or name in source]
    return {name: _with_inner_nulls(had.get(name), source.get(name), fields[name]) for name in named} or made


def _has(record: object, path: Path) -> bool:
    """Whether a record has a member there, if only a null."""
    for step in path:
        if not isinstance(record, dict) or step not in record:
            return False
        record = record[step]
    return True
