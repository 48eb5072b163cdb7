"""``headrace account``: the technical accounts that may fetch tokens, also while a server runs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from headrace.clock import WallClock, utc
from headrace.errors import Invalid, NotFound
from headrace.settings import Settings

if TYPE_CHECKING:
    from headrace.store.engine import Store

DATA_DIR = typer.Option(Path("headrace-data"), help="Directory that the server uses.")
DATABASE_URL = typer.Option("", help="postgresql://… instead of SQLite in the data directory.")
CLIENT_ID = typer.Argument(..., metavar="CLIENT_ID", help="Client id of the account.")

app = typer.Typer(
    no_args_is_help=True,
    help="Add, list, rotate and remove technical accounts, end their tokens; also beside a server.",
)


@app.command()
def add(
    data_dir: Path = DATA_DIR,
    database_url: str = DATABASE_URL,
    org: str = typer.Option("", help="Org of the account (default: the only one)."),
    role: str = typer.Option("admin", help="Role in the whole org: viewer, editor or admin."),
    new_org: bool = typer.Option(False, help="Make an org for it, with the sandbox prod."),
) -> None:
    """Add a technical account to an org, or with an org of its own; its secret is shown once."""
    from headrace.api.first_start import new_org_id
    from headrace.store import accounts, roles, sandboxes

    if new_org and org:
        raise Invalid("--new-org makes an org with an id of its own; leave out --org.", field="org")
    now, secret = WallClock().now(), accounts.new_secret()
    with _opened(data_dir, database_url) as store, store.write() as conn:
        chosen = new_org_id(conn, now) if new_org else _chosen(sandboxes.orgs(conn), org)
        client_id = accounts.create(conn, chosen, secret, now)
        roles.give(conn, client_id, role, now)
    _show(f"This account was added as {role}.", chosen, client_id, secret.text)


@app.command("list")
def list_accounts(data_dir: Path = DATA_DIR, database_url: str = DATABASE_URL) -> None:
    """List the technical accounts and their roles, without their secrets."""
    from headrace.store import accounts, roles

    with _opened(data_dir, database_url) as store, store.read() as conn:
        listed, by_client = accounts.listed(conn), roles.listed(conn)
    for each in listed:
        role = ", ".join(
            f"{role} in {sandbox}" if sandbox else role for sandbox, role in by_client.get(each.client_id, {}).items()
        )
        # Ids are for copying: no table of a terminal's width holds them whole.
        typer.echo(f"{each.client_id}  {role or 'no role'}")
        typer.echo(f"    org {each.org}, since {utc(each.created_at):%Y-%m-%d %H:%M:%S}Z")
        typer.echo(f"    user {each.user}")


@app.command("role")
def give_role(
    client_id: str = CLIENT_ID,
    role: str = typer.Argument(..., metavar="ROLE", help="viewer, editor or admin."),
    sandbox: str = typer.Option("", help="Sandbox that it holds for (default: every one without a role of its own)."),
    data_dir: Path = DATA_DIR,
    database_url: str = DATABASE_URL,
) -> None:
    """Give an account a role: a viewer reads, an editor also changes, explores and runs, an admin may do everything."""
    from headrace.store import accounts, roles, sandboxes

    with _opened(data_dir, database_url) as store, store.write() as conn:
        org = accounts.get(conn, client_id).org
        chosen = sandboxes.find(conn, org, sandbox) if sandbox else None
        if sandbox and chosen is None:
            raise NotFound(f"Org {org} has no sandbox {sandbox}.", kind="sandboxes", id=sandbox)
        roles.give(conn, client_id, role, WallClock().now(), chosen.name if chosen else roles.EVERYWHERE)
    typer.echo(f"{client_id} is {role} in {f'sandbox {chosen.name}' if chosen else 'every sandbox'} of {org}.")


@app.command()
def rotate(client_id: str = CLIENT_ID, data_dir: Path = DATA_DIR, database_url: str = DATABASE_URL) -> None:
    """Give an account a new secret, shown once; the old one and all its tokens end at once."""
    from headrace.store import accounts

    secret = accounts.new_secret()
    with _opened(data_dir, database_url) as store, store.write() as conn:
        account = accounts.rotate(conn, client_id, secret, WallClock().now())
    _show("This account has a new secret, its tokens are revoked.", account.org, client_id, secret.text)


@app.command()
def remove(client_id: str = CLIENT_ID, data_dir: Path = DATA_DIR, database_url: str = DATABASE_URL) -> None:
    """Remove an account; its tokens end at once. The last account stays."""
    from headrace.store import accounts, roles

    with _opened(data_dir, database_url) as store, store.write() as conn:
        account = accounts.remove(conn, client_id, WallClock().now())
        roles.forget(conn, client_id)
    typer.echo(f"Account {client_id} of {account.org} was removed; its tokens are revoked.")


@app.command("tokens")
def list_tokens(data_dir: Path = DATA_DIR, database_url: str = DATABASE_URL) -> None:
    """List how many tokens of each account are valid now, and until when; never a token."""
    from headrace.store import accounts
    from headrace.store.emulator_clock import wall_ms

    with _opened(data_dir, database_url) as store, store.read() as conn:
        held = accounts.held_tokens(conn, wall_ms())
    for each in held:
        plural = "" if each.count == 1 else "s"
        typer.echo(
            f"{each.client_id}  {each.count:,} token{plural}, the last until {utc(each.until):%Y-%m-%d %H:%M:%S}Z"
        )
        typer.echo(f"    org {each.org}")
    if not held:
        typer.echo("No token is valid now.")


@app.command()
def revoke(client_id: str = CLIENT_ID, data_dir: Path = DATA_DIR, database_url: str = DATABASE_URL) -> None:
    """End every token of an account at once; its secret stays, and fetches new ones."""
    from headrace.store import accounts

    with _opened(data_dir, database_url) as store, store.write() as conn:
        count = accounts.revoke(conn, client_id, WallClock().now())
    typer.echo(f"{count:,} token{'' if count == 1 else 's'} of {client_id} {'is' if count == 1 else 'are'} revoked.")


@contextmanager
def _opened(data_dir: Path, database_url: str) -> Iterator["Store"]:
    from headrace.query.local import open_existing

    with closing(open_existing(Settings(data_dir, database_url=database_url))) as store:
        yield store


def _chosen(orgs: list[str], wanted: str) -> str:
    if not wanted and len(orgs) > 1:
        raise Invalid(f"There are several orgs; choose one with --org: {', '.join(orgs)}.", field="org")
    chosen = wanted or next(iter(orgs), "")
    if chosen not in orgs:
        raise NotFound(f"There is no org {chosen} here. Orgs: {', '.join(orgs) or 'none yet'}.", kind="orgs", id=chosen)
    return chosen


def _show(said: str, org: str, client_id: str, secret: str) -> None:
    from headrace.api.first_start import shown_once

    typer.echo(shown_once(said, org, client_id, secret))
