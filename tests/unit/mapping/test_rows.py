"""What becomes of rows, by cases as data: the record, or why it is rejected, and the warnings on the way."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from headrace import mapping, xdm
from headrace.mapping.nulls import without_nulls
from headrace.mapping.values import json_ready

SETS = json.loads((Path(__file__).parents[2] / "cases" / "mapping" / "rows.json").read_text("utf-8"))
ROWS = [(one, row) for one in SETS for row in one["rows"]]


def outcomes(one, mapped):
    """Each row's outcome by its number, and the warnings of all."""
    accepted, broken = xdm.checker(one["schema"]).check(mapped.table)
    made = {
        row.pop("_row"): {"record": json_ready(without_nulls(row, pa.struct(list(accepted.schema))))}
        for row in accepted.to_pylist(maps_as_pydicts="strict")
    }
    for error in [*mapped.errors.to_pylist(), *broken.to_pylist()]:
        told = made.setdefault(error["_row"], {"rejected": []})
        told["rejected"].append([error["code"], error["column"], error["expected"], error["actual"]])
    return made, dict(mapped.warnings)


def expected(row):
    return {"rejected": row["rejected"]} if "rejected" in row else {"record": row["record"]}


def compiled(one):
    return mapping.compile_mapping(one["mappings"], xdm.arrow_schema(one["schema"]), 0)


@pytest.mark.parametrize(("one", "row"), ROWS, ids=[json.dumps(row["data"])[:70] for _, row in ROWS])
def test_a_row_alone_as_a_record_and_as_a_table(one, row):
    made = outcomes(one, compiled(one).map_records([5], [row["data"]]))
    assert made == ({5: expected(row)}, row.get("warnings", {}))
    table = pa.Table.from_pylist([{"_row": 5, **row["data"]}])
    assert outcomes(one, compiled(one).map_table(table)) == made


@pytest.mark.parametrize("one", SETS, ids=lambda one: one["about"])
def test_no_row_changes_another(one):
    made, _ = outcomes(one, compiled(one).map_records(range(len(one["rows"])), [row["data"] for row in one["rows"]]))
    assert made == {n: expected(row) for n, row in enumerate(one["rows"])}
