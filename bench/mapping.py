"""(d) Decode, map, check and Parquet, beside a bare script and the reference back end; then each function by itself."""

import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench import mapping_data
from bench.figures import Series, at_least, at_most, ratios, show, step
from bench.function_costs import Cost, costs
from bench.processes import result_of

FUNCTION_ROWS = 10_000
# The reference needs several times as long; its rows per second do not depend on their number.
REFERENCE_SHARE = 4
# Characters of an expression in the table of functions, and of the whole table.
WIDEST = 48
WIDTH = 138


def run(console: Console, rows: int, repeat: int) -> None:
    """Interleaves the three on the same pages and shows the figures, then the table of functions."""
    bare, bare_memory, bare_processor = _series("bare script")
    columns, memory, processor = _series("Headrace")
    reference, _, reference_processor = _series("  by the reference alone")
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as made:
        pages, few, file = Path(made) / "pages", Path(made) / "few", str(Path(made) / "mapped.parquet")
        with step(console, "render the pages"):
            _render(pages, rows)
            _render(few, rows // REFERENCE_SHARE)
        for turn in range(1, repeat + 1):
            with step(console, f"mapping {turn}/{repeat}: bare script, {rows:,} rows"):
                _note(result_of("bench.bare_mapping", str(pages), file), bare, bare_processor, bare_memory)
            with step(console, f"mapping {turn}/{repeat}: Headrace"):
                _note(result_of("bench.mapped", "columns", str(pages), file), columns, processor, memory)
            with step(console, f"mapping {turn}/{repeat}: the reference, {rows // REFERENCE_SHARE:,} rows"):
                _note(result_of("bench.mapped", "reference", str(few), file), reference, reference_processor)
    table = [
        (bare, None),
        (bare_processor, None),
        (bare_memory, None),
        (columns, None),
        (processor, None),
        (memory, at_most(300)),
        (reference, None),
        (reference_processor, None),
        (ratios("Headrace / bare script", columns, bare), at_least(0.75)),
        (ratios("bare script / Headrace, processor time", bare_processor, processor), None),
        (ratios("Headrace / the reference alone", columns, reference), at_least(2)),
    ]
    show(console, f"(d) Decode, map, check and Parquet: 17 + 8 fields of {rows:,} rows, 1 bad in 1,000", table)
    with step(console, "each function"):
        found = list(costs(FUNCTION_ROWS))
    _show(console, found)


def _series(name: str) -> tuple[Series, Series, Series]:
    return Series(name, "rows/s"), Series("    peak memory", "MB"), Series("    processor time", "s per 1M rows")


def _render(directory: Path, rows: int) -> None:
    directory.mkdir()
    mapping_data.render(directory, rows)


def _note(result: dict[str, Any], speed: Series, processor: Series, memory: Series | None = None) -> None:
    rows = result["rows"] + result["rejected"]
    speed.values.append(rows / result["seconds"])
    processor.values.append(result["processor"] * 1e6 / rows)
    if memory is not None:
        memory.values.append(result["megabytes"])


def _show(console: Console, found: list[Cost]) -> None:
    table = Table(title="(d) Each function, ns per row", title_justify="left", title_style="bold")
    table.add_column("function", no_wrap=True)
    for heading in ("reference", "columns", "equal rows"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("runs over", no_wrap=True)
    table.add_column("expression", no_wrap=True)
    for one in sorted(found, key=lambda cost: (cost.back_end, cost.function)):
        cells = ("" if value is None else f"{value:,.0f}" for value in (one.reference, one.columns, one.equal))
        shown = one.expression if len(one.expression) <= WIDEST else f"{one.expression[: WIDEST - 1]}…"
        table.add_row(one.function, *cells, one.back_end, Text(shown))
    # As wide as it is, whatever the terminal: a column that is cut tells nothing.
    Console(file=console.file, width=max(console.width, WIDTH)).print(table)
