"""``headrace key``: the keys that seal secrets, changed beside a running server."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from headrace.settings import KEYS_VARIABLE, Settings

if TYPE_CHECKING:
    from headrace.store.engine import Store
    from headrace.store.key_sources import KeySource

app = typer.Typer(no_args_is_help=True, help="Change the key that seals secrets; also beside a server.")


DATA_DIR = typer.Option(Path("headrace-data"), help="Directory that the server uses.")
DATABASE_URL = typer.Option("", help="postgresql://… instead of SQLite in the data directory.")
KEY_FILE = typer.Option(
    None,
    envvar="HEADRACE_KEY_FILE",
    show_envvar=True,
    help="File of the keys that seal secrets (default: in data-dir).",
)
KEY_COMMAND = typer.Option(
    "", envvar="HEADRACE_KEY_COMMAND", show_envvar=True, help="Command that prints the keys, in place of a file."
)


@app.command()
def new() -> None:
    """Print a new key: a line for a key file, a variable or a secret manager, where it goes last."""
    from headrace.store.key_sources import new_line

    typer.echo(new_line())


@app.command()
def rotate(
    data_dir: Path = DATA_DIR,
    database_url: str = DATABASE_URL,
    key_file: Path | None = KEY_FILE,
    key_command: str = KEY_COMMAND,
) -> None:
    """Add a key to the key file and seal every secret with it; servers follow by themselves.

    Safe to repeat. Machines that share the database need the file: copy it to them at once. Keys that come from a
    command or from the environment are added there first (headrace key new); then all is sealed with the last of them.
    """
    from headrace.store import keyring, secrets
    from headrace.store.key_sources import KeyFile

    with _opened(data_dir, database_url, key_file, key_command) as (store, source):
        if isinstance(source, KeyFile):
            source.add()
        ring = keyring.load_keyring(source)
        with store.read() as conn:
            owners = secrets.owners(conn)
        sealed = 0
        for caller, owner in owners:
            with store.write() as conn:
                sealed += secrets.reseal(conn, ring, caller, owner)
    typer.echo(f"{sealed:,} secret{'' if sealed == 1 else 's'} sealed anew, with key {ring.current}.")


@app.command()
def forget(
    data_dir: Path = DATA_DIR,
    database_url: str = DATABASE_URL,
    key_file: Path | None = KEY_FILE,
    key_command: str = KEY_COMMAND,
) -> None:
    """Take the keys out of the key file that nothing is sealed with any more; backups of before need them still.

    Of keys that come from a command or from the environment it says which those are.
    """
    from headrace.store import secrets
    from headrace.store.key_sources import KeyFile, idle

    with _opened(data_dir, database_url, key_file, key_command) as (store, source), store.read() as conn:
        in_use = secrets.keys_in_use(conn)
        gone = idle(source, in_use)
        if isinstance(source, KeyFile):
            source.forget(in_use)
            typer.echo(f"{len(gone):,} key{' is' if len(gone) == 1 else 's are'} out of {source.path}.")
        elif gone:
            typer.echo(
                f"Nothing is sealed with {', '.join(gone)}: restart every server and worker, then take them out."
            )
        else:
            typer.echo(f"Every key in {source} is needed.")


def keys_of_environment() -> str:
    """The keys in the variable for them; no option holds them, which every user of the machine could read."""
    return os.environ.get(KEYS_VARIABLE, "")


@contextmanager
def _opened(
    data_dir: Path, database_url: str, key_file: Path | None, key_command: str
) -> "Iterator[tuple[Store, KeySource]]":
    from headrace.query.local import open_existing
    from headrace.store.key_sources import key_source

    settings = Settings(
        data_dir, database_url=database_url, key_path=key_file, keys=keys_of_environment(), key_command=key_command
    )
    source = key_source(settings)
    with closing(open_existing(settings)) as store:
        source.require()
        yield store, source
