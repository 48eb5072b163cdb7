"""A DuckDB that can read the Iceberg tables it is given, and nothing else on the machine."""

import importlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from headrace.errors import Broken, QueryInvalid, TableUnknown

EXTENSIONS = ("avro", "iceberg")  # iceberg needs avro
CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # no Python variable is a table
}
WHOLE = ("HUGEINT", "UHUGEINT")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result: its name and its type as DuckDB spells it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave: columns, and rows of Python values: decimals exact, structs and maps of texts dicts."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables a query may name: each name's dataset, and where a dataset's metadata file is."""

    datasets: Mapping[str, str]
    locate: Callable[[str], str]

    def named(self, names: set[str]) -> dict[str, str]:
        """The datasets among ``names``, in any case; every one when no name is given."""
        wanted = {name.lower() for name in names}
        return {name: id for name, id in self.datasets.items() if not wanted or name.lower() in wanted}


def run(tables: Tables, sql: str) -> Result:
    """Runs one SELECT. QueryInvalid when it is something else or fails, TableUnknown when it names no table here."""
    statement, names = _read(sql)
    used = tables.named(names)
    with tempfile.TemporaryDirectory(prefix="headrace-query-") as spill, _locked_down(tables, used, spill) as conn:
        try:
            return _result(conn.execute(statement))
        except duckdb.Error as error:
            raise _explained(error, tables, names) from error


def _read(sql: str) -> tuple[str, set[str]]:
    """The statement, which must be one SELECT, and the tables that it names (none: it could be any)."""
    with duckdb.connect(":memory:", config={**CLOSED, "enable_external_access": "false"}) as parser:
        try:
            statements = parser.extract_statements(sql)
        except duckdb.Error as error:
            raise QueryInvalid(f"The SQL cannot be read: {_told(error)}") from error
        kinds = [str(statement.type.name) for statement in statements]
        if kinds != ["SELECT"]:
            raise QueryInvalid(f"Only one SELECT can be run, and this is {' and '.join(kinds) or 'no statement'}.")
        try:
            return sql, set(parser.get_table_names(sql))
        except duckdb.Error:
            # A function that the parser does not have, for one: running it tells.
            return sql, set()


@contextmanager
def _locked_down(tables: Tables, used: Mapping[str, str], spill: str) -> Iterator[duckdb.DuckDBPyConnection]:
    locations = {id: _path(tables.locate(id)) for id in dict.fromkeys(used.values())}
    # DuckDB follows a table's files below its own directory only.
    allowed = [f"{path.parent.parent}/" for path in locations.values()]
    with duckdb.connect(":memory:", config=CLOSED) as conn:
        for name in EXTENSIONS:
            conn.load_extension(str(_extension(name)))
        conn.execute(f"SET temp_directory = {_literal(spill)}")
        conn.execute("SET TimeZone = 'UTC'")
        conn.execute(f"SET allowed_directories = [{', '.join(map(_literal, [*allowed, f'{spill}/']))}]")
        conn.execute("SET enable_external_access = false")
        conn.execute("SET lock_configuration = true")
        for name, id in used.items():
            scan = f"SELECT * FROM iceberg_scan({_literal(str(locations[id]))})"  # noqa: S608 (quoted by _literal)
            conn.execute(f"CREATE OR REPLACE VIEW {_quoted(name)} AS {scan}")
        yield conn


def _extension(name: str) -> Path:
    package = importlib.import_module(f"duckdb_extension_{name}")
    found = next(Path(str(package.__file__)).parent.rglob(f"v{duckdb.__version__}/{name}.duckdb_extension"), None)
    if found is None:
        raise Broken(f"DuckDB's {name} extension is not installed in the version {duckdb.__version__} of DuckDB.")
    return found


def _result(done: duckdb.DuckDBPyConnection) -> Result:
    columns = tuple(Column(str(entry[0]), str(entry[1])) for entry in done.description or ())
    table = done.to_arrow_table()
    values = [_python(column, _listed(table.column(n))) for n, column in enumerate(columns)]
    return Result(columns, list(zip(*values, strict=True)))


def _listed(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist(maps_as_pydicts="strict" if _keyed_by_text(column.type) else None)
    return values


def _keyed_by_text(type: pa.DataType) -> bool:
    """Whether every map in ``type`` can be a dict: other keys are no names, and some cannot even be hashed."""
    if pa.types.is_map(type):
        return pa.types.is_string(type.key_type) and _keyed_by_text(type.item_type)
    return all(_keyed_by_text(type.field(n).type) for n in range(type.num_fields))


def _python(column: Column, values: list[Any]) -> list[Any]:
    if column.type in WHOLE:
        return [None if value is None else int(value) for value in values]
    return values


def _explained(error: duckdb.Error, tables: Tables, names: set[str]) -> QueryInvalid:
    known = {name.lower() for name in tables.datasets}
    unknown = sorted(name for name in names if name.lower() not in known)
    if isinstance(error, duckdb.CatalogException) and unknown and "does not exist" in str(error):
        there = ", ".join(sorted(tables.datasets)) or "none yet"
        return TableUnknown(f"There is no table {', '.join(unknown)} in this sandbox. Tables: {there}.")
    return QueryInvalid(f"The query failed: {_told(error)}")


def _told(error: duckdb.Error) -> str:
    return str(error).strip()


def _path(location: str) -> Path:
    return Path(location.removeprefix("file://"))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
