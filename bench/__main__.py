"""``python -m bench [NAMES]``: prints tables, asserts nothing. See docs/how-to/bench.md."""

import os
import platform

import typer
from rich.console import Console

from bench import api, backfill, flows, load, mapping, merge
from bench.shapes import SHAPES
from headrace.errors import HeadraceError

NAMES = ("backfill", "flows", "api", "mapping", "merge", "load")


def main(
    which: list[str] = typer.Argument(None, help=f"Which to run: {', '.join(NAMES)} (default: all)."),
    rows: int = typer.Option(
        1_000_000, help="Rows of the backfill, of the mapping, and of the table that is merged into."
    ),
    repeat: int = typer.Option(4, help="Repetitions, candidate and baseline by turns."),
    shape: str = typer.Option(",".join(SHAPES), help="Shapes of the backfill, see docs/how-to/bench.md."),
    flat: bool = typer.Option(True, help="Look at the backfill's memory on a quarter and on four times the rows too."),
    flow_count: int = typer.Option(60, "--flows", help="Flows that are due at once."),
    days: int = typer.Option(30, help="Days of hourly windows of one flow."),
) -> None:
    """Measures Headrace beside the bare loop or handler that does the same, in one run."""
    chosen = which or list(NAMES)
    if unknown := set(chosen) - set(NAMES):
        raise typer.BadParameter(f"there is no benchmark {', '.join(sorted(unknown))}; choose among {', '.join(NAMES)}")
    shapes = shape.split(",")
    if unknown := set(shapes) - set(SHAPES):
        raise typer.BadParameter(f"there is no shape {', '.join(sorted(unknown))}; choose among {', '.join(SHAPES)}")
    console = Console()
    busy = os.getloadavg()[0]
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {busy:.1f} at the start.")
    try:
        if "backfill" in chosen:
            backfill.run(console, rows, repeat, shapes, flat)
        if "flows" in chosen:
            flows.run(console, flow_count, days, repeat)
        if "api" in chosen:
            api.run(console, repeat)
        if "mapping" in chosen:
            mapping.run(console, rows, repeat)
        if "merge" in chosen:
            merge.run(console, rows, repeat)
        if "load" in chosen:
            load.run(console)
    except HeadraceError as error:
        console.print(f"[bold red]The bench stopped.[/] {error.message}")
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
