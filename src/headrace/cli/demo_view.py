"""What the demo shows: requests in short, a run's progress and figures, the quarantined record, pictures."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import plotext
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from headrace.cli.query import as_table
from headrace.cli.terminal import Text
from headrace.cli.tutorial import Sent
from headrace.clock import utc
from headrace.query import local

SHORT = 400
PICTURE_ROWS = 14
DAILY = """
SELECT make_date(_extconndev.dateRange.start.year::INT, _extconndev.dateRange.start.month::INT,
                 _extconndev.dateRange.start.day::INT) AS day,
       _extconndev.impressions AS impressions, _extconndev.clicks AS clicks
FROM {table} ORDER BY day
"""
MONTHLY = """
SELECT _extconndev.dateRange.start.year AS year, _extconndev.dateRange.start.month AS month, count(*) AS days,
       sum(_extconndev.impressions)::BIGINT AS impressions, sum(_extconndev.clicks)::BIGINT AS clicks,
       round(100.0 * sum(_extconndev.clicks) / sum(_extconndev.impressions), 2) AS ctr_percent
FROM {table} GROUP BY year, month ORDER BY year, month
"""


def opening(console: Console, server: str, simulator: str, now: str) -> None:
    """Where the two servers are and what time it is for them."""
    servers = f"Headrace  {server}   (emulator)\nLinkedIn  {simulator}   (simulator, world tutorial)"
    text = f"{servers}\nBoth clocks stand at {now}."
    console.print(Panel(text, title="The LinkedIn Ads tutorial, end to end", expand=False))


def request(console: Console, sent: Sent) -> None:
    """One request and its answer, a line each, cut to the terminal's width."""
    colour = "green" if sent.answer.status < 400 else "yellow"
    console.print(f"\n[bold]{sent.title}[/]")
    path = sent.path.partition("/data/foundation")[2] or sent.path
    _line(console, f"  {sent.method} {path}  {_json(sent.body)}", "cyan")
    _line(console, f"  {sent.answer.status}  {_json(sent.answer.body)}", colour)


def _line(console: Console, text: str, style: str) -> None:
    console.print(Text(_flat(text), style=style), no_wrap=True, overflow="ellipsis")


def _json(value: Any) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else msgspec.json.encode(value).decode()


def _flat(text: str) -> str:
    return text.replace("\n", " ").rstrip()


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


