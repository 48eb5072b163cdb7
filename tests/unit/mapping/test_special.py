"""Values that identify: a UUID for each row, and ids by a derivation of the operator's own."""

import pyarrow as pa
import pytest

from headrace.errors import Invalid
from headrace.mapping import compile_mapping, preview
from headrace.mapping.derivations import NO_DERIVATIONS, load_derivations
from headrace.mapping.expressions import fault_of

TARGET = pa.schema([("_id", pa.string())])


def items(expression):
    return [{"sourceType": "EXPRESSION", "source": expression, "destination": "_id"}]


def mapped(expression, derivations=NO_DERIVATIONS):
    table = pa.table({"_row": [0, 1], "a": ["b", "b"]})
    return compile_mapping(items(expression), TARGET, 0, derivations).map_table(table)


@pytest.mark.parametrize("expression", ["uuid()", "guid()", "concat(a, uuid())"])
def test_each_row_has_a_uuid_of_its_own(expression):
    assert len(set(mapped(expression).table["_id"].to_pylist())) == 2


def test_without_a_derivation_an_ecid_is_null_with_a_warning():
    answer = mapped("fpid_to_ecid(a)")
    assert (answer.table["_id"].to_pylist(), answer.warnings) == ([None, None], {"_id": 2})


def test_a_derivation_is_called_with_the_text():
    derivations = load_derivations("builtins:ascii")
    assert mapped("fpid_to_ecid(a)", derivations).table["_id"].to_pylist() == ["'b'", "'b'"]
    assert preview(items("fpid_to_ecid(a)"), TARGET, {"a": "b"}, 0, derivations=derivations)["data"] == {"_id": "'b'"}


def test_a_derivation_that_fails_costs_the_value_and_not_the_run():
    answer = mapped("fpid_to_ecid(a)", load_derivations("builtins:int"))
    assert (answer.table["_id"].to_pylist(), answer.warnings) == ([None, None], {"_id": 2})


def test_no_derivation_is_needed_to_check_a_mapping():
    assert fault_of('fpid_to_ecid("b")') is None


def test_two_mappings_each_have_their_own():
    mappings = [
        compile_mapping(items("fpid_to_ecid(a)"), TARGET, 0, load_derivations(name))
        for name in ("builtins:ascii", "builtins:len")
    ]
    ids = [mapping.map_records([0], [{"a": "b"}]).table["_id"].to_pylist() for mapping in mappings]
    assert ids == [["'b'"], ["1"]]


@pytest.mark.parametrize("name", ["no.such:module", "builtins:nothing", "builtins", "builtins:__name__"])
def test_a_derivation_that_is_none_is_refused_at_the_start(name):
    with pytest.raises(Invalid, match="--fpid-to-ecid"):
        load_derivations(name)
