"""Tables and records mean the same: hypothesis looks for a row on which the two back ends differ."""

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from headrace.mapping import columns as mapping_columns
from headrace.mapping import compile_mapping
from headrace.mapping.columns import ExpressionColumn, all_of_table
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.date_parts import PARTS
from headrace.mapping.methods import METHODS
from headrace.mapping.nodes import Binary, Call, Method, Unary, children
from headrace.mapping.operators import OPERATORS
from headrace.mapping.tables import column_at
from headrace.mapping.vectors import computed, kind_of

pytestmark = pytest.mark.slow

TYPES = {
    "long": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "text": pa.string(),
    "flag": pa.bool_(),
    "day": pa.date32(),
    "moment": pa.timestamp("us", tz="UTC"),
    "money": pa.decimal128(38, 18),
    "small": pa.decimal128(5, 2),
    "texts": pa.list_(pa.string()),
}
TARGET = pa.schema([("o", pa.struct(list(TYPES.items())))])
TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["12", "-7", "+7", "1.50", "1e3", "00012", " 12", "9" * 18, "9" * 19, "0.0000000000000000001", "-0", "n/a", ""]
    ),
    st.sampled_from(["yes", "Yes", "FALSE", "1", "ß", "İ", "\u2003a ", " a\t", "2022-02-28", "2022-02-30", "2022-2-8"]),
    st.sampled_from(["2022-08-10T05:00:00Z", "2022-08-10T05:00:00.123456Z", "2022-08-10T25:00:00Z"]),
    st.sampled_from(["2022-08-10T05:00:60Z", "2022-08-10", "0000-01-01", "08-10-2022", "9999-12-31", "0999-01-01"]),
)
LONGS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-3, 3), st.sampled_from([2**31, 2**53 + 1, 2**62]))
DOUBLES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, -0.0, 5.0, 0.1, 1e300, 2.0**63, -(2.0**63)])
)
COLUMNS = {
    "s": (pa.string(), TEXTS),
    "t": (pa.string(), TEXTS),
    "n": (pa.int64(), LONGS),
    "m": (pa.int64(), LONGS),
    "x": (pa.float64(), DOUBLES),
    "y": (pa.float64(), DOUBLES),
    "b": (pa.bool_(), st.booleans()),
    "c": (pa.bool_(), st.booleans()),
    "z": (pa.null(), st.none()),
}
RECORDS = st.lists(
    st.fixed_dictionaries({name: st.one_of(st.none(), values) for name, (_, values) in COLUMNS.items()}),
    min_size=1,
    max_size=30,
)


# As many times the examples, and others each time: `make explore`.
TIMES = int(os.environ.get("HEADRACE_EXAMPLES", "1"))


def examples(number):
    # Examples are small already; shrinking them takes longer than reading them.
    phases = (Phase.explicit, Phase.generate)
    return settings(max_examples=number * TIMES, derandomize=TIMES == 1, phases=phases)


CASES = Path(__file__).parents[2] / "cases" / "mapping"
NOW = 1_660_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BATCH = compile_mapping(
    [
        {"sourceType": "ATTRIBUTE", "source": "e.s", "destination": "o.long"},
        {"sourceType": "ATTRIBUTE", "source": "e.n", "destination": "o.text"},
        {"sourceType": "ATTRIBUTE", "source": "e.n", "destination": "o.int"},
        {"sourceType": "EXPRESSION", "source": "e.n / e.m", "destination": "o.double"},
        {"sourceType": "STATIC", "source": "yes", "destination": "o.flag"},
        {"sourceType": "EXPRESSION", "source": "to_array(false, e.s, e.t)", "destination": "o.texts"},
    ],
    TARGET,
    NOW,
)


def table_of(records):
    fields = [pa.field(name, type) for name, (type, _) in COLUMNS.items()]
    element = pa.array([None if record is None else record for record in records], pa.struct(fields))
    return pa.table({"_row": pa.array(range(10, 10 + len(records)), pa.int64()), "e": element})


def columns_of(cases):
    """The column that each (kind, source, destination) compiles to."""
    compiled = (
        compile_mapping([{"sourceType": kind, "source": source, "destination": f"o.{destination}"}], TARGET, NOW)
        for kind, source, destination in cases
    )
    return [column for one in compiled for column in one.plan.columns.values()]


def assert_columns_agree(columns, records):
    table, wrapped = table_of(records), [{"e": record} for record in records]
    made = all_of_table(dict(enumerate(columns)), table)
    for column, one in zip(columns, made.values(), strict=True):
        other = column.of_records(wrapped)
        case = column.type, column.cell.source
        # By their spelling: -0.0 is not 0.0.
        assert repr(one.array.to_pylist()) == repr(other.array.to_pylist()), case
        assert one.array.type == other.array.type, case
        assert [(r.position, r.failure) for r in one.faults.rejects] == [
            (r.position, r.failure) for r in other.faults.rejects
        ], case
        assert one.faults.warnings == other.faults.warnings, case


