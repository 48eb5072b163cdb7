"""A mapping set tried on sample records: what the preview answers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from headrace.allowance import batch_allowance
from headrace.mapping.cells import Cell
from headrace.mapping.checker import ATTRIBUTE
from headrace.mapping.derivations import NO_DERIVATIONS, Derivations
from headrace.mapping.failure import Failure
from headrace.mapping.mapping_set import CompiledMapping, compile_mapping
from headrace.mapping.nulls import add_nulls, without_nulls
from headrace.mapping.paths import parse_path
from headrace.mapping.steps import stray
from headrace.mapping.values import json_ready, json_text, with_short_decimals
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
    derivations: Derivations = NO_DERIVATIONS,
    check: Check = lambda table: (table, ROW_ERRORS.empty_table()),
    nulls: bool = False,
) -> Json | list[Json]:
    """What the items make of sample records: ``{"data", "errors"}`` for one, an array of these for an array.

    ``check`` splits mapped rows into those that a run would accept and the ROW_ERRORS of the others.
    ``data`` leaves nulls out (``nulls``: keeps those of the destinations), and is empty where the row would be
    rejected; ``errors`` is null, or says why, and which expressions failed and left a null. ``warnings``, only where
    there are any, says what a path steps into; that of the first record, too, which paths no record has.
    MappingInvalid when the items themselves are wrong.
    """
    records = data if isinstance(data, list) else [data]
    compiled = compile_mapping(items, target, now, derivations)
    with batch_allowance():
        mapped = compiled.map_records(range(len(records)), records)
        failed = list(_failed_expressions(compiled, records))
    accepted, broken = check(mapped.table)
    answers = [Json(data={}, errors=None) for _ in records]
    for row in accepted.to_pylist(maps_as_pydicts="strict"):
        position = row.pop("_row")
        made = json_ready(with_short_decimals(without_nulls(row, pa.struct(list(target)), keep_in_maps=nulls)))
        if nulls:
            add_nulls(made, compiled, records[position])
        answers[position]["data"] = made
    told: dict[int, list[Json]] = {}
    senses = {cell.destination: items[cell.index].get("sourceType") or ATTRIBUTE for cell in compiled.plan.cells}
    for position, error in (*_of_cells(mapped.errors, failed, senses), *_of_rules(broken, items)):
        told.setdefault(position, []).append(error)
    for position, errors in told.items():
        answers[position]["errors"] = errors
    for position, record in enumerate(records):
        if warnings := _strays(compiled, record) + (_nowhere(compiled, mapped.present) if not position else []):
            answers[position]["warnings"] = warnings
    return answers if isinstance(data, list) else answers[0]


def _strays(compiled: CompiledMapping, record: object) -> list[Json]:
    strays = ((source, stray(record, source.path)) for source in compiled.sources)
    return [Json(field=source.text, message=away.reason(source)) for source, away in strays if away is not None]


def _nowhere(compiled: CompiledMapping, present: frozenset[str]) -> list[Json]:
    """The paths that no record has."""
    absent = [source.text for source in compiled.sources if source.text not in present]
    return [Json(field=text, message=f"{text} is found in no record.") for text in absent]


def _failed_expressions(compiled: CompiledMapping, records: Sequence[object]) -> Iterator[tuple[int, Cell, Failure]]:
    for cell in compiled.plan.cells:
        if cell.lenient:
            for position, record in enumerate(records):
                # One that rejects the row is among its errors.
                if isinstance(failure := cell.of(record), Failure) and not failure.rejects:
                    yield position, cell, failure


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
