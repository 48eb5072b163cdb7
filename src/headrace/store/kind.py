"""What kind of deployment a database and a directory belong to: an emulator's, open to everybody, or one in earnest.

Both remember it: a directory holds keys and tables, whatever database it is used with.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from headrace.errors import Conflict, Invalid
from headrace.store import accounts, locks, sandboxes
from headrace.store.metadata import metadata

kinds = sa.Table(
    "deployment_kind",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
)
THE_ROW = 1
EMULATOR, EARNEST = "emulator", "earnest"
MARKER = "kind"
DRAFT_BYTES = 8


def require(conn: sa.Connection, emulator: bool, where: str) -> None:
    """Conflict when the database at ``where`` is of the other kind; one that is of none becomes of this kind.

    A database of before knows no kind: with accounts it is in earnest, with orgs alone the emulator's.
    """
    locks.hold(conn, "the kind of deployment")
    needed = _name(emulator)
    kind = conn.execute(sa.select(kinds.c.kind)).scalar_one_or_none()
    if kind is None:
        kind = EARNEST if accounts.any_exists(conn) else EMULATOR if sandboxes.orgs(conn) else needed
        conn.execute(kinds.insert().values(id=THE_ROW, kind=kind))
    if kind != needed:
        raise _other(kind, where)


def require_directory(data_dir: Path, emulator: bool, beside: bool) -> None:
    """Conflict when the directory is of the other kind, or may be. Creates nothing.

    ``beside``: it was used, and not with the database of this start, which is new. Unless it says that it is an
    emulator's, such a directory may be in earnest.
    """
    kind = _marked(data_dir)
    if kind is not None and kind != _name(emulator):
        raise _other(kind, str(data_dir))
    if kind is None and emulator and beside:
        raise Conflict(
            f"{data_dir} was used with another database, maybe in earnest: an emulator would let anybody read and "
            "erase its tables. Give the --database-url that it was used with, or another --data-dir.",
            kind="directories",
            id=str(data_dir),
        )


def mark_directory(data_dir: Path, emulator: bool) -> None:
    """Has the directory say of which kind it is, unless it does already. Conflict with a start of the other kind."""
    # Written aside and linked: two first starts at once agree, and a crash leaves no half of it.
    if _marked(data_dir) is None:
        draft = data_dir / f"{MARKER}.{secrets.token_hex(DRAFT_BYTES)}"
        try:
            draft.write_text(f"{_name(emulator)}\n")
            with suppress(FileExistsError):
                os.link(draft, data_dir / MARKER)
        finally:
            draft.unlink(missing_ok=True)
    require_directory(data_dir, emulator, beside=False)


def _name(emulator: bool) -> str:
    return EMULATOR if emulator else EARNEST


def _marked(data_dir: Path) -> str | None:
    try:
        marked = (data_dir / MARKER).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Invalid(f"--data-dir {data_dir} cannot be used: {error.strerror} ({error.filename}).") from error
    return marked if marked in (EMULATOR, EARNEST) else None


def _other(kind: str, where: str) -> Conflict:
    message = (
        f"{where} was made with --emulator, where anybody could write to it. Start it with --emulator, or"
        if kind == EMULATOR
        else f"{where} was made in earnest: an emulator would let anybody read and erase it. Leave out --emulator, or"
    )
    return Conflict(f"{message} give another --data-dir (and --database-url).", kind="directories", id=where)
