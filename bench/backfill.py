"""(a) Half a year of rows from REST into Iceberg through one flow, beside the loops that a script would run instead."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console

from bench import analytics, chains, setting_up, shapes
from bench.figures import Aim, Series, at_most, ratios, show, step
from bench.processes import headrace, peak_megabytes, processor_seconds, result_of, source
from bench.shapes import SHAPES, Shape
from headrace.client import FLOW_SERVICE
from headrace.errors import HeadraceError

POLL_SECONDS = 0.5  # the run says itself when it ended, and each look costs the server something
MOST_SECONDS = 900.0
HISTORY = {"startTime": "1625040887", "frequency": "day", "interval": 1}
ONCE = {"startTime": "1625040887", "frequency": "once"}
SCALE = 4  # memory is looked at on a quarter of the rows and on four times as many


@dataclass(frozen=True, slots=True)
class Backfill:
    """What one backfill took. copied: seconds until all pages are there; after: from then on until it is recorded."""

    rows: int
    seconds: float
    processor: float
    megabytes: float
    copied: float = 0.0
    after: float = 0.0


@dataclass(slots=True)
class Side:
    """The figures of one candidate, a value for each turn."""

    name: str
    speed: Series = field(init=False)
    processor: Series = field(init=False)
    memory: Series = field(init=False)

    def __post_init__(self) -> None:
        self.speed = Series(f"{self.name}, 1,000 rows/s", "")
        self.processor = Series("  processor, s/1M rows", "")
        self.memory = Series("  peak memory", "MB")

    def note(self, found: Backfill) -> None:
        """Adds one turn."""
        self.speed.values.append(found.rows / found.seconds / 1000)
        self.processor.values.append(found.processor * 1e6 / found.rows)
        self.memory.values.append(found.megabytes)

    def rows(self, memory: Aim | None = None) -> list[tuple[Series, Aim | None]]:
        """Its rows of the table."""
        return [(self.speed, None), (self.processor, None), (self.memory, memory)]


def run(console: Console, rows: int, repeat: int, names: Sequence[str], flat: bool) -> None:
    """Measures each shape beside the Arrow loop, turn by turn; (a) beside the bare loop too. A table for each shape."""
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as directory, source(Path(directory)) as url:
        for name in names:
            _measure(console, url, name, rows, repeat, flat)


def _measure(console: Console, url: str, name: str, rows: int, repeat: int, flat: bool) -> None:
    shape, bare = SHAPES[name], Side("bare loop")
    arrow, ours = Side("Arrow loop"), Side("Headrace")
    stages = [Series("  until all is copied", "s"), Series("  from then on", "s")]
    with step(console, f"({name}) render the pages"):
        for kind in {shape.kind, shape.compared}:
            _warm(url, kind, rows)
    for turn in range(1, repeat + 1):
        at = f"({name}) {turn}/{repeat}"
        if name == "a":
            with step(console, f"{at}: bare loop"):
                bare.note(_loop("bench.bare_loop", url, str(rows)))
        with step(console, f"{at}: Arrow loop"):
            arrow.note(_loop("bench.arrow_loop", url, shape.compared, str(rows)))
        with step(console, f"{at}: Headrace"):
            found = _headrace(url, shape, rows)
        ours.note(found)
        for series, seconds in zip(stages, (found.copied, found.after), strict=True):
            series.values.append(seconds)
    table = [
        *bare.rows(),
        *arrow.rows(),
        *ours.rows(at_most(500)),
        *((series, None) for series in stages),
        *(_flat(console, url, name, shape, rows) if flat else ()),
        (ratios("rows/s, to the Arrow loop's", ours.speed, arrow.speed), shape.speed),
        (ratios("processor, to its", ours.processor, arrow.processor), shape.processor),
    ]
    if bare.speed.values:
        table.append((ratios("rows/s, to the bare loop's", ours.speed, bare.speed), None))
    show(console, f"({name}) {rows:,} rows, REST to Iceberg: {shape.title}", table)


def _flat(console: Console, url: str, name: str, shape: Shape, rows: int) -> list[tuple[Series, Aim | None]]:
    """Whether memory grows with the rows; measured once."""
    peaks = []
    for count in (rows // SCALE, rows * SCALE):
        with step(console, f"({name}) memory at {count:,} rows"):
            _warm(url, shape.kind, count)
            peaks.append(Series(f"  peak at {count:,} rows", "MB", [_headrace(url, shape, count).megabytes]))
    few, many = peaks
    return [(few, None), (many, at_most(500)), (ratios("  the latter to the former", many, few), at_most(1.2))]


def _warm(url: str, kind: str, rows: int) -> None:
    """Has the source render what it replays: the pages of the first account, or those of a chain that differ."""
    most = chains.VARIANTS if kind in (chains.NARROW, chains.WIDE) else len(list(analytics.slice_days()))
    for _, path in zip(range(most), shapes.paths(kind, rows), strict=False):
        httpx2.get(url + path, timeout=60, trust_env=False).raise_for_status()


def _loop(module: str, *arguments: str) -> Backfill:
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as directory:
        return Backfill(**result_of(module, *arguments, directory))


def _headrace(url: str, shape: Shape, rows: int) -> Backfill:
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as made, headrace(Path(made), url) as server:
        walk = shapes.set_up(server.client, url, shape, rows)
        used, began = processor_seconds(server.pid), server.client.call("GET", "/_emulator/clock")["epochMs"]
        flow = setting_up.start_flow(walk, "Backfill", ONCE if shape.chained else HISTORY)
        document = _await_run(walk.client, flow)
        return _measured(document, began, processor_seconds(server.pid) - used, server.pid)


def _await_run(client: Any, flow: str) -> dict[str, Any]:
    deadline = time.monotonic() + MOST_SECONDS
    while time.monotonic() < deadline:
        items = client.call("GET", f"{FLOW_SERVICE}/runs?property=flowId=={flow}")["items"]
        status = items[0]["metrics"]["statusSummary"] if items else {"status": "queued"}
        if status["status"] == "success":
            document: dict[str, Any] = items[0]
            return document
        if status["status"] == "failed":
            raise HeadraceError(f"The backfill failed: {status}")
        time.sleep(POLL_SECONDS)
    raise HeadraceError(f"The backfill did not end within {MOST_SECONDS:g} s.")


def _measured(document: dict[str, Any], began: int, processor: float, pid: int) -> Backfill:
    copy, promotion = (activity["durationSummary"] for activity in document["activities"])
    return Backfill(
        rows=document["metrics"]["recordSummary"]["inputRecordCount"],
        seconds=(document["metrics"]["durationSummary"]["completedAtUTC"] - began) / 1000,
        processor=processor,
        megabytes=peak_megabytes(pid),
        copied=(copy["completedAtUTC"] - copy["startedAtUTC"]) / 1000,
        after=(promotion["completedAtUTC"] - copy["completedAtUTC"]) / 1000,
    )
