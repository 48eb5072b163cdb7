"""SQL sees the tables of one sandbox, exactly and read-only, and nothing else on the machine."""

import datetime
import shutil
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import typer
from typer.testing import CliRunner

from headrace import sandboxes
from headrace.cli.query import query as command
from headrace.errors import LakeMoved, NotFound, QueryInvalid, TableUnknown
from headrace.lake import Change, Lake, Stamp, TableRef
from headrace.lake.changes import Append
from headrace.query import local
from headrace.settings import Settings
from headrace.store import documents
from headrace.store.engine import open_store
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller

ORG, OTHER_ORG = "0123456789ABCDEF01234567@AdobeOrg", "OTHER@AdobeOrg"
DATASET, EMPTY, ELSEWHERE = "5" * 24, "6" * 24, "7" * 24
SCHEMA = pa.schema([("name", pa.string()), ("spent", pa.decimal128(38, 18)), ("_t", pa.struct([("day", pa.date32())]))])
ROWS = [
    {"_row": 0, "name": "a", "spent": Decimal("1.000000000000000001"), "_t": {"day": datetime.date(2022, 8, 9)}},
    {"_row": 1, "name": 'b "b"', "spent": None, "_t": {"day": None}},
]


def _dataset(lake: Lake, conn, org: str, sandbox: str, id: str, alias: str) -> None:
    caller = Caller(org, sandbox, "", "client", "user")
    documents.create(conn, caller, "dataSets", id, {"tags": {"adobe/pqs/table": [alias]}}, 1000)
    lake.create_table(TableRef(org, sandbox, id), SCHEMA)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(tmp_path_factory.mktemp("data"))
    store = open_store(settings.database)
    upgrade(store)
    lake = Lake.open(settings.database, settings.warehouse)
    with store.write() as conn:
        sandboxes.create_on_first_use(conn, ORG, "dev", 1000)
        sandboxes.create_on_first_use(conn, OTHER_ORG, "prod", 1000)
        _dataset(lake, conn, ORG, "prod", DATASET, "ads")
        _dataset(lake, conn, ORG, "prod", EMPTY, "empty")
        _dataset(lake, conn, ORG, "dev", ELSEWHERE, "elsewhere")
    _fill(lake, TableRef(ORG, "prod", DATASET))
    lake.close()
    store.close()
    return settings.data_dir


def _fill(lake: Lake, ref: TableRef) -> None:
    table = pa.Table.from_pylist(ROWS, schema=pa.schema([("_row", pa.int64()), *SCHEMA]))
    with lake.writer(ref, SCHEMA, Stamp("B" * 26, "flow", "flow/1", 0, 1, 1000, 2000)) as writer:
        writer.write(table, pa.array([datetime.date(2022, 8, 9)] * 2, pa.date32()))
        files = writer.close()
    lake.commit(ref, SCHEMA, [Change("B" * 26, "flow/1", Append(), tuple(files), 1000)])


@pytest.mark.parametrize("table", ["ads", "ADS", f'"{DATASET}"'])
def test_a_dataset_goes_by_its_alias_and_its_id(data_dir: Path, table: str) -> None:
    found = local.rows(data_dir, ORG, "prod", f"SELECT name, spent, _t.day FROM {table} ORDER BY name")
    assert found == [("a", Decimal("1.000000000000000001"), datetime.date(2022, 8, 9)), ('b "b"', None, None)]


def test_a_result_names_its_columns_and_types(data_dir: Path) -> None:
    result = local.result(data_dir, None, "prod", "SELECT sum(1) AS n, spent FROM ads GROUP BY spent")
    assert [(column.name, column.type) for column in result.columns] == [("n", "HUGEINT"), ("spent", "DECIMAL(38,18)")]
    assert all(type(row[0]) is int for row in result.rows)


@pytest.mark.parametrize("sql", ["SELECT count(*) FROM empty", "WITH a AS (FROM empty) SELECT count(name) FROM a"])
def test_an_empty_table_can_be_read(data_dir: Path, sql: str) -> None:
    assert local.rows(data_dir, ORG, "prod", sql) == [(0,)]


def test_the_tables_can_be_listed_and_described(data_dir: Path) -> None:
    assert {row[0] for row in local.rows(data_dir, ORG, "prod", "SHOW TABLES")} == {"ads", DATASET, "empty", EMPTY}
    assert ("name", "VARCHAR") in [row[:2] for row in local.rows(data_dir, ORG, "prod", "DESCRIBE ads")]


