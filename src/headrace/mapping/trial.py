"""A mapping set tried on sample records: what the preview answers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from headrace.mapping.allowance import batch_allowance
from headrace.mapping.cells import Cell
from headrace.mapping.checker import ATTRIBUTE, place
from headrace.mapping.columns import AttributeColumn, ExpressionColumn, ListColumn, StaticColumn
from headrace.mapping.failure import Failure
from headrace.mapping.mapping_set import CompiledMapping, compile_mapping
from headrace.mapping.paths import Path, parse_path
from headrace.mapping.values import json_ready, json_text, plain_numbers
from headrace.rows import ROW_ERRORS

Json = dict[str, object]
Items = Sequence[Mapping[str, object]]
Check = Callable[[pa.Table], tuple[pa.Table, pa.Table]]

_INDEX = re.compile(r"\[\]|\{\}")


def preview(
    items: Items,
    target: pa.Schema,
    data: object,
    now: int,
    *,
    check: Check = lambda table: (table, ROW_ERRORS.empty_table()),
    nulls: bool = False,
) -> Json | list[Json]:
    """What the items make of sample records: ``{"data", "errors"}`` for one, an array of these for an array.

    ``check`` splits mapped rows into those that a run would accept and the ROW_ERRORS of the others.
    ``data`` leaves nulls out (``nulls``: keeps those of the destinations), and is empty where the row would be
    rejected; ``errors`` is null, or says why, and which expressions failed and left a null.
    MappingInvalid when the items themselves are wrong.
    """
    records = data if isinstance(data, list) else [data]
    compiled = compile_mapping(items, target, now)
    with batch_allowance():
        mapped = compiled.map_records(range(len(records)), records)
        failed = list(_failed_expressions(compiled, records))
    accepted, broken = check(mapped.table)
    answers = [Json(data={}, errors=None) for _ in records]
    for row in accepted.to_pylist(maps_as_pydicts="strict"):
        position = row.pop("_row")
        made = json_ready(plain_numbers(_bare(row, pa.struct(list(target)), nulls)))
        if nulls:
            _add_nulls(made, compiled, records[position])
        answers[position]["data"] = made
    told: dict[int, list[Json]] = {}
    senses = {cell.destination: items[cell.index].get("sourceType") or ATTRIBUTE for cell in _cells(compiled)}
    for position, error in (*_of_cells(mapped.errors, failed, senses), *_of_rules(broken, items)):
        told.setdefault(position, []).append(error)
    for position, errors in told.items():
        answers[position]["errors"] = errors
    return answers if isinstance(data, list) else answers[0]


def without_nulls(value: object) -> object:
    """``value`` with the null members of its objects left out; an array keeps its nulls, for their positions."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def _bare(value: object, type: pa.DataType, nulls: bool) -> object:
    """``value`` without the nulls that only its type brings; a map's own stay where ``nulls`` are wanted."""
    if isinstance(value, list):
        return [_bare(one, type.value_type, nulls) for one in value]
    if not isinstance(value, dict):
        return value
    if pa.types.is_map(type):
        return {name: _bare(one, type.item_type, nulls) for name, one in value.items() if nulls or one is not None}
    return {name: _bare(one, type.field(name).type, nulls) for name, one in value.items() if one is not None}


def _add_nulls(made: object, compiled: CompiledMapping, record: object) -> None:
    """Puts a null wherever a mapping has given none, in what is there; what lies in an array that is absent is not."""
    copied = {guard.cell.index: guard.cell.destination for guard in compiled.plan.guards}
    for cell in sorted(_cells(compiled), key=lambda one: len(one.destination)):
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


def _failed_expressions(compiled: CompiledMapping, records: Sequence[object]) -> Iterator[tuple[int, Cell, Failure]]:
    for cell in _cells(compiled):
        if cell.lenient:
            for position, record in enumerate(records):
                # One that rejects the row is among its errors.
                if isinstance(failure := cell.of(record), Failure) and not failure.rejects:
                    yield position, cell, failure


def _cells(compiled: CompiledMapping) -> Iterator[Cell]:
    for column in compiled.plan.columns.values():
        if isinstance(column, ListColumn):
            yield from (cell for cell, _ in column.entries)
        elif isinstance(column, AttributeColumn | StaticColumn | ExpressionColumn):
            yield column.cell
    yield from (guard.cell for guard in compiled.plan.guards)


def _reason(cell: Cell, failure: Failure) -> str:
    if failure.expected is None:
        return f"{cell.source} failed and left {cell.destination} null: {failure.reason}."
    reason = f": {failure.reason}" if failure.reason else ""
    value = f"{json_text(failure.value)} from {cell.source}"
    return f"{value} cannot become {failure.expected}, the type of {cell.destination}, which is null{reason}."


def _of_cells(
    errors: pa.Table, failed: Sequence[tuple[int, Cell, Failure]], senses: Mapping[str, object]
) -> Iterator[tuple[int, Json]]:
    """What conversion turned away, and which expressions failed, by row."""
    for error in errors.to_pylist():
        yield error["_row"], _error_info(error["column"], error["message"], error["source"], senses[error["column"]])
    for position, cell, failure in failed:
        told = _reason(cell, failure)
        yield position, _error_info(cell.destination, told, cell.source, senses[cell.destination])


def _of_rules(errors: pa.Table, items: Items) -> Iterator[tuple[int, Json]]:
    """Which rules of the schema are broken, by row."""
    fillers = {column: _filler(column, items) for column in errors["column"].unique().to_pylist()}
    for error in errors.to_pylist():
        filler = fillers[error["column"]]
        sense = filler.get("sourceType") or ATTRIBUTE if filler else None
        destination = error["column"].replace("[]", "[*]")
        yield error["_row"], _error_info(destination, error["message"], filler.get("source"), sense)


def _filler(column: str, items: Items) -> Mapping[str, object]:
    """The item that fills a field or what it lies in; none where nothing does, or where which one cannot be told."""
    plain = _INDEX.sub("", column)
    named = [(_plain(item), item) for item in items]
    above = [(name, item) for name, item in named if f"{plain}.".startswith(f"{name}.")]
    nearest = max((len(name) for name, _ in above), default=0)
    found = [item for name, item in above if len(name) == nearest]
    return found[0] if len(found) == 1 else {}


def _plain(item: Mapping[str, object]) -> str:
    """An item's destination as a broken rule names its field, without the places in arrays."""
    return ".".join(step for step in parse_path(str(item["destination"])) if isinstance(step, str))


def _error_info(destination: str, exception: object, source: object, sense: object) -> Json:
    return {
        "destination": destination,
        "exception": exception,
        "source": source,
        "columnName": destination,
        "sourceType": sense,
    }
