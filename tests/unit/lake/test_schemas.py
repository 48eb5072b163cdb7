import pyarrow as pa
import pytest

from contracts.lake.factory import REF
from headrace.errors import SchemaIncompatible
from headrace.lake import Lake
from headrace.lake.layout import with_tail
from headrace.lake.schemas import arrow_schema_of, evolve, file_schema, ids_in, ids_of, new_table_schema, partition_spec


def struct(**fields):
    return pa.struct([pa.field(name, kind) for name, kind in fields.items()])


def schema(kind):
    return pa.schema([pa.field("x", kind)])


@pytest.fixture
def lake(tmp_path):
    lake = Lake.open(f"sqlite:///{tmp_path}/headrace.db", tmp_path / "warehouse")
    yield lake
    lake.close()


I32, I64, TEXT = pa.int32(), pa.int64(), pa.string()

EVOLUTIONS = [  # the table's column, the schema's column, what it becomes
    (I32, I64, I64),
    (I64, I32, I64),
    (struct(a=I32), struct(a=I64, b=TEXT), struct(a=I64, b=TEXT)),
    (struct(a=I64, b=TEXT), struct(b=TEXT), struct(a=I64, b=TEXT)),
    (pa.list_(I32), pa.list_(I64), pa.list_(I64)),
    (pa.list_(struct(a=I32)), pa.list_(struct(a=I32, b=I32)), pa.list_(struct(a=I32, b=I32))),
    (pa.map_(TEXT, struct(a=I32)), pa.map_(TEXT, struct(b=TEXT)), pa.map_(TEXT, struct(a=I32, b=TEXT))),
]


@pytest.mark.parametrize(("have", "want", "becomes"), EVOLUTIONS)
def test_a_table_grows_and_widens(lake, have, want, becomes):
    lake.create_table(REF, schema(have))
    before = ids_in(lake.table(REF).schema())
    evolved = evolve(lake.table(REF).transaction(), schema(want))
    assert arrow_schema_of(evolved).field("x").type == becomes
    assert {path: ids_in(evolved)[path] for path in before} == before
    assert len(set(ids_in(evolved).values())) == len(ids_in(evolved))


CONFLICTS = [
    (TEXT, I64, "x"),
    (I64, pa.float64(), "x"),
    (pa.decimal128(9, 2), pa.decimal128(18, 2), "x"),
    (struct(a=I64), struct(a=TEXT), r"x\.a"),
    (pa.list_(I64), pa.list_(TEXT), r"x\.element"),
    (pa.map_(TEXT, I64), pa.map_(TEXT, TEXT), r"x\.value"),
    (struct(a=I64), pa.list_(I64), "x"),
]


@pytest.mark.parametrize(("have", "want", "column"), CONFLICTS)
def test_an_impossible_change_names_its_column(lake, have, want, column):
    lake.create_table(REF, schema(have))
    with pytest.raises(SchemaIncompatible, match=f"'{column}'"):
        evolve(lake.table(REF).transaction(), schema(want))


def test_a_type_that_no_table_holds_names_its_column():
    with pytest.raises(SchemaIncompatible, match=r"'x\.a'"):
        new_table_schema(schema(struct(a=pa.uint64())))


def test_every_column_is_optional_and_the_day_is_partitioned_by_month():
    table = new_table_schema(schema(struct(a=I64)))
    assert not any(field.required for field in table.fields)
    (field,) = partition_spec(table).fields
    assert (field.source_id, str(field.transform)) == (table.find_field("_headrace.day").field_id, "month")


@pytest.mark.parametrize("kind", [I64, struct(a=TEXT), pa.list_(struct(a=TEXT)), pa.map_(TEXT, pa.list_(I64))])
def test_a_file_declares_the_tables_field_ids(kind):
    table = new_table_schema(schema(kind))
    declared = file_schema(with_tail(schema(kind)), table)
    assert ids_of(declared) == {path: ids_in(table)[path] for path in ids_of(declared)}
    assert declared.field("x").type == kind