@pytest.mark.parametrize("table", ["elsewhere", f'"{ELSEWHERE}"', "nothing", "'/etc/passwd'"])
def test_an_unknown_table_names_those_there_are(data_dir: Path, table: str) -> None:
    with pytest.raises(TableUnknown, match=rf"Tables: {DATASET}, {EMPTY}, ads, empty\."):
        local.rows(data_dir, ORG, "prod", f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("INSERT INTO ads VALUES (1)", "INSERT"),
        ("CREATE TABLE x AS SELECT 1", "CREATE"),
        ("COPY ads TO 'stolen.csv'", "COPY"),
        ("SET threads = 1", "SET"),
        ("ATTACH 'x.db'", "ATTACH"),
        ("SELECT 1; SELECT 2", "SELECT and SELECT"),
        ("SELECT 1; DROP VIEW ads", "SELECT and DROP"),
        ("", "no statement"),
        ("SELEC 1", "syntax error"),
        ("SELECT 1 FROM ads WHERE", "syntax error"),
        ("SELECT nothing FROM ads", "nothing"),
    ],
)
def test_only_a_select_runs(data_dir: Path, sql: str, said: str) -> None:
    with pytest.raises(QueryInvalid, match=said):
        local.rows(data_dir, ORG, "prod", sql)


@pytest.mark.parametrize(
    "function",
    [
        "read_text('{dir}/headrace.db')",
        "read_blob('{dir}/lake/**')",
        "read_csv('/etc/passwd')",
        "glob('{dir}/*')",
        "glob('{lake}/../../*')",
        "iceberg_metadata('{dir}/lake')",
        "sniff_csv('/etc/passwd')",
        "read_parquet('https://example.com/x.parquet')",
    ],
)
def test_other_files_are_locked_out(data_dir: Path, function: str) -> None:
    lake = next((data_dir / "lake" / "tables").glob("*/*"))
    with pytest.raises(QueryInvalid):
        local.rows(data_dir, ORG, "prod", f"SELECT * FROM {function.format(dir=data_dir, lake=lake)}, ads")


def test_another_sandbox_has_other_tables(data_dir: Path) -> None:
    assert local.rows(data_dir, ORG, "dev", "SELECT count(*) FROM elsewhere") == [(0,)]
    with pytest.raises(NotFound, match=r"Sandboxes: prod, dev"):
        local.rows(data_dir, ORG, "nowhere", "SELECT 1")


def test_several_orgs_must_be_told_apart(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    store = open_store(settings.database)
    upgrade(store)
    with store.write() as conn:
        for org in (ORG, OTHER_ORG):
            sandboxes.create_on_first_use(conn, org, "prod", 1000)
    store.close()
    with pytest.raises(QueryInvalid, match=f"--org: {ORG}, {OTHER_ORG}"):
        local.rows(tmp_path, None, "prod", "SELECT 1")
    assert local.rows(tmp_path, OTHER_ORG, "prod", "SELECT 1") == [(1,)]


def test_an_org_that_was_only_named_need_not_be_told_apart(data_dir: Path) -> None:
    assert local.rows(data_dir, None, "prod", "SELECT count(*) FROM empty") == [(0,)]


def test_another_directory_is_told_so_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no data directory"):
        local.rows(tmp_path / "nothing", None, "prod", "SELECT 1")
    assert not (tmp_path / "nothing").exists()


def test_a_copy_does_not_read_the_original(data_dir: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data_dir, tmp_path / "copy")
    with pytest.raises(LakeMoved, match=f"{copy} was made at {data_dir}"):
        local.rows(copy, None, "prod", "SELECT 1 FROM ads")


def test_a_directory_is_read_through_a_link(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(data_dir)
    assert local.rows(tmp_path / "link", None, "prod", "SELECT count(*) FROM ads") == [(2,)]


JSON = r"""[
 {"name":"a","spent":1.000000000000000001,"_t":{"day":"2022-08-09"}},
 {"name":"b \"b\"","spent":null,"_t":{"day":null}}
]
"""
CSV = 'name,spent,_t\na,1.000000000000000001,"{""day"":""2022-08-09""}"\n"b ""b""",,"{""day"":null}"\n'


def _told(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(arguments)).output


@pytest.mark.parametrize(("format", "written"), [("json", JSON), ("csv", CSV)])
def test_the_command_writes_exact_values(data_dir: Path, format: str, written: str) -> None:
    sql = "SELECT name, spent, _t FROM ads ORDER BY name"
    assert _told(sql, "--data-dir", str(data_dir), "--format", format) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("map {'x': 1, 'y': NULL}", '{"x":1,"y":null}'),
        ("NULL::MAP(VARCHAR, INTEGER)", "null"),
        ("{'list': [map {'x': map {'y': 1.50}}]}", '{"list":[{"x":{"y":1.50}}]}'),
        ("map {'x': DATE '2022-08-09'}", '{"x":"2022-08-09"}'),
        ("map {[1]: 2}", "[[[1],2]]"),
    ],
)
def test_a_map_of_texts_is_an_object(data_dir: Path, value: str, written: str) -> None:
    told = _told(f"SELECT {value} AS m", "--data-dir", str(data_dir), "--format", "json")
    assert told == f'[\n {{"m":{written}}}\n]\n'


def test_the_command_draws_a_table(data_dir: Path) -> None:
    shown = _told("SELECT name, spent FROM ads", "--data-dir", str(data_dir))
    assert "1.000000000000000001" in shown and "2 rows" in shown
