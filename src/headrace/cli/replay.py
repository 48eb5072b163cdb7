"""``headrace replay``: a run's landed pages through another mapping version, tried or done, over the API."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from headrace.cli.terminal import Text
from headrace.client import FLOW_SERVICE, Client
from headrace.settings import DEFAULT_PORT

LOOK_SECONDS = 0.2
COUNTED = {"read": "input", "written": "output", "rejected": "failed", "dropped": "skipped", "warnings": "warning"}
TURNS = {"changed": "yellow", "becameGood": "green", "becameBad": "red"}
WORDS = {"changed": "changed", "becameGood": "became good", "becameBad": "became bad"}

Body = Mapping[str, Any]


def replay(
    run_id: str = typer.Argument(..., metavar="RUN_ID", help="Run whose landed pages are promoted again."),
    org: str = typer.Option(..., help="Org of the run."),
    mapping_version: int = typer.Option(None, min=0, help="Version of the run's mapping set (default: the newest)."),
    only_quarantined: bool = typer.Option(False, "--only-quarantined", help="Only the rows that the run rejected."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change, and write nothing."),
    url: str = typer.Option(f"http://127.0.0.1:{DEFAULT_PORT}", help="Server to ask."),
    sandbox: str = typer.Option("prod", help="Sandbox of the run."),
    token: str = typer.Option("emulator", help="Access token (an emulator takes any)."),
    api_key: str = typer.Option("headrace", help="Client id that the token was fetched with (an emulator takes any)."),
) -> None:
    """Promote a run's landed pages again through another mapping version, without asking the source."""
    console = Console()
    body: dict[str, Any] = {"rows": "quarantined" if only_quarantined else "all", "dryRun": dry_run}
    body |= {"mappingVersion": mapping_version} if mapping_version is not None else {}
    with Client(url, org, token, api_key, sandbox) as client:
        before = _run(client, run_id)
        answer = client.call("POST", f"{FLOW_SERVICE}/runs/{run_id}/action", body, params={"op": "replay"})
        if dry_run:
            show_trial(console, answer)
            return
        done = _awaited(console, client, answer["id"])
    show_runs(console, before, done)
    if done["state"] != "success":
        raise typer.Exit(1)


def _run(client: Client, id: str) -> dict[str, Any]:
    run: dict[str, Any] = client.call("GET", f"{FLOW_SERVICE}/runs/{id}")["items"][0]
    return run


def _awaited(console: Console, client: Client, id: str) -> dict[str, Any]:
    with console.status(f"Run {id} is queued ...") as status:
        while True:
            run = _run(client, id)
            if run["state"] not in ("queued", "inProgress"):
                return run
            activity = run["activities"][-1]["id"] if run["activities"] else run["state"]
            status.update(f"Run {id}: {run.get('waitsFor') or activity} ...")
            time.sleep(LOOK_SECONDS)


# -- what a dry run answers -----------------------------------------------------------------------------------------


def show_trial(console: Console, trial: Body) -> None:
    """Counts before and after, how many rows differ, and the sample of differences."""
    old, new = (trial["mappingVersion"][side] for side in ("before", "after"))
    table = _counts(f"version {old}", f"version {new}")
    for name in ("read", "written", "rejected"):
        table.add_row(name, *_pair(trial["before"][name], trial["after"][name]))
    for name in ("replaced", "deleted"):
        if any(pair := tuple(trial[side].get(name, 0) for side in ("before", "after"))):
            table.add_row(f"{name} in the table", *_pair(*pair))
    for member, indent in (("rejectedByCode", "  "), ("droppedByRule", "dropped by ")):
        before, after = trial["before"][member], trial["after"][member]
        for name in sorted({*before, *after}):
            table.add_row(indent + name, *_pair(before.get(name, 0), after.get(name, 0)))
    table.add_row("warnings", *_pair(trial["before"]["warnings"], trial["after"]["warnings"]))
    console.print(table)
    turned = [f"{trial[kind]:,} {WORDS[kind]}" for kind in TURNS]
    console.print(f"Rows: {', '.join(turned)}. Nothing was written.")
    if trial["differences"]:
        console.print(_differences(trial))


def _differences(trial: Body) -> Table:
    shown = trial["differences"]
    table = Table(title=f"The first {len(shown)} differences", title_justify="left")
    for heading in ("row", "destination", "before", "after"):
        table.add_column(heading, overflow="fold")
    for one in shown:
        style = TURNS[one["kind"]]
        good_before, good_after = one["kind"] != "becameGood", one["kind"] != "becameBad"
        before, after = _value(one["before"], good_before), _value(one["after"], good_after)
        table.add_row(Text(f"{one['page']} {one['row']}"), Text(one["destination"], style=style), before, after)
    return table


def _value(value: Any, good: bool) -> Text:
    text = "null" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return Text(text if good else f"rejected: {text}", style="" if good else "red")


# -- what a replay became -------------------------------------------------------------------------------------------


def show_runs(console: Console, before: Body, done: Body) -> None:
    """The counts of the run and of its replay, and how the replay ended."""
    table = _counts(f"run {before['id'][:8]}", f"replay {done['id'][:8]}")
    old, new = (run["metrics"]["recordSummary"] for run in (before, done))
    for name, word in COUNTED.items():
        pair = tuple(counts.get(f"{word}RecordCount", 0) for counts in (old, new))
        if any(pair) or name in ("read", "written", "rejected"):
            table.add_row(name, *_pair(*pair))
    console.print(table)
    good = done["state"] == "success"
    console.print(Text(f"Run {done['id']}: {done['state']}.", style="green" if good else "red"))
    for error in done["metrics"]["statusSummary"].get("errors", []):
        console.print(Text(f"{error['code']} {error['message']}"))


def _counts(before: str, after: str) -> Table:
    table = Table()
    for heading in ("rows", before, after):
        table.add_column(heading, justify="left" if heading == "rows" else "right")
    return table


def _pair(before: int, after: int) -> tuple[str, Text]:
    return f"{before:,}", Text(f"{after:,}", style="" if before == after else "bold")
