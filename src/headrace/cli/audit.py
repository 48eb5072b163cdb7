"""``headrace audit``: who changed what, when and from where, as the events of the database have it."""

from contextlib import closing
from pathlib import Path

import typer

from headrace.clock import utc
from headrace.errors import NotFound
from headrace.settings import Settings

MOST = 100_000


def audit(
    data_dir: Path = typer.Option(Path("headrace-data"), help="Directory that the server uses."),
    database_url: str = typer.Option("", help="postgresql://… instead of SQLite in the data directory."),
    org: str = typer.Option("", help="What happened in this org alone."),
    kind: str = typer.Option("", help="What happened to one kind of thing: accounts, flows, dataSets, runs, …"),
    id: str = typer.Option("", help="What happened to the one with this id."),
    actor: str = typer.Option("", help="What this user did, or who failed to sign in from this address."),
    limit: int = typer.Option(50, min=1, max=MOST, help="So many of the newest."),
) -> None:
    """Show who changed what, when and from where, the newest first; also beside a server."""
    from headrace.query.local import open_existing
    from headrace.store import events

    narrowed = {"org": org, "kind": kind, "id": id, "actor": actor}
    with closing(open_existing(Settings(data_dir, database_url=database_url))) as store, store.read() as conn:
        newest = events.newest(conn, {name: value for name, value in narrowed.items() if value}, limit)
    if not newest:
        raise NotFound("Nothing of the kind happened.", kind="events")
    for each in newest:
        # Ids are for copying: no table of a terminal's width holds them whole.
        typer.echo(f"{utc(each.at):%Y-%m-%d %H:%M:%S}Z  {each.action}  {each.kind} {each.id}")
        typer.echo(f"    by {each.actor}{f' from {each.address}' if each.address else ''}")
        typer.echo(f"    in {each.org}{f', sandbox {each.sandbox}' if each.sandbox else ''}")
