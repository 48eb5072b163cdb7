"""DuckDB reads the tables, offline, with the packaged extensions."""

from pathlib import Path

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg
import pyarrow as pa
import pytest

from contracts.lake.factory import REF, SCHEMA, aug, change, load, write
from headrace.lake.changes import ReplaceWindow


@pytest.fixture(scope="module")
def duck():
    offline = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    connection = duckdb.connect(config=offline)
    for package in (duckdb_extension_avro, duckdb_extension_iceberg):
        connection.execute(f"LOAD '{next(Path(package.__file__).parent.rglob('*.duckdb_extension'))}'")
    yield connection
    connection.close()


def ask(duck, lake, select):
    return duck.execute(f"{select} FROM iceberg_scan('{lake.metadata_location(REF)}')").fetchall()


def test_an_empty_table_and_a_marker_are_readable(duck, lake):
    lake.abort(REF, "B0")
    assert ask(duck, lake, "SELECT count(*)") == [(0,)]


def test_rows_days_and_system_columns(duck, lake):
    load(lake, "B1", {aug(4): 4, None: 1})
    found = ask(duck, lake, "SELECT _t.clicks, _headrace.day, _headrace.scope, _ACP_BATCHID")
    assert sorted(found, key=str) == [(1, None, "flow/a", "B1"), (4, aug(4), "flow/a", "B1")]


def test_replaced_windows_and_new_columns(duck, lake):
    load(lake, "B1", {aug(1): 1, aug(9): 9})
    wider = pa.schema([pa.field("_t", pa.struct([*SCHEMA.field("_t").type, ("cost", pa.decimal128(9, 2))]))])
    files = write(lake, "B2", {aug(2): 2}, schema=wider)
    lake.commit(REF, wider, [change("B2", files, ReplaceWindow(aug(1), aug(7)))])
    assert sorted(ask(duck, lake, "SELECT _t.clicks, _t.cost")) == [(2, None), (9, None)]
