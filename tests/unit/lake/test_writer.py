from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts.lake.factory import AT, REF, SCHEMA, aug, days, rows
from headrace.errors import FileTaken
from headrace.lake import Change, Lake, Stamp, TableRef, writer
from headrace.lake.changes import Append

STAMP = Stamp("B1", "flow", "flow/a", 0, 1, AT, AT)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    return tmp_path_factory.mktemp("lake") / "warehouse"


@pytest.fixture(scope="module")
def lake(warehouse):
    lake = Lake.open(f"sqlite:///{warehouse.parent}/headrace.db", warehouse)
    yield lake
    lake.close()


@pytest.fixture
def ref(lake, request):
    ref = TableRef("org", "prod", request.node.name)
    lake.create_table(ref, SCHEMA)
    yield ref
    lake.drop_table(ref)


def test_each_month_has_a_file_of_its_own(lake, ref):
    with lake.writer(ref, SCHEMA, STAMP) as target:
        target.write(rows(1, 2, 3, 4), days(aug(1), None, date(2022, 7, 1), aug(2)))
        files = target.close()
    assert {file.partition: file.rows for file in files} == {"2022-07": 1, "2022-08": 2, None: 1}
    assert lake.data_files.damaged(files) == []
    assert all(lake.data_files.read(file).startswith(b"PAR1") for file in files)


def test_small_slices_become_few_row_groups(lake, ref, warehouse):
    with lake.writer(ref, SCHEMA, STAMP) as target:
        for number in range(50):
            target.write(rows(number, number), days(aug(1), aug(2)))
        (file,) = target.close()
    assert pq.read_metadata(warehouse / file.name).num_row_groups == 1


def test_full_buffers_and_full_files_are_written_out(lake, ref, monkeypatch):
    monkeypatch.setattr(writer, "BUFFER_BYTES", 500)
    monkeypatch.setattr(writer, "FILE_BYTES", 2000)
    with lake.writer(ref, SCHEMA, STAMP) as target:
        for _ in range(20):
            target.write(rows(*range(10)), days(*[aug(1)] * 10))
        files = target.close()
    assert len(files) > 1
    assert sum(file.rows for file in files) == 200
    assert len({file.name for file in files}) == len(files)


def test_more_months_than_open_files(lake, ref, monkeypatch):
    monkeypatch.setattr(writer, "OPEN_FILES", 2)
    monkeypatch.setattr(writer, "BUFFER_BYTES", 1)
    months = [date(2022, month, 1) for month in (1, 2, 3, 1)]
    with lake.writer(ref, SCHEMA, STAMP) as target:
        for month in months:
            target.write(rows(1), days(month))
        assert sorted(file.partition for file in target.close()) == ["2022-01", "2022-01", "2022-02", "2022-03"]


def test_nothing_written_is_no_file(lake, ref):
    with lake.writer(ref, SCHEMA, STAMP) as target:
        target.write(rows(), days())
        assert target.close() == []


@pytest.mark.parametrize("ending", ["error", "abort", "left open"])
def test_an_unfinished_writer_leaves_no_file(lake, ref, warehouse, ending):
    target = lake.writer(ref, SCHEMA, STAMP)
    try:
        with target:
            target.write(rows(*range(1000)), days(*[aug(1)] * 1000))
            target._months._flush(631)
            if ending == "error":
                raise OSError
    except OSError:
        pass
    if ending == "abort":
        target.abort()
    assert not [path for path in (warehouse / "tables").rglob("*/data/*/*") if path.is_file()]


def test_an_attempt_writes_its_files_once(lake, ref):
    def attempt():
        with lake.writer(ref, SCHEMA, STAMP) as target:
            target.write(rows(1), days(aug(1)))
            return target.close()

    (file,) = attempt()
    with pytest.raises(FileTaken):
        attempt()
    assert lake.data_files.damaged([file]) == []


def test_a_narrower_column_is_written_as_the_table_holds_it(lake, ref, warehouse):
    narrow = pa.schema([pa.field("_t", pa.struct([("clicks", pa.int32())]))])
    with lake.writer(ref, narrow, STAMP) as target:
        target.write(rows(1, schema=narrow), days(aug(1)))
        (file,) = target.close()
    assert pq.read_schema(warehouse / file.name).field("_t").type.field("clicks").type == pa.int64()


WIDE = pa.schema(
    [
        pa.field(
            "_t",
            pa.struct(
                [
                    ("n", pa.int64()),
                    ("s", pa.string()),
                    ("d", pa.decimal128(38, 18)),
                    ("f", pa.float64()),
                    ("b", pa.bool_()),
                    ("day", pa.date32()),
                    ("l", pa.list_(pa.struct([("x", pa.string())]))),
                    ("m", pa.map_(pa.string(), pa.int64())),
                ]
            ),
        )
    ]
)
text = st.text(max_size=20)
anyday = st.dates(date(1900, 1, 1), date(2100, 1, 1))
record = st.fixed_dictionaries(
    {
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "s": st.none() | text,
        "d": st.none() | st.decimals("-1e19", "1e19", places=18),
        "f": st.none() | st.floats(allow_nan=False),
        "b": st.none() | st.booleans(),
        "day": st.none() | anyday,
        "l": st.none() | st.lists(st.fixed_dictionaries({"x": st.none() | text}), max_size=3),
        "m": st.none() | st.dictionaries(text, st.integers(0, 9), max_size=3).map(lambda m: list(m.items())),
    }
)


@settings(max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.tuples(st.none() | record, st.none() | anyday), min_size=1, max_size=8))
def test_what_is_written_is_what_is_read(lake, drawn):
    lake.drop_table(REF)
    lake.create_table(REF, WIDE)
    table = pa.Table.from_pylist(
        [{"_row": n, "_t": value} for n, (value, _) in enumerate(drawn)],
        schema=pa.schema([("_row", pa.int64()), *WIDE]),
    )
    with lake.writer(REF, WIDE, STAMP) as target:
        target.write(table, days(*[day for _, day in drawn]))
        files = target.close()
    lake.commit(REF, WIDE, [Change("B1", "flow/a", Append(), tuple(files), AT)])
    found = [(row["_t"], row["_headrace"]["day"]) for row in lake.scan(REF).to_pylist()]
    given_rows = zip(table.column("_t").to_pylist(), [day for _, day in drawn], strict=True)
    assert sorted(map(repr, found)) == sorted(map(repr, given_rows))
