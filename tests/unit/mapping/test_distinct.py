"""Equal values are computed once: the combinations that are found, and that the reference is asked once for each."""

import polars as pl
import pyarrow as pa
import pytest

from headrace.mapping import columns, compile_mapping, tables
from headrace.mapping.distinct import combinations
from headrace.mapping.parser import parse_expression
from headrace.mapping.planner import repeats

TARGET = pa.schema([("o", pa.struct([("n", pa.int64()), ("s", pa.string())]))])


@pytest.mark.parametrize(
    ("given", "first", "which"),
    [
        ([pa.array(["a", "b", "a", None, None])], [0, 1, 3], [0, 1, 0, 2, 2]),
        ([pa.array([0.0, -0.0, 0.0])], [0, 1], [0, 1, 0]),
        ([pa.array([1, 1, 2, 2]), pa.array([True, None, True, True])], [0, 1, 2], [0, 1, 2, 2]),
        ([pa.array([["a"], ["a"], [], None])], [0, 2, 3], [0, 0, 1, 2]),
        ([pa.nulls(2), pa.array(["a", "a"])], [0], [0, 0]),
        ([pa.array([], pa.string())], [], []),
    ],
)
def test_combinations(given, first, which):
    found = combinations(given, 9)
    assert (found.first.to_pylist(), found.which.to_pylist()) == (first, which)


def test_more_than_are_worth_it():
    assert combinations([pa.array([1, 2, 3])], 2) is None
    assert combinations([pa.array([1, 1, 2]), pa.array([1, 2, 3])], 2) is None


def asked(source, values, destination="o.n"):
    """How many records the reference was asked for, and what came of it."""
    compiled = compile_mapping([{"sourceType": "EXPRESSION", "source": source, "destination": destination}], TARGET, 0)
    [(names, column)] = compiled.plan.columns.items()
    seen, read = [], column.cell.read
    object.__setattr__(column.cell, "read", lambda record: seen.append(record) or read(record))
    mapped = compiled.map_table(pa.table({"_row": pa.array(range(len(values))), "v": pa.array(values, pa.string())}))
    return len(seen), [row and row[names[1]] for row in mapped.table["o"].to_pylist()], mapped.warnings


def test_once_for_each_value():
    assert asked("instr(v, 'b', 0)", ["ab", "b", "ab", "b", "ab"]) == (2, [1, 0, 1, 0, 1], {})


def test_row_by_row_when_few_repeat():
    assert asked("instr(v, 'b', 0)", ["ab", "b", "cb", "db"]) == (4, [1, 0, 1, 1], {})


def test_a_failure_counts_in_every_row():
    assert asked("instr(v, 'b', v)", ["x", "b", "x", "b", "x", "1"])[2] == {"o.n": 5}


def test_only_declined_rows():
    values = ["1", "2", "3", "x", "4", "x", "x", "5"]
    assert asked("to_integer(v)", values) == (1, [1, 2, 3, None, 4, None, None, 5], {"o.n": 3})


@pytest.mark.parametrize("source", ["concat(v, now())", "instr(v, 'a')", "timestamp()"])
def test_what_repeats(source):
    assert repeats(parse_expression(source))


@pytest.mark.parametrize("source", ["uuid()", "concat(v, guid())", "iif(v == 'a', uuid(), v)"])
def test_what_is_drawn_anew_for_each_row(source):
    assert not repeats(parse_expression(source))
    made = asked(source, ["a", "a", "a"], "o.s")[1]
    assert len(set(made)) == 3


def test_rows_that_are_read_one_by_one_share_their_records(monkeypatch):
    made = []
    monkeypatch.setattr(
        tables,
        "records_from",
        lambda fields, rows, make=tables.records_from: made.append([*fields]) or make(fields, rows),
    )
    items = [
        {"sourceType": "EXPRESSION", "source": "split(v, '-')", "destination": "a"},
        {"sourceType": "EXPRESSION", "source": "split(concat(v, w), '-')", "destination": "b"},
        {"sourceType": "EXPRESSION", "source": "upper(w)", "destination": "c"},
    ]
    texts = pa.list_(pa.string())
    compiled = compile_mapping(items, pa.schema([("a", texts), ("b", texts), ("c", pa.string())]), 0)
    rows = {"_row": pa.array(range(4)), "v": ["a-b", "b", "c", "d"], "w": ["e", "f", "g", "h"]}
    table = compiled.map_table(pa.table(rows)).table
    assert made == [[("v",), ("w",)]]
    assert [table[name].to_pylist()[0] for name in "abc"] == [["a", "b"], ["a", "be"], "E"]


def test_a_form_over_columns_that_fails_costs_time_only(monkeypatch):
    told, made = [], columns.computed

    def failing(read, kept, vectors):
        if any("to_uppercase" in str(one) for one in kept.values()):
            raise pl.exceptions.ComputeError("a value: secret")
        return made(read, kept, vectors)

    monkeypatch.setattr(columns, "computed", failing)
    monkeypatch.setattr(columns.log, "warning", lambda words, *given: told.append(words % given))
    items = [
        {"sourceType": "EXPRESSION", "source": f"{name}(v)", "destination": f"o.{to}"}
        for name, to in (("upper", "s"), ("to_integer", "n"))
    ]
    rows = pa.table({"_row": pa.array(range(4)), "v": ["a", "7", "b", "c"]})
    mapped = compile_mapping(items, TARGET, 0).map_table(rows)
    assert [row["s"] for row in mapped.table["o"].to_pylist()] == ["A", "7", "B", "C"]
    assert told == ["upper(v) goes by the reference: its form over columns failed (ComputeError)"]
