"""An expression that can never fit its destination is refused when the set is made, not row by row."""

import pyarrow as pa
import pytest

from headrace.mapping.outcomes import fits, outcome
from headrace.mapping.parser import parse_expression

TYPES = {
    "text": pa.string(),
    "long": pa.int64(),
    "money": pa.decimal128(10, 2),
    "flag": pa.bool_(),
    "at": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "texts": pa.list_(pa.string()),
    "object": pa.struct([("a", pa.string())]),
    "objects": pa.list_(pa.struct([("a", pa.string())])),
    "map": pa.map_(pa.string(), pa.string()),
}


@pytest.mark.parametrize(
    ("expression", "kind", "refused"),
    [
        ("upper(a)", "text", "object objects map"),
        ("iif(a, 'x', null)", "text", "object objects map"),
        ("1", "a number", "flag at day object objects map"),
        ("timestamp()", "a number", "flag at day object objects map"),
        ("-a", "a number", "flag at day object objects map"),
        ("a == b", "true or false", "long money at day object objects map"),
        ("now()", "a date-time", "long money flag object objects map"),
        ("split(a, ' ')", "an array", "text long money flag at day object map"),
        ("to_object('a', 1)", "an object", "text long money flag at day texts"),
        ("{'a': 1}", "an object", "text long money flag at day texts"),
        ("a", None, ""),
        ("a + b", None, ""),
        ("null", None, ""),
        ("iif(a, 1, 'x')", None, ""),
        ("a ?? 1", None, ""),
        ("first(a)", None, ""),
        ("nowhere(a)", None, ""),
    ],
)
def test_outcomes(expression, kind, refused):
    assert outcome(parse_expression(expression)) == kind
    assert [name for name, type in TYPES.items() if kind and not fits(kind, type)] == refused.split()
