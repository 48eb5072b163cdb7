"""(b) Small runs: many flows due at once, and one flow's month of hours, each window with a few rows."""

import tempfile
import time
from pathlib import Path

from rich.console import Console

from bench import analytics, setting_up
from bench.figures import Series, at_least, show, step
from bench.processes import Server, headrace, processor_seconds, source
from headrace.cli import tutorial
from headrace.client import FLOW_SERVICE
from headrace.errors import HeadraceError

ROWS = 5  # of every window


def run(console: Console, flows: int, days: int, repeat: int) -> None:
    """Both loads, on a fresh server each time. The month is long enough to be measured once."""
    many = Series(f"{flows} flows, one window each", "runs/s")
    many_processor = Series("  processor time", "ms per run")
    month = Series(f"one flow, {days * 24} hourly windows", "runs/s")
    month_processor = Series("  processor time", "ms per run")
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as directory, source(Path(directory)) as url:
        for turn in range(1, repeat + 1):
            with step(console, f"flows {turn}/{repeat}: {flows} flows"):
                _measure(url, flows, 1, many, many_processor)
        with step(console, f"flows: one flow, {days * 24} windows"):
            _measure(url, 1, days * 24, month, month_processor)
    rows = [(many, at_least(10)), (many_processor, None), (month, at_least(10)), (month_processor, None)]
    show(console, "(b) Small flows on SQLite", rows)


def _measure(url: str, flows: int, windows: int, rate: Series, processor: Series) -> None:
    with tempfile.TemporaryDirectory(prefix="headrace-bench-") as made, headrace(Path(made), url) as server:
        ids = _flows(server, flows)
        used, started = processor_seconds(server.pid), time.monotonic()
        setting_up.advance(server.client, f"PT{windows}H")
        seconds, used = time.monotonic() - started, processor_seconds(server.pid) - used
        runs = sum(_successes(server, flow) for flow in ids)
        if runs != flows * windows:
            raise HeadraceError(f"{runs} runs succeeded, not {flows * windows}.")
        rate.values.append(runs / seconds)
        processor.values.append(used * 1000 / runs)


def _flows(server: Server, count: int) -> list[str]:
    """Flows with a dataset each, whose first window ends within the hour."""
    walk = setting_up.prepared(server.client, analytics.account(0, ROWS))
    setting_up.map_fields(walk)
    return [_flow(walk, n) for n in range(count)]


def _flow(walk: tutorial.Walk, n: int) -> str:
    setting_up.another(walk, f"Flow {n}", analytics.account(n, ROWS))
    start = str(int(analytics.NOW.timestamp()))
    schedule = {"startTime": start, "frequency": "hour", "interval": 1, "backfill": False}
    return setting_up.start_flow(walk, f"Flow {n}", schedule)


def _successes(server: Server, flow: str) -> int:
    path = f"{FLOW_SERVICE}/runs?property=flowId=={flow}&property=metrics.statusSummary.status==success&count=true"
    count: int = server.client.call("GET", path)["count"]
    return count