ATTRIBUTES = columns_of([("ATTRIBUTE", f"e.{name}", type) for name in COLUMNS for type in TYPES])


@examples(40)
@given(records=RECORDS)
def test_attributes(records):
    assert_columns_agree(ATTRIBUTES, records)


# Each is claimed by the vectorised back end for the columns it reads: destination -> expressions.
VECTORISED = json.loads((CASES / "over_columns.json").read_text("utf-8"))
EXPRESSIONS = columns_of([("EXPRESSION", text, to) for to, texts in VECTORISED.items() for text in texts])


@examples(40)
@given(records=RECORDS)
def test_expressions(records):
    assert_columns_agree(EXPRESSIONS, records)


@pytest.mark.parametrize("column", EXPRESSIONS, ids=lambda column: column.cell.source)
def test_what_is_claimed_is_vectorised(column):
    assert isinstance(column, ExpressionColumn)
    assert (
        column.why_not_vectorised({names: kind_of(column_at(table_of([{}]), names)) for names in column.wanted}) is None
    )


def test_whatever_has_a_form_over_columns_is_among_these():
    trees = [column.node for column in [*EXPRESSIONS, *MOMENTS]]
    used = {use for tree in trees for use in uses_in(tree)}
    functions = {(Call, name) for name, function in FUNCTIONS.items() if function.columns or function.element}
    aliases = {(Call, alias) for function in FUNCTIONS.values() for alias in function.aliases}
    methods = {(Method, name) for name, method in METHODS.items() if method.columns}
    operators = {((Unary, Binary)[op.operands - 1], op.symbol) for op in OPERATORS if op.columns}
    assert functions - aliases | methods | operators <= used


def uses_in(node):
    """The functions, methods and operators of a tree."""
    if isinstance(node, Call):
        yield Call, FUNCTIONS[node.name].name
    elif isinstance(node, Method):
        yield Method, node.name
    elif isinstance(node, Unary | Binary):
        yield type(node), node.operator
    for child in children(node):
        yield from uses_in(child)


@examples(60)
@given(records=RECORDS)
def test_whole_batches(records):
    table = BATCH.map_table(table_of(records))
    reference = BATCH.map_records(range(10, 10 + len(records)), [{"e": record} for record in records])
    assert table.table.equals(reference.table)
    assert table.errors.equals(reference.errors)
    assert table.warnings == reference.warnings
    table.table.validate(full=True)


# By the reference: once for each combination of what they read, when every row is there several times.
BY_REFERENCE = columns_of(
    [
        ("EXPRESSION", "instr(e.s, e.t)", "long"),
        ("EXPRESSION", "e.n + (timestamp() - 5)", "text"),
        ("EXPRESSION", "lpad(e.s, 9, e.t)", "text"),
        ("EXPRESSION", "e.x % e.y", "text"),
        ("EXPRESSION", "e.s ? e.b : e.z", "flag"),
        ("EXPRESSION", "split(e.s, '-')", "texts"),
        ("EXPRESSION", "to_array(false, e.x, e.n, e.b)", "texts"),
        ("ATTRIBUTE", "e.s", "texts"),
    ]
)


@examples(60)
@given(records=RECORDS, times=st.integers(1, 4))
def test_rows_that_repeat(records, times):
    assert_columns_agree(BY_REFERENCE, records * times)


FEW = columns_of(
    [("EXPRESSION", text, to) for to, texts in VECTORISED.items() for text in texts[:12]]
    + [("EXPRESSION", "upper(e.s)", "text"), ("ATTRIBUTE", "e.n", "long"), ("STATIC", "7", "int")]
)


@examples(40)
@given(records=RECORDS)
def test_a_few_rows_are_read_as_records_and_mean_the_same(records):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapping_columns, "FEW_ROWS", 30)
        patch.setattr(mapping_columns, "computed", None)
        assert_columns_agree(FEW, records)


def test_good_rows_are_not_declined():
    table = table_of([{"s": "2022-08-10", "t": "a", "n": 7, "m": 2, "x": 0.5, "b": True}])
    for source in ("date(concat(2022, '/', e.n, '/', e.m), 'yyyy/M/d')", "date(e.s)", "e.n / e.m", "upper(e.t)"):
        [column] = columns_of([("EXPRESSION", source, "text")])
        fields = {names: (str(names), kind_of(column_at(table, names))) for names in column.wanted}
        kept: dict[str, pl.Expr] = {}
        made = column.vectorised(fields, kept)
        read = pl.DataFrame({str(names): pl.from_arrow(column_at(table, names)) for names in column.wanted})
        assert computed(read, kept, {0: made})["declined0"].to_list() == [False]


