"""``headrace demo``: both servers, the whole tutorial over HTTP, and what became of every record."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from headrace.cli import demo_view as view
from headrace.cli import tutorial
from headrace.cli.processes import running
from headrace.client import CATALOG, EXPORT, FLOW_SERVICE, Client
from headrace.errors import HeadraceError

ORG = "4F1E9B6A5D2C7A3B0A495C1D@AdobeOrg"
NOW = "2022-08-10T05:00:00Z"
PRINTED = {"inputRecordCount": 100, "outputRecordCount": 99, "failedRecordCount": 1}
RUN_SECONDS = 60.0


def demo(
    data_dir: Path | None = typer.Option(None, help="Keep the demo's data here (default: a temporary directory)."),
) -> None:
    """Walk the whole tutorial against a simulated LinkedIn: connect, map, schedule, run, quarantine, query."""
    console = Console()
    with _directory(data_dir) as directory, _servers(directory) as (simulator, server):
        _walk(console, directory, simulator, server)
    view.closing(console, directory / "data" if data_dir is not None else None)


@contextmanager
def _directory(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        if any(data_dir.iterdir()):
            raise HeadraceError(f"{data_dir} is not empty; the demo starts from an empty directory.")
        yield data_dir
    else:
        with tempfile.TemporaryDirectory(prefix="headrace-demo-") as made:
            yield Path(made)


@contextmanager
def _servers(directory: Path) -> Iterator[tuple[str, str]]:
    source = ["serve", "--port", "0", "--world", "tutorial", "--clock", NOW]
    with running("linkedin_simulator.main", source, directory / "simulator.log") as simulator:
        alias = f"https://api.linkedin.com={simulator}"
        ours = ["serve", "--port", "0", "--data-dir", str(directory / "data"), "--emulator", "--host-alias", alias]
        with running("headrace.main", ours, directory / "server.log") as server:
            yield simulator, server


def _walk(console: Console, directory: Path, simulator: str, server: str) -> None:
    with Client(server, ORG, "emulator", "headrace-demo") as client:
        walk = tutorial.Walk(client, lambda sent: view.request(console, sent))
        walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = _source_token(client, simulator)
        view.opening(console, server, simulator, NOW)
        client.call("POST", "/_emulator/clock", {"now": NOW})
        tutorial.connect(walk)
        tutorial.prepare(walk)
        tutorial.start_flow(walk)
        run = _run(console, walk)
        _check(run)
        _follow(console, walk, run)
        _pictures(console, walk, directory)
        _next_window(console, walk, simulator)
        tutorial.clean_up(walk)


def _source_token(client: Client, simulator: str) -> str:
    world = client.call("GET", f"{simulator}/_control/world")
    token: str = world["tokens"][0]["token"]
    return token


def _run(console: Console, walk: tutorial.Walk) -> dict[str, Any]:
    """Asks the emulator to settle and shows the run's own document while it works."""
    waiting = threading.Thread(
        target=walk.client.send, args=("POST", "/_emulator/clock", {"advance": "PT0S", "wait": True})
    )
    waiting.start()
    path = f"{FLOW_SERVICE}/runs?property=flowId=={walk.values['FLOW_ID']}"
    deadline = time.monotonic() + RUN_SECONDS
    with view.progress(console) as show:
        while time.monotonic() < deadline:
            items = walk.client.call("GET", path)["items"]
            show(items[0] if items else None)
            if items and items[0]["metrics"]["durationSummary"].get("completedAtUTC"):
                break
            waiting.join(timeout=0.05)
    waiting.join()
    (run,) = tutorial.list_runs(walk)
    view.run(console, run)
    return run


def _check(run: dict[str, Any]) -> None:
    """The tutorial's figures, or the demo has failed."""
    counted = {name: run["metrics"]["recordSummary"].get(name) for name in PRINTED}
    status = run["metrics"]["statusSummary"]["status"]
    if counted != PRINTED or status != "success":
        raise HeadraceError(f"The run is {status} with {counted}; the tutorial prints success with {PRINTED}.")


def _follow(console: Console, walk: tutorial.Walk, run: dict[str, Any]) -> None:
    for href in dict.fromkeys(tutorial.links(run)):
        listing = walk.send("Follow the run's link", "GET", href)
        entries = listing["data"] if isinstance(listing, dict) else []
        for entry in entries:
            content = walk.client.call("GET", entry["_links"]["self"]["href"], headers={"Accept": "application/json"})
            if "row_errors" in href:
                view.quarantined(console, content)


def _pictures(console: Console, walk: tutorial.Walk, directory: Path) -> None:
    dataset = walk.values["DATASET_ID"]
    table = walk.client.call("GET", f"{CATALOG}/dataSets/{dataset}")[dataset]["tags"]["adobe/pqs/table"][0]
    (run,) = walk.client.call("GET", f"{FLOW_SERVICE}/runs?property=flowId=={walk.values['FLOW_ID']}")["items"]
    batch = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    walk.send("The batch's files", "GET", f"{EXPORT}/batches/{batch}/files")
    view.days(console, directory / "data", ORG, table)
    view.months(console, directory / "data", ORG, table)


def _next_window(console: Console, walk: tutorial.Walk, simulator: str) -> None:
    """An hour later, on both clocks: the next window finds nothing new and changes nothing."""
    dataset = walk.values["DATASET_ID"]
    before = _rows(walk, dataset)
    walk.client.call("POST", f"{simulator}/_control/clock", {"advance": "PT1H"})
    walk.send("An hour later", "POST", "/_emulator/clock", {"advance": "PT1H", "wait": True})
    runs = tutorial.list_runs(walk, "The next window has run")
    counted = runs[0]["metrics"]["recordSummary"]
    after = _rows(walk, dataset)
    if len(runs) != 2 or counted["inputRecordCount"] != 0 or before != after:
        raise HeadraceError(
            f"The next window should be empty: {len(runs)} runs, {counted}, {before} then {after} rows."
        )
    view.unchanged(console, runs[0], before, after)


def _rows(walk: tutorial.Walk, dataset: str) -> int:
    found = walk.client.call("GET", f"{CATALOG}/dataSets/{dataset}")[dataset]
    rows: int = found["extensions"]["adobe_lakeHouse"]["metrics"]["rowCount"]
    return rows