@contextmanager
def progress(console: Console) -> Iterator[Callable[[dict[str, Any] | None], None]]:
    """A bar that follows a run document: planned, copied, promoted, recorded."""
    columns = (
        TextColumn("  {task.description:<22}"),
        BarColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("waiting for the run", total=3, rows="")

        def show(run: dict[str, Any] | None) -> None:
            done, stage = _stage(run)
            rows = (run or {}).get("metrics", {}).get("recordSummary", {}).get("inputRecordCount")
            bar.update(task, completed=done, description=stage, rows="" if rows is None else f"{rows} records")

        yield show


def _stage(run: dict[str, Any] | None) -> tuple[int, str]:
    if run is None:
        return 0, "waiting for the run"
    if run["metrics"]["durationSummary"].get("completedAtUTC"):
        return 3, "recorded"
    finished = [activity["id"] for activity in run["activities"] if activity["durationSummary"].get("completedAtUTC")]
    return len(finished), "promoting" if "copyActivity" in finished else "copying"


def run(console: Console, document: dict[str, Any]) -> None:
    """A run's figures, activity by activity, and the errors it lists."""
    console.print()
    table = Table(title=f"Run {document['id']}", title_justify="left", box=SIMPLE_HEAD, collapse_padding=True)
    for heading in ("", "status", "in", "out", "failed", "bytes in", "bytes out", "files", "ms"):
        table.add_column(heading, justify="left" if heading in ("", "status") else "right")
    for name, part in (("run", document["metrics"]), *((item["id"], item) for item in document["activities"])):
        table.add_row(*_figures(name, part))
    console.print(table)
    window = document["activities"][0]["durationSummary"]["extensions"]
    console.print(
        f"  window {utc(window['windowStart']):%Y-%m-%d %H:%M} to {utc(window['windowEnd']):%Y-%m-%d %H:%M} UTC"
    )
    for error in document["activities"][1]["statusSummary"].get("extensions", {}).get("errors", []):
        console.print(Padding(Text(f"{error['code']}  {error['message']}", style="yellow"), (0, 0, 0, 2)))


def _figures(name: str, part: dict[str, Any]) -> list[str]:
    records, sizes, files, times = (part[f"{key}Summary"] for key in ("record", "size", "file", "duration"))
    took = times["completedAtUTC"] - times["startedAtUTC"]
    counts = [records.get(f"{key}RecordCount", "") for key in ("input", "output", "failed")]
    bytes_ = [f"{sizes[key]:,}" for key in ("inputBytes", "outputBytes")]
    return [
        name,
        part["statusSummary"]["status"],
        *map(str, counts),
        *bytes_,
        str(files["outputFileCount"]),
        f"{took:,}",
    ]


def quarantined(console: Console, records: list[dict[str, Any]]) -> None:
    """Each quarantined record with its reason."""
    for record in records:
        reasons = "\n".join(f"{error['code']}: {error['message']}" for error in record.get("_errors", []))
        kept = {key: value for key, value in record.items() if not key.startswith("_")}
        body = Group(Text(reasons, style="yellow"), Text(_short(_json(kept))))
        console.print(Panel(body, title="Quarantined record", border_style="yellow", expand=False))


def days(console: Console, data_dir: Path, org: str, table: str) -> None:
    """Impressions and clicks per day, drawn from the Iceberg table."""
    found = local.rows(data_dir, org, "prod", DAILY.format(table=table))
    width = min(shutil.get_terminal_size((100, 24)).columns - 2, 110)
    for n, (measure, colour) in enumerate((("impressions", "blue+"), ("clicks", "orange+")), start=1):
        plotext.clear_figure()
        plotext.plot_size(width, PICTURE_ROWS)
        plotext.theme("clear")
        plotext.bar(range(len(found)), [row[n] for row in found], color=colour, width=0.6)
        plotext.yticks(*_heights(max(row[n] for row in found)))
        plotext.xticks(*_months([row[0] for row in found]))
        plotext.title(f"{measure} per day, {found[0][0]} to {found[-1][0]} ({len(found)} days)")
        console.print()
        console.print(Text.from_ansi(plotext.build().rstrip()))


def _heights(most: int) -> tuple[list[int], list[str]]:
    marks = [round(most * n / 4) for n in range(5)]
    return marks, [f"{mark:,}" for mark in marks]


def _months(found: list[date]) -> tuple[list[int], list[str]]:
    """Where each month begins among ``found``, and the day that stands there."""
    first = [n for n, day in enumerate(found) if n == 0 or day.month != found[n - 1].month]
    return first, [f"{found[n]:%-d %b}" for n in first]


def months(console: Console, data_dir: Path, org: str, table: str) -> None:
    """A SQL query over the dataset and its result."""
    query = " ".join(MONTHLY.format(table=table).split())
    console.print(f'\n[bold]headrace query[/] [cyan]"{query}"[/]')
    console.print(as_table(local.result(data_dir, org, "prod", query)))


def unchanged(console: Console, document: dict[str, Any], before: int, after: int) -> None:
    """What the next window found."""
    counted = document["metrics"]["recordSummary"]["inputRecordCount"]
    console.print(f"  the next window brought {counted} records; the table had {before} rows and has {after}")


def closing(console: Console, kept: Path | None) -> None:
    """The last word; ``kept`` is the data directory that stays."""
    console.print()
    console.print(
        Panel("100 records in, 99 in the lake, 1 quarantined with its reason, none lost.", style="green", expand=False)
    )
    if kept is not None:
        console.print(Text(f"Kept: headrace verify --data-dir {kept}"), soft_wrap=True)
