"""ATTRIBUTE and STATIC mappings: values move, bad ones reject their row, nested columns are built."""

from decimal import Decimal

import pyarrow as pa
import pytest

from headrace.errors import MappingInvalid
from headrace.mapping import compile_mapping

TARGET = pa.schema(
    [
        ("_id", pa.string()),
        (
            "_t",
            pa.struct(
                [("clicks", pa.int64()), ("cost", pa.decimal128(38, 18)), ("who", pa.struct([("a", pa.string())]))]
            ),
        ),
        ("tags", pa.list_(pa.string())),
        ("emails", pa.list_(pa.struct([("address", pa.string()), ("main", pa.bool_())]))),
        ("flag", pa.bool_()),
    ]
)


def attribute(source, destination):
    return {"sourceType": "ATTRIBUTE", "source": source, "destination": destination}


def mapped(items, *records):
    return compile_mapping(items, TARGET, 0).map_records(list(range(len(records))), list(records))


def problems(*items):
    with pytest.raises(MappingInvalid) as raised:
        compile_mapping(items, TARGET, 0)
    return [(one["index"], one["field"], one["code"]) for one in raised.value.facts["problems"]]


def test_the_bad_row_is_rejected_with_its_reason_and_the_others_go_in():
    result = mapped([attribute("e.clicks", "_t.clicks")], {"e": {"clicks": "n/a"}}, {"e": {"clicks": 3}})
    assert result.table["_row"].to_pylist() == [1]
    [error] = result.errors.to_pylist()
    assert error == {
        "_row": 0,
        "family": "conversion",
        "code": "MAPPER-3700-400",
        "message": '"n/a" from e.clicks cannot become long, the type of _t.clicks.',
        "column": "_t.clicks",
        "source": "e.clicks",
        "value": '"n/a"',
        "expected": "long",
        "actual": "string",
    }


def test_the_table_has_the_targets_columns_in_order_and_absent_parents_are_null():
    table = mapped([attribute("e.clicks", "_t.clicks")], {"e": {}}, {}, {"e": {"clicks": None}}).table
    assert table.schema == pa.schema([pa.field("_row", pa.int64(), nullable=False), *TARGET])
    assert table["_t"].to_pylist() == [None, None, None]


def test_a_decimal_keeps_every_digit_and_is_rejected_rather_than_rounded():
    exact = Decimal("1234567890123456.78901")
    result = mapped([attribute("c", "_t.cost")], {"c": exact}, {"c": Decimal("0.1234567890123456789")}, {"c": "1.50"})
    assert [row["cost"] for row in result.table["_t"].to_pylist()] == [exact, Decimal("1.5")]
    assert result.errors["value"].to_pylist() == ["0.1234567890123456789"]


def test_an_integer_beyond_64_bits_is_rejected():
    result = mapped([attribute("c", "_t.clicks")], {"c": 2**63 - 1}, {"c": 2**63}, {"c": Decimal("1E+30")})
    assert result.table.num_rows == 1
    assert result.errors["_row"].to_pylist() == [1, 2]


def test_a_static_text_fills_every_row():
    items = [{"sourceType": "STATIC", "source": "CUSTOMER", "destination": "_id"}]
    assert mapped(items, {}, {}).table["_id"].to_pylist() == ["CUSTOMER", "CUSTOMER"]


@pytest.mark.parametrize(
    ("kind", "source", "destination", "told"),
    [
        ("text/plain", "maybe", "flag", '"maybe" cannot become boolean, the type of flag'),
        ("STATIC", "x", "emails[0].main", '"x" cannot become boolean, the type of emails\\[0\\].main'),
        ("EXPRESSION", "'maybe'", "flag", '"maybe" cannot become boolean'),
        ("EXPRESSION", "iif(a, 'maybe', 'no way')", "flag", '"maybe" cannot become boolean'),
        ("EXPRESSION", "a ? 'maybe' : null", "flag", '"maybe" cannot become boolean'),
    ],
)
def test_a_constant_that_never_fits_is_refused(kind, source, destination, told):
    with pytest.raises(MappingInvalid, match=told):
        mapped([{"sourceType": kind, "source": source, "destination": destination}], {})


@pytest.mark.parametrize("source", ["iif(a, 'maybe', 'no')", "a ?? 'maybe'", "null", "a ? b : 'maybe'"])
def test_one_that_may_give_something_else_is_not(source):
    mapped([{"sourceType": "EXPRESSION", "source": source, "destination": "flag"}], {})


def test_arrays_are_copied_walked_and_filled_by_position():
    record = {"names": ["a", "b"], "mail": [{"to": "x@y"}, {"to": None}, {"to": "z@y", "on": "yes"}]}
    walked = mapped([attribute("mail[*].to", "emails[*].address"), attribute("mail[*].on", "emails[*].main")], record)
    assert walked.table["emails"].to_pylist()[0] == [
        {"address": "x@y", "main": None},
        {"address": None, "main": None},
        {"address": "z@y", "main": True},
    ]
    placed = mapped([attribute("names", "tags"), attribute("mail[2].to", "emails[0].address")], record).table
    assert placed["tags"].to_pylist() == [["a", "b"]]
    assert placed["emails"].to_pylist() == [[{"address": "z@y", "main": None}]]


