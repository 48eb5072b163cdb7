"""``headrace key``: the keys that seal secrets, changed beside a running server."""

from contextlib import closing
from pathlib import Path

import typer

from headrace.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Change the key that seals secrets; also beside a server.")


DATA_DIR = typer.Option(Path("headrace-data"), help="Directory that the server uses.")
DATABASE_URL = typer.Option("", help="postgresql://… instead of SQLite in the data directory.")


@app.command()
def rotate(data_dir: Path = DATA_DIR, database_url: str = DATABASE_URL) -> None:
    """Add a key to the key file and seal every secret with it; servers follow by themselves.

    Safe to repeat. Machines that share the database need the file: copy it to them at once.
    """
    from headrace.query.local import open_existing
    from headrace.store import keyring, secrets

    settings = Settings(data_dir, database_url=database_url)
    with closing(open_existing(settings)) as store:
        keyring.require_key_file(settings.key_file)
        ring = keyring.add_key(settings.key_file)
        with store.read() as conn:
            owners = secrets.owners(conn)
        sealed = 0
        for caller, owner in owners:
            with store.write() as conn:
                sealed += secrets.reseal(conn, ring, caller, owner)
    typer.echo(f"{sealed:,} secret{'' if sealed == 1 else 's'} sealed anew, with key {ring.current}.")


@app.command()
def forget(data_dir: Path = DATA_DIR, database_url: str = DATABASE_URL) -> None:
    """Take the keys out of the key file that nothing is sealed with any more; backups of before need them still."""
    from headrace.query.local import open_existing
    from headrace.store import keyring, secrets

    settings = Settings(data_dir, database_url=database_url)
    with closing(open_existing(settings)) as store, store.read() as conn:
        keyring.require_key_file(settings.key_file)
        gone = keyring.forget_keys(settings.key_file, secrets.keys_in_use(conn))
    typer.echo(f"{gone:,} key{' is' if gone == 1 else 's are'} out of {settings.key_file}.")
