"""Where a path leads: into what a record has, or into a value that has no such step."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.mapping import compile_mapping, preview
from headrace.mapping.paths import format_path, parse_path
from headrace.mapping.steps import Source, paths_read, present, stray

RECORD = {
    "row": {"o": {"a": 1, "z": None}, "l": [{"n": 1}, {"m": 2}, 7], "t": "x", "n": 5, "b": True, "e": [], "u": None}
}
STRAYS = {
    "row.o.a": None, "row.o.q": None, "row.u.a.b": None, "row.q.a": None, "row.l[0].n": None, "row.l[9].n": None,
    "row.u[0]": None, "row.e[*].n": None, "row.o.z.x": None,
    "row.t.a": ("row.t", "a text", "object"), "row.n.a.b": ("row.n", "a number", "object"),
    "row.b.a": ("row.b", "true or false", "object"), "row.l.n": ("row.l", "an array", "object"),
    "row.t[0]": ("row.t", "a text", "array"), "row.o[*].a": ("row.o", "an object", "array"),
    "row.l[2].n": ("row.l[2]", "a number", "object"), "row.l[*].n": ("row.l[*]", "a number", "object"),
}  # fmt: skip


@pytest.mark.parametrize("text", STRAYS)
def test_a_path_strays_into_what_has_no_such_step(text):
    away, expected = stray(RECORD, parse_path(text)), STRAYS[text]
    if expected is None:
        assert away is None
    else:
        at, kind, wanted = expected
        assert away.reason(Source(parse_path(text), "d")) == f"{text} gives no value: {at} is {kind}, not an {wanted}."


PRESENT = ["row", "row.o", "row.o.a", "row.o.z", "row.u", "row.l[1].m", "row.l[*].n", "row.l[*].m", "row.e"]
ABSENT = ["Row", "row.o.q", "row.u.a", "row.l[9]", "row.l[*].q", "row.e[*].n", "row.t.a", "row.o.z.x"]


@pytest.mark.parametrize("text", PRESENT + ABSENT)
def test_a_record_has_what_a_path_leads_to_if_only_a_null(text):
    assert present(RECORD, parse_path(text)) is (text in PRESENT)


@settings(max_examples=100)
@given(st.lists(st.text(alphabet="a.[]${}\\ *'0", min_size=1) | st.integers(0, 99) | st.none(), min_size=1))
def test_a_path_that_is_written_is_read_back(steps):
    path = ("first", *steps)
    assert parse_path(format_path(path)) == path


ITEMS = [
    {"sourceType": "ATTRIBUTE", "source": "row.o.a", "destination": "a"},
    {"sourceType": "EXPRESSION", "source": "concat(row.t, row.x)", "destination": "b"},
    {"sourceType": "STATIC", "source": "s", "destination": "c"},
    {"source": "row.o.a", "destination": "d"},
]
TARGET = pa.schema([(name, pa.string()) for name in "abcd"])
RECORDS = [{"row": {"o": {"a": "1"}, "t": "u"}}, {"row": {"o": [1], "t": None}}, {"row": {"o": "x"}}, {"row": {"o": 7}}]


def test_strays_are_counted_by_path_and_shown_and_what_is_nowhere_is_missing():
    compiled = compile_mapping(ITEMS, TARGET, 0)
    assert [source.text for source in compiled.sources] == ["row.o.a", "row.t", "row.x"]
    assert paths_read(ITEMS) == [source.path for source in compiled.sources]
    mapped = compiled.map_records([3, 5, 7, 9], RECORDS)
    assert (mapped.strayed, mapped.present) == ({"row.o.a": 3}, {"row.o.a", "row.t"})
    assert mapped.table.num_rows == 4 and not mapped.warnings
    shown = [(one["_row"], one["column"], one["source"], one["actual"]) for one in mapped.warned.to_pylist()]
    assert shown == [(5, "a", "row.o.a", "array"), (7, "a", "row.o.a", "string"), (9, "a", "row.o.a", "integer")]


def test_columns_tell_who_has_a_value():
    compiled = compile_mapping(ITEMS, TARGET, 0)
    row = pa.array([{"o": {"a": None}, "t": "x"}, {"o": {"a": None}, "t": None}])
    assert compiled.map_table(pa.table({"_row": [0, 1], "row": row})).present == {"row.t"}


def test_a_preview_warns():
    first, second, *_ = preview(ITEMS, TARGET, RECORDS, 0)
    assert first["warnings"] == [{"field": "row.x", "message": "row.x is found in no record."}]
    message = "row.o.a gives no value: row.o is an array, not an object."
    assert second["warnings"] == [{"field": "row.o.a", "message": message}] and second["errors"] is None
    assert "warnings" not in preview(ITEMS, TARGET, {"row": {"o": {"a": 1}, "t": "t", "x": None}}, 0)
