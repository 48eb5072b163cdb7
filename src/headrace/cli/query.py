"""``headrace query``: SQL over a data directory's tables, beside a running server."""

import csv
import datetime
import sys
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from headrace.cli.terminal import Text

if TYPE_CHECKING:
    from headrace.query.duck import Column, Result

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
           "UHUGEINT", "FLOAT", "DOUBLE")  # fmt: skip
_JSON = msgspec.json.Encoder(decimal_format="number")


class Format(StrEnum):
    """How a result is written."""

    table = "table"
    csv = "csv"
    json = "json"


def query(
    sql: str = typer.Argument(..., metavar="SQL", help="One SELECT. Tables go by their query name or dataset id."),
    data_dir: Path = typer.Option(Path("headrace-data"), help="Directory that the server uses."),
    database_url: str = typer.Option("", help="postgresql://… instead of SQLite in the data directory."),
    org: str = typer.Option("", help="Org to read (default: the only one with datasets)."),
    sandbox: str = typer.Option("prod", help="Sandbox to read."),
    format: Format = typer.Option(Format.table, help="How to write the result."),
) -> None:
    """Run SQL over the tables of a data directory: read-only, also while its server runs."""
    from headrace.query import local

    result = local.result(data_dir, org or None, sandbox, sql, database_url)
    if format is Format.table:
        console = Console()
        console.print(as_table(result))
        console.print(f"{len(result.rows)} row{'' if len(result.rows) == 1 else 's'}", style="dim")
    elif format is Format.csv:
        _write_csv(result)
    else:
        _write_json(result)


def as_table(result: "Result") -> Table:
    """A result as a table for a terminal."""
    table = Table()
    for column in result.columns:
        table.add_column(Text(column.name), justify="right" if _is_number(column) else "left")
    for row in result.rows:
        table.add_row(*(Text(_text(value), style="" if value is not None else "dim") for value in row))
    return table


def _write_csv(result: "Result") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column.name for column in result.columns])
    writer.writerows([["" if value is None else _text(value) for value in row] for row in result.rows])


def _write_json(result: "Result") -> None:
    names = [column.name for column in result.columns]
    sys.stdout.write("[")
    for n, row in enumerate(result.rows):
        sys.stdout.write((",\n " if n else "\n ") + _json(dict(zip(names, row, strict=True))))
    sys.stdout.write("\n]\n")


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str | int | float | datetime.date | datetime.time):
        return str(value)
    return _json(value).strip('"') if isinstance(value, bytes) else _json(value)


def _json(value: Any) -> str:
    return _JSON.encode(value).decode()


def _is_number(column: "Column") -> bool:
    return column.type in NUMBERS or column.type.startswith("DECIMAL")
