"""(a) A half year of rows from REST into Iceberg through one flow, beside the bare loop on the same pages."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console

from bench import analytics, setting_up
from bench.figures import Aim, Series, at_least, at_most, ratios, show, step
from bench.processes import headrace, peak_megabytes, processor_seconds, result_of, source
from headrace.client import FLOW_SERVICE
from headrace.errors import HeadraceError

POLL_SECONDS = 0.2
MOST_SECONDS = 900.0
HISTORY = {"startTime": "1625040887", "frequency": "day", "interval": 1}


@dataclass(frozen=True, slots=True)
class Backfill:
    """What one backfill took. copied: seconds until all pages are there; after: from then on until it is recorded."""

    rows: int
    seconds: float
    processor: float
    megabytes: float
    copied: float
    after: float


def run(console: Console, rows: int, repeat: int) -> None:
    """Interleaves the bare loop, a quarter of the rows and all of them, and shows the figures."""
    bare, bare_memory = Series("bare loop", "rows/s"), Series("  peak memory", "MB")
    bare_processor = Series("  processor time", "s per 1M rows")
    ours, memory = Series("Headrace", "rows/s"), Series("  peak memory", "MB")
    small = Series(f"  peak memory at {rows // 4:,} rows", "MB")
    processor = Series("  processor time", "s per 1M rows")
    stages = [Series(f"  {name}", "s") for name in ("copied, and promoted behind", "the rest, committed")]
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as directory, source(Path(directory)) as url:
        with step(console, "render the pages"):
            _warm(url, rows)
            _warm(url, rows // 4)
        for turn in range(1, repeat + 1):
            with step(console, f"backfill {turn}/{repeat}: bare loop, {rows:,} rows"):
                result = _bare(url, rows)
            bare.values.append(result["rows"] / result["seconds"])
            bare_processor.values.append(result["processor"] * 1e6 / result["rows"])
            bare_memory.values.append(result["megabytes"])
            with step(console, f"backfill {turn}/{repeat}: Headrace, {rows // 4:,} rows"):
                small.values.append(_headrace(url, rows // 4).megabytes)
            with step(console, f"backfill {turn}/{repeat}: Headrace, {rows:,} rows"):
                found = _headrace(url, rows)
            ours.values.append(found.rows / found.seconds)
            memory.values.append(found.megabytes)
            processor.values.append(found.processor * 1e6 / found.rows)
            for series, seconds in zip(stages, (found.copied, found.after), strict=True):
                series.values.append(seconds)
    flat = Series(
        "  memory: all rows / a quarter", "", [a / b for a, b in zip(memory.values, small.values, strict=True)]
    )
    table: list[tuple[Series, Aim | None]] = [
        (bare, None),
        (bare_memory, None),
        (bare_processor, None),
        (ours, None),
        (memory, at_most(700)),
        (small, None),
        (flat, at_most(1.2)),
        (processor, None),
        *((series, None) for series in stages),
        (ratios("Headrace / bare loop, rows per second", ours, bare), at_least(0.5)),
        (ratios("bare loop / Headrace, processor time", bare_processor, processor), None),
    ]
    show(console, f"(a) Backfill of {rows:,} rows, REST to Iceberg", table)


def _warm(url: str, rows: int) -> None:
    for question in analytics.questions(analytics.accounts(rows)[:1]):
        httpx2.get(url + question.path, timeout=60, trust_env=False).raise_for_status()


def _bare(url: str, rows: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as directory:
        result: dict[str, Any] = result_of("bench.bare_loop", url, str(rows), directory)
    return result


def _headrace(url: str, rows: int) -> Backfill:
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as made, headrace(Path(made), url) as server:
        walk = setting_up.prepared(server.client, ",".join(analytics.accounts(rows)))
        setting_up.map_fields(walk)
        used, started = processor_seconds(server.pid), time.monotonic()
        flow = setting_up.start_flow(walk, "Backfill", HISTORY)
        document = _await_run(walk.client, flow)
        seconds = time.monotonic() - started
        return _measured(document, seconds, processor_seconds(server.pid) - used, server.pid)


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


def _measured(document: dict[str, Any], seconds: float, processor: float, pid: int) -> Backfill:
    copy, promotion = (activity["durationSummary"] for activity in document["activities"])
    return Backfill(
        rows=document["metrics"]["recordSummary"]["outputRecordCount"],
        seconds=seconds,
        processor=processor,
        megabytes=peak_megabytes(pid),
        copied=(copy["completedAtUTC"] - copy["startedAtUTC"]) / 1000,
        after=(promotion["completedAtUTC"] - copy["completedAtUTC"]) / 1000,
    )
