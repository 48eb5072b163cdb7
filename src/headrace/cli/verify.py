"""``headrace verify``: whether a data directory is whole, with every fault by name."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from headrace.cli.terminal import Text
from headrace.settings import Settings

if TYPE_CHECKING:
    from headrace.runs.verification import Report

SHOWN = ("tables", "batches", "runs", "rows", "files")


def verify(
    data_dir: Path = typer.Option(Path("headrace-data"), help="Directory that the server uses."),
    database_url: str = typer.Option("", help="postgresql://… instead of SQLite in the data directory."),
) -> None:
    """Check a whole data directory: every batch is in its table once, every count agrees, every file is there."""
    from headrace.lake import Lake
    from headrace.query.local import open_existing
    from headrace.runs import verification

    settings = Settings(data_dir, database_url=database_url)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        closing(open_existing(settings)) as store,
        closing(Lake.open(settings.database, settings.warehouse)) as lake,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("tables", total=None)
        report = verification.verify(
            store, lake, lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
        )
    show(console, report)
    if report.findings:
        raise typer.Exit(1)


def show(console: Console, report: "Report") -> None:
    """What was looked at, what waits to be swept, what is wrong."""
    console.print("Looked at " + ", ".join(f"{report.counts[name]:,} {name}" for name in SHOWN) + ".")
    if report.leftovers:
        many = len(report.leftovers)
        console.print(
            f"{many} file{'s' if many > 1 else ''} of interrupted or failed attempts can be swept.", style="dim"
        )
    if not report.findings:
        console.print("[green]Everything agrees.[/]")
        return
    table = Table(title=f"{len(report.findings)} found wrong", title_justify="left")
    for heading in ("what", "which", "wrong"):
        table.add_column(heading, overflow="fold")
    for finding in report.findings:
        table.add_row(finding.kind, Text(finding.id), Text(finding.message))
    console.print(table)
