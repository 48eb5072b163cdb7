"""A mapping set tried on sample records: what the preview answers."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from headrace.mapping.allowance import batch_allowance
from headrace.mapping.cells import Cell
from headrace.mapping.columns import ExpressionColumn, ListColumn
from headrace.mapping.failure import Failure
from headrace.mapping.mapping_set import CompiledMapping, compile_mapping
from headrace.mapping.paths import parse_path
from headrace.mapping.values import json_ready, json_text, plain_numbers

Json = dict[str, object]


def preview(
    items: Sequence[Mapping[str, object]], target: pa.Schema, data: object, now: int, *, nulls: bool = False
) -> Json | list[Json]:
    """What the items make of sample records: ``{"data", "errors"}`` for one, an array of these for an array.

    ``data`` leaves nulls out (``nulls``: keeps those of the destinations), and is empty where the row would be
    rejected; ``errors`` is null, or says why, and which expressions failed and left a null.
    MappingInvalid when the items themselves are wrong.
    """
    records = data if isinstance(data, list) else [data]
    compiled = compile_mapping(items, target, now)
    with batch_allowance():
        mapped = compiled.map_records(range(len(records)), records)
        failed = list(_failed_expressions(compiled, records))
    answers = [Json(data={}, errors=None) for _ in records]
    for row in mapped.table.to_pylist(maps_as_pydicts="strict"):
        answer = answers[row.pop("_row")]
        made = json_ready(plain_numbers(without_nulls(row)))
        answer["data"] = _with_nulls(made, items) if nulls else made
    told: list[list[Json]] = [[] for _ in records]
    senses = {str(item.get("destination")): item.get("sourceType") or "ATTRIBUTE" for item in items}
    for error in mapped.errors.to_pylist():
        told[error["_row"]].append(_error_info(error["column"], error["source"], error["message"], senses))
    for position, cell, failure in failed:
        told[position].append(_error_info(cell.destination, cell.source, _reason(cell, failure), senses))
    for answer, errors in zip(answers, told, strict=True):
        answer["errors"] = errors or None
    return answers if isinstance(data, list) else answers[0]


def without_nulls(value: object) -> object:
    """``value`` with the null members of its objects left out; an array keeps its nulls, for their positions."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def _with_nulls(record: object, items: Sequence[Mapping[str, object]]) -> object:
    """``record`` with a null at each destination, outside of arrays, that has no value."""
    for item in items:
        *parents, last = parse_path(str(item["destination"]))
        inner = record
        for step in parents:
            inner = inner.setdefault(step, {}) if isinstance(inner, dict) and isinstance(step, str) else None
        if isinstance(inner, dict) and isinstance(last, str):
            inner.setdefault(last, None)
    return record


def _failed_expressions(compiled: CompiledMapping, records: Sequence[object]) -> Iterator[tuple[int, Cell, Failure]]:
    for cell in _cells(compiled):
        if cell.lenient:
            for position, record in enumerate(records):
                if isinstance(failure := cell.of(record), Failure):
                    yield position, cell, failure


def _cells(compiled: CompiledMapping) -> Iterator[Cell]:
    for column in compiled.plan.columns.values():
        if isinstance(column, ListColumn):
            yield from (cell for cell, _ in column.entries)
        elif isinstance(column, ExpressionColumn):
            yield column.cell


def _reason(cell: Cell, failure: Failure) -> str:
    if failure.expected is None:
        return f"{cell.source} failed and left {cell.destination} null: {failure.reason}."
    reason = f": {failure.reason}" if failure.reason else ""
    value = f"{json_text(failure.value)} from {cell.source}"
    return f"{value} cannot become {failure.expected}, the type of {cell.destination}, which is null{reason}."


def _error_info(destination: str, source: object, message: object, senses: Mapping[str, object]) -> Json:
    return {
        "destination": destination,
        "exception": message,
        "source": source,
        "columnName": destination,
        "sourceType": senses.get(destination, "ATTRIBUTE"),
    }
