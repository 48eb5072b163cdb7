"""Lambdas end in bounded time, make values of bounded size, and tell why they were stopped."""

import pyarrow as pa
import pytest

from headrace import allowance
from headrace.mapping import compile_mapping
from headrace.mapping.lambda_time import FREE_STEPS, FREE_STEPS_PER_ELEMENT
from headrace.mapping.values import LONGEST_ARRAY

TARGET = pa.schema([("o", pa.int64())])
CUBE = "size(transformArray(l, x -> transformArray(l, y -> transformArray(l, z -> x + y + z))))"


def mapped(source, records, typed=False):
    compiled = compile_mapping([{"sourceType": "EXPRESSION", "source": source, "destination": "o"}], TARGET, 0)
    if typed:
        return compiled.map_table(pa.table({"_row": range(len(records)), "l": [one["l"] for one in records]}))
    return compiled.map_records(range(len(records)), records)


def repeated(times, start, body):
    made = start
    for _ in range(times):
        made = body.replace("E", made)
    return made


@pytest.fixture
def given(monkeypatch):
    """Gives each batch one allowance of so many seconds, and returns it."""

    def give(seconds):
        left = allowance.Allowance(seconds)
        monkeypatch.setattr(allowance, "Allowance", lambda: left)
        return left

    return give


@pytest.mark.parametrize("typed", [False, True])
def test_a_row_whose_lambdas_multiply_is_rejected_and_the_others_go_in(given, typed):
    given(0.5)
    made = mapped(CUBE, [{"l": [1, 2]}, {"l": list(range(300))}, {"l": [1, 2, 3]}], typed)
    assert (made.table["_row"].to_pylist(), made.table["o"].to_pylist()) == ([0, 2], [2, 3])
    [error] = made.errors.to_pylist()
    assert (error["_row"], error["code"], error["column"]) == (1, "MAPPER-3700-400", "o")
    assert f"{CUBE} gives o no value: its lambdas were stopped after" in error["message"]


def test_a_batch_of_such_rows_ends_when_its_time_is_used_up(given):
    left = given(0.05)
    made = mapped(CUBE, [{"l": list(range(100 + n))} for n in range(20)])
    assert (made.errors.num_rows, made.table.num_rows) == (20, 0)
    assert 0 <= left.seconds < 0.05


def test_what_is_in_proportion_to_the_row_is_never_stopped(given):
    given(0.0)
    long = list(range(20 * FREE_STEPS))
    assert mapped("size(filterArray(transformArray(l, x -> x + 1), x -> x > 5))", [{"l": long}]).table["o"].to_pylist()
    side = FREE_STEPS_PER_ELEMENT - 2
    inside = mapped("size(transformArray(l, x -> transformArray(l, y -> x * y)))", [{"l": list(range(side))}])
    assert inside.table["o"].to_pylist() == [side]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (f"size({repeated(40, '[l]', 'transformArray(E, x -> [x, x])')})", f"beyond {LONGEST_ARRAY:,} elements"),
        (f"size({repeated(40, '[l]', 'transformArray(E, x -> join_arrays(x, x))')})", "beyond"),
        (f"size({repeated(40, '[l]', 'transformArray(E, x -> {1: x, 2: x})')})", f"beyond {LONGEST_ARRAY:,} elements"),
    ],
)
def test_what_doubles_is_stopped_before_memory_is_full(given, source, told):
    given(60.0)
    made = mapped(source, [{"l": [1, 2, 3]}])
    assert made.table["o"].to_pylist() == [None]
    assert told in made.warned.to_pylist()[0]["message"]


@pytest.mark.parametrize("source", ["size(join_arrays({0}))", "size(flattenArray([{0}]))"])
def test_an_array_has_a_longest_length(source):
    half = {"l": [0] * (LONGEST_ARRAY // 2)}
    assert mapped(source.format("l, l"), [half]).table["o"].to_pylist() == [LONGEST_ARRAY]
    [warning] = mapped(source.format("l, l, [1]"), [half]).warned.to_pylist()
    assert f"the array grows beyond {LONGEST_ARRAY:,} elements" in warning["message"]


def test_the_reason_of_an_element_is_that_of_the_row():
    [error] = mapped(
        "size(transformArray(l, x -> matches_regex(x, '(a|aa)+')))", [{"l": ["a" * 60 + "!"]}]
    ).errors.to_pylist()
    assert "the regular expression (a|aa)+ was stopped after" in error["message"]
