"""``headrace gaps``: the windows that no flow has filled yet, why, and what is going to fill them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from headrace.cli.terminal import Text
from headrace.clock import utc
from headrace.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa


def gaps(
    data_dir: Path = typer.Option(Path("headrace-data"), help="Directory that the server uses."),
    database_url: str = typer.Option("", help="postgresql://… instead of SQLite in the data directory."),
) -> None:
    """List the windows that failed and are not filled yet, of all flows, with what fills them next."""
    from headrace.query.local import open_existing

    console, table = Console(), Table()
    for heading in ("flow", "window", "run", "why", "next"):
        table.add_column(heading, overflow="fold")
    with closing(open_existing(Settings(data_dir, database_url=database_url))) as store, store.read() as conn:
        for flow, gap in _open_gaps(conn):
            window = f"{_moment(gap['windowStart'])} to {_moment(gap['windowEnd'])}"
            reason = gap.get("reason", {}).get("message", "")
            table.add_row(*map(Text, (f"{flow['name']}\n{flow['id']}", window, gap["runId"], reason, _next(gap))))
    if table.row_count:
        console.print(table)
    else:
        console.print("No flow has a gap.")


def _open_gaps(conn: "sa.Connection") -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    from headrace.flows import views
    from headrace.flows.usage import FLOWS
    from headrace.store import documents, sandboxes
    from headrace.store.scope import Caller

    for org in sandboxes.orgs(conn):
        for sandbox in sandboxes.listed(conn, org):
            caller = Caller(org, sandbox.name, sandbox.id, "", "")
            for document in documents.select(conn, caller, FLOWS):
                flow = views.one(conn, caller, FLOWS, document.id)
                yield from ((flow, gap) for gap in flow.get("gaps", ()))


def _next(gap: dict[str, Any]) -> str:
    if "retryAt" in gap:
        return f"tried again at {_moment(gap['retryAt'])}"
    return f"run {gap['openRunId']} tries it now" if "openRunId" in gap else f"waits for {gap['waitsFor']}"


def _moment(at: int) -> str:
    return f"{utc(at):%Y-%m-%d %H:%M}Z"
