"""What kind of deployment a database belongs to: the emulator's, open to everybody, or one in earnest."""

import sqlalchemy as sa

from headrace.errors import Conflict
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


def require(conn: sa.Connection, emulator: bool, where: str) -> None:
    """Conflict when the database at ``where`` is of the other kind; one that is of none becomes of this kind.

    A database of before knows no kind: with accounts it is in earnest, with orgs alone the emulator's.
    """
    locks.hold(conn, "the kind of deployment")
    needed = EMULATOR if emulator else EARNEST
    kind = conn.execute(sa.select(kinds.c.kind)).scalar_one_or_none()
    if kind is None:
        kind = EARNEST if accounts.any_exists(conn) else EMULATOR if sandboxes.orgs(conn) else needed
        conn.execute(kinds.insert().values(id=THE_ROW, kind=kind))
    if kind == needed:
        return
    if kind == EARNEST:
        message = (
            f"{where} was made in earnest: an emulator would let anybody read and erase it. Leave out --emulator, or"
        )
    else:
        message = f"{where} was made with --emulator, where anybody could write to it. Start it with --emulator, or"
    raise Conflict(f"{message} give another --data-dir (and --database-url).", kind="directories", id=where)
