"""A mapping set tried on sample records: what the preview answers."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from headrace.mapping.mapping_set import compile_mapping
from headrace.mapping.values import json_ready, plain_numbers

Json = dict[str, object]


def preview(items: Sequence[Mapping[str, object]], target: pa.Schema, data: object, now: int) -> Json | list[Json]:
    """What the items make of sample records: ``{"data", "errors"}`` for one, an array of these for an array.

    ``data`` leaves nulls out, and is empty where the row would be rejected; ``errors`` is null or says why.
    MappingInvalid when the items themselves are wrong.
    """
    records = data if isinstance(data, list) else [data]
    mapped = compile_mapping(items, target, now).map_records(range(len(records)), records)
    senses = {str(item.get("destination")): item.get("sourceType") or "ATTRIBUTE" for item in items}
    answers: list[Json] = [{"data": {}, "errors": None} for _ in records]
    for row in mapped.table.to_pylist(maps_as_pydicts="strict"):
        answer = answers[row.pop("_row")]
        answer["data"] = json_ready(plain_numbers(_without_nulls(row)))
    for error in mapped.errors.to_pylist():
        answer = answers[error["_row"]]
        told = answer["errors"] or []
        assert isinstance(told, list)
        answer["errors"] = [*told, _error_info(error, senses)]
    return answers if isinstance(data, list) else answers[0]


def _error_info(error: Mapping[str, object], senses: Mapping[str, object]) -> Json:
    column = str(error["column"])
    return {
        "destination": column,
        "exception": error["message"],
        "source": error["source"],
        "columnName": column,
        "sourceType": senses.get(column, "ATTRIBUTE"),
    }


def _without_nulls(value: object) -> object:
    """``value`` with the null members of its objects left out; an array keeps its nulls, for their positions."""
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
