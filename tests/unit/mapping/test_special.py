"""Values that identify: a UUID for each row, and ids by a derivation of the operator's own."""

import pyarrow as pa
import pytest

from headrace.errors import Invalid
from headrace.mapping import compile_mapping
from headrace.mapping.functions.special import derive_ecids

TARGET = pa.schema([("_id", pa.string())])


def mapped(expression):
    items = [{"sourceType": "EXPRESSION", "source": expression, "destination": "_id"}]
    return compile_mapping(items, TARGET, 0).map_table(pa.table({"_row": [0, 1], "a": ["b", "b"]}))


@pytest.fixture
def derivation():
    yield derive_ecids
    derive_ecids("")


@pytest.mark.parametrize("expression", ["uuid()", "guid()", "concat(a, uuid())"])
def test_each_row_has_a_uuid_of_its_own(expression):
    assert len(set(mapped(expression).table["_id"].to_pylist())) == 2


def test_without_a_derivation_an_ecid_is_null_with_a_warning():
    made = mapped("fpid_to_ecid(a)")
    assert (made.table["_id"].to_pylist(), made.warnings) == ([None, None], {"_id": 2})


def test_a_derivation_is_called_with_the_text(derivation):
    derivation("builtins:ascii")
    assert mapped("fpid_to_ecid(a)").table["_id"].to_pylist() == ["'b'", "'b'"]


def test_a_derivation_that_fails_costs_the_value_and_not_the_run(derivation):
    derivation("builtins:int")
    made = mapped("fpid_to_ecid(a)")
    assert (made.table["_id"].to_pylist(), made.warnings) == ([None, None], {"_id": 2})


@pytest.mark.parametrize("name", ["no.such:module", "builtins:nothing", "builtins", "builtins:__name__"])
def test_a_derivation_that_is_none_is_refused_at_the_start(derivation, name):
    with pytest.raises(Invalid, match="--fpid-to-ecid"):
        derivation(name)
