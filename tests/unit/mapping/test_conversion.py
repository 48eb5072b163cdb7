"""What a value becomes in a destination, by cases as data."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.exact_json import read
from headrace.mapping.conversion import converter, name_of, supports
from headrace.mapping.failure import Failure
from headrace.mapping.values import json_text

# Numbers as a source writes them.
CASES = read((Path(__file__).parents[2] / "cases/mapping/conversions.json").read_bytes())
TYPES = {
    "boolean": pa.bool_(),
    "long": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "decimal(38,18)": pa.decimal128(38, 18),
    "string": pa.string(),
    "date": pa.date32(),
    "date-time": pa.timestamp("us", tz="UTC"),
    "strings": pa.list_(pa.string()),
    "map": pa.map_(pa.string(), pa.string()),
    "object": pa.struct([("a", pa.int64())]),
    "objects": pa.list_(pa.struct([("a", pa.int64())])),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']}-{case['value']!r:.40}")
def test_conversions(case):
    type = TYPES[case["type"]]
    made = converter(type)(case["value"])
    if case.get("fails"):
        assert isinstance(made, Failure)
        assert made.expected and made.actual
        return
    [stored] = pa.array([made], type).to_pylist(maps_as_pydicts="strict")
    if isinstance(stored, Decimal):
        assert stored == Decimal(case["expected"])
    else:
        assert json.loads(json_text(stored)) == json.loads(json_text(case["expected"]))


def test_types_have_the_names_that_users_know():
    assert [name_of(type) for type in TYPES.values()][:8] == list(TYPES)[:8]
    assert (name_of(TYPES["strings"]), name_of(TYPES["map"]), name_of(TYPES["object"])) == (
        "array of string",
        "map",
        "object",
    )


def test_what_cannot_be_filled_is_known():
    assert all(supports(type) for type in TYPES.values())
    assert not supports(pa.struct([("a", pa.list_(pa.uint8()))]))
