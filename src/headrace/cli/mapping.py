"""``headrace map``: expressions and mapping sets tried on files, without a server."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from headrace.cli import json_files
from headrace.cli.terminal import Text
from headrace.clock import WallClock
from headrace.errors import Invalid, MappingSyntax
from headrace.exact_json import spelled

if TYPE_CHECKING:
    import pyarrow as pa

    from headrace.mapping.mapping_set import CompiledMapping
    from headrace.mapping.steps import Source

MOST_UNREADABLE = 5  # that are shown, each with its reason
STYLES = {"columns": "green", "distinct values": "yellow", "rows": "red"}

app = typer.Typer(no_args_is_help=True, help="Try expressions and mapping sets on files, without a server.")


@app.command()
def preview(
    expression: str = typer.Option(..., help="Expression of the mapping language."),
    data: str = typer.Option("{}", help="Records: JSON, a file of JSON or JSON lines, or - for input."),
) -> None:
    """Show what an expression makes of sample records; ends with 1 when the only record has no value."""
    from headrace.mapping.checker import EXPRESSION
    from headrace.mapping.derivations import NO_DERIVATIONS
    from headrace.mapping.evaluating import outcomes
    from headrace.mapping.steps import Source, paths_read

    records, several = _records(data)
    try:
        values = outcomes(expression, _readable(records), WallClock().now(), NO_DERIVATIONS)
    except MappingSyntax as error:
        _show_syntax(expression, error)
        raise typer.Exit(1) from error
    if several:
        of_readable = iter(values)
        _show_table([next(of_readable) if isinstance(record, dict) else record for record in records])
    good = several or _show_one(values[0])
    read = paths_read([{"sourceType": EXPRESSION, "source": expression}])
    _show_followed(Console(), _readable(records), [Source(path, "") for path in read])
    if not good:
        raise typer.Exit(1)


@app.command()
def explain(
    mapping_set: Path = typer.Argument(..., metavar="MAPPINGSET.json", help="Mapping set as the API takes it."),
    schema: Path = typer.Option(None, help="Target schema in its full form (default: every destination is text)."),
    data: str = typer.Option("", help="Sample records, in the forms that preview takes; default: any kind of field."),
) -> None:
    """Show for each destination whether it runs over columns, distinct values or rows, and why."""
    from headrace import mapping
    from headrace.dataprep import drafts
    from headrace.mapping.columns import FEW_ROWS, ExpressionColumn
    from headrace.mapping.explaining import explain as explained

    sent = json_files.document(mapping_set)
    body = {"mappings": sent} if isinstance(sent, list) else sent
    if not isinstance(body, Mapping):
        raise Invalid(f"{mapping_set} holds no mapping set: send an object with mappings, or an array of mappings.")
    items = drafts.read(body, drafts.Schema("", "", 1)).items
    target = _target(schema) if schema else _of_texts(items)
    compiled = mapping.compile_mapping(items, target, WallClock().now())
    table = Table()
    for heading in ("destination", "source", "runs over", "why"):
        table.add_column(heading, overflow="fold")
    sample = _records(data)[0] if data else []
    records = _readable(sample)
    for one in explained(compiled, _sample(records, compiled) if data else None):
        back_end = Text(one.back_end, style=STYLES[one.back_end])
        table.add_row(Text(one.destination), Text(one.source), back_end, Text(one.why))
    console = Console()
    console.print(table)
    _show_unreadable(console, sample)
    _show_followed(console, records, compiled.sources)
    if not items:
        console.print("The mapping set is empty.", style="dim")
    elif any(isinstance(column, ExpressionColumn) for column in compiled.plan.columns.values()):
        console.print(f"Up to {FEW_ROWS} rows at once, expressions run over rows: that is faster then.", style="dim")


def _show_followed(console: Console, records: Sequence[Any], sources: "Sequence[Source]") -> None:
    """What paths step into that has no such step, and which of them no record has."""
    from headrace.mapping.steps import followed

    fared = followed(records, sources)
    for _, source, away in fared.shown:
        console.print(Text(away.reason(source), style="yellow"))
    for source in sources if records else ():
        if source.text not in fared.present:
            console.print(Text(f"{source.text} is found in no record of the sample.", style="yellow"))


def _show_syntax(expression: str, error: MappingSyntax) -> None:
    """The error with the line that it is in, and where in it."""
    console = Console(stderr=True)
    console.print(Text("error:", style="bold red"), Text(error.message), soft_wrap=True)
    line, column = error.facts.get("line"), error.facts.get("column")
    lines = expression.splitlines()
    if isinstance(line, int) and isinstance(column, int) and line <= len(lines):
        console.print(Text(f"  {lines[line - 1]}"), soft_wrap=True)
        console.print(Text(f"  {' ' * (column - 1)}^", style="bold red"), soft_wrap=True)


def _show_one(value: object) -> bool:
    from headrace.mapping.failure import Failure

    console = Console()
    if isinstance(value, Failure):
        console.print(Text("no value:", style="bold red"), Text(_reason(value)), soft_wrap=True)
        return False
    console.print(Text(_shown(value)), Text(f"({_kind(value)})", style="dim"), soft_wrap=True)
    return True


def _show_table(values: Sequence[object]) -> None:
    from headrace.mapping.failure import Failure
    from headrace.sources.content import Unreadable

    table = Table()
    table.add_column("record", justify="right")
    for heading in ("value", "type", "why not"):
        table.add_column(heading, overflow="fold")
    for row, value in enumerate(values):
        if isinstance(value, Unreadable):
            table.add_row(str(row), "", "", Text(f"it cannot be read: {value.why}", style="red"))
        elif isinstance(value, Failure):
            table.add_row(str(row), "", "", Text(_reason(value), style="red"))
        else:
            table.add_row(str(row), Text(_shown(value)), Text(_kind(value), style="dim"), "")
    Console().print(table)


def _show_unreadable(console: Console, sample: Sequence[Any]) -> None:
    unreadable = [(n, record.why) for n, record in enumerate(sample) if not isinstance(record, dict)]
    for n, why in unreadable[:MOST_UNREADABLE]:
        console.print(Text(f"Record {n} cannot be read: {why}.", style="yellow"))
    if len(unreadable) > MOST_UNREADABLE:
        console.print(Text(f"{len(unreadable):,} of the {len(sample):,} records cannot be read.", style="yellow"))


def _shown(value: object) -> str:
    from headrace.mapping.values import json_text

    return json_text(value)


def _kind(value: object) -> str:
    from headrace.mapping.values import type_name

    return type_name(value)


def _reason(failure: Any) -> str:
    return failure.reason or f"{failure.expected} is needed, not {failure.actual}"


def _records(data: str) -> tuple[list[Any], bool]:
    """The records of ``data``, each read, or Unreadable where it cannot be; and whether it has the form of several."""
    from headrace.runs import uploads

    inline = data.lstrip()[:1] in ("{", "[")
    where = "--data" if inline or data == json_files.STANDARD_INPUT else data
    if inline:
        body = data.encode("utf-8", "surrogateescape")
    else:
        body = json_files.bytes_of(Path(data)) if data != json_files.STANDARD_INPUT else sys.stdin.buffer.read()
    records: list[Any] = list(uploads.sample(body))
    several = body.lstrip()[:1] == b"[" or len(records) != 1
    if not _readable(records) and (records or not several or not body.strip()):
        why = f": {records[0].why}" if records else ", it is empty"
        raise Invalid(f"{where} holds no record{why}. Send one object, an array of objects, or one object a line.")
    return records, several


def _readable(records: Sequence[Any]) -> list[Any]:
    return [record for record in records if isinstance(record, dict)]


def _target(path: Path) -> "pa.Schema":
    from headrace import xdm

    schema = json_files.document(path)
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        full = "application/vnd.adobe.xed-full+json; version=1"
        raise Invalid(f"{path} is no schema in its full form: read it from the registry with Accept: {full}.")
    return xdm.arrow_schema(schema)


def _of_texts(items: Sequence[Mapping[str, Any]]) -> "pa.Schema":
    """A schema with a text for each destination; arrays where the path says so."""
    from headrace.mapping.paths import parse_path

    tree: dict[str, Any] = {}
    for item in items:
        inner = tree
        path = parse_path(str(item["destination"]))
        for step in path:
            inner = inner.setdefault("[]" if not isinstance(step, str) else step, {})
    return _struct(tree)


def _struct(tree: Mapping[str, Any]) -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([pa.field(name, _type(inner)) for name, inner in tree.items()])


def _type(tree: Mapping[str, Any]) -> "pa.DataType":
    import pyarrow as pa

    if not tree:
        return pa.string()
    if "[]" in tree:
        return pa.list_(_type(tree["[]"]))
    return pa.struct(list(_struct(tree)))


def _sample(records: Sequence[Any], compiled: "CompiledMapping") -> "pa.Table | None":
    """The records in the columns that a run reads of them, most of them at least; None where each is odd."""
    from headrace.runs import uploads

    body = msgspec.json.encode([spelled(record) for record in records])
    slices = uploads.decoder(True, compiled.wanted)([("the sample", body)])
    return max((table for slice in slices for table in slice.typed), key=lambda table: table.num_rows, default=None)