def test_a_path_through_an_array_without_index_fills_its_one_element():
    items = [attribute("a", "emails.address"), attribute("b", "emails.main"), attribute("a", "tags")]
    table = mapped(items, {"a": "x", "b": "off"}).table
    assert table["emails"].to_pylist() == [[{"address": "x", "main": False}]]
    assert table["tags"].to_pylist() == [["x"]]


def test_an_object_copy_takes_shared_attributes_beside_single_mappings():
    items = [attribute("o", "_t"), attribute("o.name", "_t.who.a")]
    result = mapped(items, {"o": {"clicks": 1, "name": "n", "else": 2, "who": {"a": "not this"}}}, {"o": "text"})
    assert result.table["_t"].to_pylist() == [{"clicks": 1, "cost": None, "who": {"a": "n"}}]
    assert [(e["_row"], e["column"], e["expected"]) for e in result.errors.to_pylist()] == [(1, "_t", "object")]


def test_every_problem_is_listed_at_once():
    found = problems(
        attribute("a", "_t.klicks"),
        attribute("a..b", "_id"),
        attribute("a", "flag.x"),
        {"sourceType": "MAGIC", "source": "a", "destination": "flag"},
        attribute("a", "tags"),
        attribute("b", "tags"),
        attribute("a[*].b", "flag"),
        {"sourceType": "EXPRESSION", "source": "concat(a, b)", "destination": "_t.who"},
        {"sourceType": "EXPRESSION", "source": "concat(a, ", "destination": "_t.clicks"},
    )
    assert found == [
        (0, "destination", "unknown-field"),
        (1, "source", "syntax"),
        (2, "destination", "unknown-field"),
        (3, "sourceType", "source-type"),
        (5, "destination", "duplicate-destination"),
        (6, "source", "type"),
        (7, "source", "type"),
        (8, "source", "syntax"),
    ]


def test_wanted_names_the_source_fields_and_what_they_are_read_for():
    items = [attribute("e.c", "_t.clicks"), attribute("e.c", "_t.cost"), attribute("e.l[0].x", "_id")]
    texts = pa.list_(pa.struct([("x", pa.string())]))
    assert compile_mapping(items, TARGET, 0).wanted == {("e", "c"): pa.string(), ("e", "l"): texts}
    assert compile_mapping(items[1:2], TARGET, 0).wanted == {("e", "c"): pa.decimal128(38, 18)}
    assert compile_mapping(
        [{"sourceType": "EXPRESSION", "source": "e.c + 1", "destination": "_t.clicks"}], TARGET, 0
    ).wanted == {("e", "c"): None}


def test_an_object_copy_wants_the_shared_fields_only():
    assert set(compile_mapping([attribute("o", "_t")], TARGET, 0).wanted) == {
        ("o", "clicks"),
        ("o", "cost"),
        ("o", "who", "a"),
    }


def test_shapes_that_are_not_supported_are_refused():
    schema = pa.schema(
        [("m", pa.map_(pa.string(), pa.string())), ("s", pa.struct([("a", pa.string())])), ("u", pa.uint8())]
    )
    items = [attribute("a", "m[0]"), {"sourceType": "STATIC", "source": "x", "destination": "s"}, attribute("a", "u")]
    with pytest.raises(MappingInvalid) as raised:
        compile_mapping(items, schema, 0)
    assert [one["code"] for one in raised.value.facts["problems"]] == ["type", "type", "unsupported"]


def test_a_part_of_what_is_filled_as_a_whole_is_refused():
    assert problems(attribute("a", "tags"), attribute("b", "tags[0]")) == [(1, "destination", "duplicate-destination")]
    walked = [attribute("a[*].b", "emails[*].address"), attribute("c", "emails[0].main")]
    assert problems(*walked) == [(1, "destination", "duplicate-destination")]
    assert problems(attribute("a", "emails[1001].address")) == [(0, "destination", "unsupported")]


def test_several_chunks_and_no_rows_are_mapped_like_any_other():
    compiled = compile_mapping([attribute("e.c", "_t.clicks")], TARGET, 0)
    chunk = pa.table({"_row": [1, 2], "e": [{"c": "5"}, {"c": "x"}]})
    assert compiled.map_table(pa.concat_tables([chunk, chunk])).table["_row"].to_pylist() == [1, 1]
    empty = compiled.map_table(chunk.slice(0, 0))
    assert (empty.table.num_rows, empty.errors.num_rows, compiled.map_records([], []).table.num_rows) == (0, 0, 0)


def test_a_value_nested_too_deeply_costs_its_row_only():
    deep = 1
    for _ in range(5000):
        deep = [deep]
    result = mapped([attribute("d", "_id")], {"d": deep}, {"d": "fine"})
    assert (result.table["_row"].to_pylist(), result.errors["_row"].to_pylist()) == ([1], [0])


def test_what_does_not_fit_is_shown_whole_though_a_column_holds_a_part_of_it():
    record = {"l": [{"x": "a", "y": 1}, {"x": "b"}]}
    compiled = compile_mapping([attribute("l", "_id"), attribute("l[*].x", "tags")], TARGET, 0)
    part = pa.array([[{"x": "a"}, {"x": "b"}]], pa.list_(pa.struct([("x", pa.string())])))
    table = pa.table({"_row": pa.array([7], pa.int64()), "l": part})
    by_columns = compiled.map_table(table, {7: record}.get).errors.to_pylist()
    assert by_columns == compiled.map_records([7], [record]).errors.to_pylist()
    assert by_columns[0]["value"] == '[{"x":"a","y":1},{"x":"b"}]'