def test_a_decimal_column_means_the_same_in_both():
    items = [
        {"sourceType": "ATTRIBUTE", "source": "cost", "destination": "o.money"},
        {"sourceType": "EXPRESSION", "source": "cost * 3", "destination": "o.small"},
    ]
    compiled = compile_mapping(items, TARGET, 0)
    costs = [Decimal("1.50"), 3, Decimal("123456789012.123456789"), None]
    typed = pa.table({"_row": range(4), "cost": pa.array(costs, pa.decimal128(38, 18))})
    table, reference = compiled.map_table(typed), compiled.map_records(range(4), [{"cost": cost} for cost in costs])
    assert table.table.equals(reference.table)
    assert (table.warnings, table.errors) == (reference.warnings, reference.errors)


EPOCHS = st.one_of(st.integers(-30_610_224_000_000, 253_402_300_799_999), st.integers(-(10**15), 10**15), st.none())


@examples(40)
@given(epochs=st.lists(EPOCHS, min_size=1, max_size=30))
def test_moments_are_written_and_taken_apart_alike(epochs):
    texts = [
        None if one is None else (EPOCH + timedelta(milliseconds=one % 10**14)).date().isoformat() for one in epochs
    ]
    for column in MOMENTS:
        table = pa.table(
            {"_row": range(len(epochs)), "n": pa.array(epochs, pa.int64()), "s": pa.array(texts, pa.string())}
        )
        one, other = (
            all_of_table({("o",): column}, table)["o",],
            column.of_records([{"n": n, "s": s} for n, s in zip(epochs, texts, strict=True)]),
        )
        assert one.array.to_pylist() == other.array.to_pylist(), column.cell.source
        assert one.faults.warnings == other.faults.warnings, column.cell.source


MONEY = st.one_of(st.none(), st.decimals("-1e10", "1e10", places=3), st.integers(-(10**4), 10**4).map(Decimal))


@examples(60)
@given(values=st.lists(MONEY, min_size=1, max_size=10), scale=st.sampled_from([3, 18]))
def test_decimal_columns(values, scale):
    table = pa.table({"_row": range(len(values)), "c": pa.array(values, pa.decimal128(38, scale))})
    for column in DECIMALS:
        one, other = all_of_table({(): column}, table)[()], column.of_records([{"c": value} for value in values])
        assert one.array.equals(other.array), column.type
        assert [r.failure for r in one.faults.rejects] == [r.failure for r in other.faults.rejects], column.type


DECIMALS = [
    column
    for sense in ("ATTRIBUTE", "EXPRESSION")
    for destination in ("money", "small")
    for column in compile_mapping(
        [{"sourceType": sense, "source": "c", "destination": f"o.{destination}"}], TARGET, NOW
    ).plan.columns.values()
]

MOMENTS = [
    column
    for source, to in [
        ("dformat(n, 'yyyy yy MMMM MMM MM M dd d DDD D EEEE EEE E u YYYY ww')", "text"),
        ("dformat(n, 'HH H hh h mm m ss s SSS a z Z X VV')", "text"),
        ("format(date(s), 'yyyy-MM-dd DDD YYYY ww u EEE')", "text"),
        *((f"date_part('{part}', date(s))", "long") for part in PARTS),
    ]
    for column in compile_mapping(
        [{"sourceType": "EXPRESSION", "source": source, "destination": f"o.{to}"}], TARGET, NOW
    ).plan.columns.values()
]


ATOMS = st.sampled_from(
    [
        "a",
        "1",
        " ",
        "-",
        "é",
        "[^,]",
        "[a-c1]",
        r"[^\d]",
        r"\w",
        r"\d",
        r"\s",
        r"\.",
        "[-a]",
        "[0-9-]",
        "[.]",
        "#",
        "(a)",
        "(?:1)",
    ]
)
SUFFIXES = st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{1,}", "{0,2}", "??", "+?"])
PATTERNS = st.lists(st.tuples(ATOMS, SUFFIXES).map("".join), min_size=1, max_size=5).map("".join)
LETTERS = st.lists(st.text("a1 b-,.#é_İ٣\u2003\n\U0001f600", max_size=8), min_size=1, max_size=20)


@examples(200)
@given(pattern=st.one_of(PATTERNS, PATTERNS.map("^{}".format)), texts=LETTERS)
def test_regular_expressions(pattern, texts):
    """Each pattern means in Rust what it means in Java, or is left to the reference."""
    quoted = pattern.replace("\\", "\\\\")
    sources = [
        ("flag", f"matches_regex(e.s, '{quoted}')"),
        ("text", f"extract_regex(e.s, '{quoted}')[0]"),
        ("text", f"extract_regex(e.s, '{quoted}')[1]"),
        ("text", f"e.s.replaceAll('{quoted}', '<>')"),
        ("text", f"e.s.replaceFirst('{quoted}', '')"),
    ]
    assert_columns_agree(columns_of([("EXPRESSION", source, to) for to, source in sources]), [{"s": t} for t in texts])
