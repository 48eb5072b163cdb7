"""The outbox: one row for every change of state, written in the change's own transaction."""

import sqlalchemy as sa

from headrace.store.metadata import Millis, metadata
from headrace.store.scope import Caller

events = sa.Table(
    "events",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", Millis, nullable=False),
    sa.Column("org", sa.Text, nullable=False),
    sa.Column("sandbox", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("etag", sa.Text),
)


def append(conn: sa.Connection, caller: Caller, kind: str, id: str, action: str, etag: str | None, at: int) -> None:
    """Records that ``caller`` did ``action`` (created, replaced, deleted, ...) to ``kind``/``id`` at ``at`` (ms)."""
    conn.execute(
        events.insert().values(
            at=at,
            org=caller.org,
            sandbox=caller.sandbox,
            actor=caller.user,
            kind=kind,
            id=id,
            action=action,
            etag=etag,
        )
    )
