"""A mapping set tried on sample records: what the preview answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from headrace.mapping.mapping_set import compile_mapping
from headrace.mapping.values import json_ready, plain_numbers


@dataclass(frozen=True, slots=True)
class Previewed:
    """What one sample record became.

    data      the mapped record as JSON; nulls are left out; empty when the row would be rejected
    errors    one for each value that rejects the row: destination, source, sourceType, columnName, exception
    warnings  destination -> count of values that became null
    """

    data: dict[str, object]
    errors: list[dict[str, object]]
    warnings: Mapping[str, int]


def preview(items: Sequence[Mapping[str, object]], target: pa.Schema, data: object, now: int) -> Previewed:
    """Maps one sample record; MappingInvalid when the items themselves are wrong."""
    mapped = compile_mapping(items, target, now).map_records([0], [data])
    kinds = {str(item.get("destination")): item.get("sourceType") or "ATTRIBUTE" for item in items}
    errors: list[dict[str, object]] = [
        {
            "destination": error["column"],
            "exception": error["message"],
            "source": error["source"],
            "columnName": error["column"],
            "sourceType": kinds.get(error["column"], "ATTRIBUTE"),
        }
        for error in mapped.errors.to_pylist()
    ]
    rows = mapped.table.drop_columns(["_row"]).to_pylist(maps_as_pydicts="strict")
    made = json_ready(plain_numbers(without_nulls(rows[0]))) if rows else {}
    assert isinstance(made, dict)
    return Previewed(made, errors, mapped.warnings)


def without_nulls(value: object) -> object:
    """``value`` with the null members of its objects left out; an array keeps its nulls, for their positions."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value
