"""Which processes live: a beat that each one counts up, for the others to see it stop."""

import sqlalchemy as sa

from headrace.store.metadata import Millis, metadata

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("executor", sa.Text, primary_key=True),
    sa.Column("beat", Millis, nullable=False),
)


def beat(conn: sa.Connection, executor: str) -> None:
    """Counts this process's beat up by one."""
    where = heartbeats.c.executor == executor
    if conn.execute(heartbeats.update().where(where).values(beat=heartbeats.c.beat + 1)).rowcount == 0:
        conn.execute(heartbeats.insert().values(executor=executor, beat=1))


def beats(conn: sa.Connection) -> dict[str, int]:
    """The last beat of every process that was not forgotten."""
    return {row.executor: row.beat for row in conn.execute(sa.select(heartbeats))}


def forget(conn: sa.Connection, executor: str) -> None:
    """A process that stopped in order, or whose work was taken over."""
    conn.execute(heartbeats.delete().where(heartbeats.c.executor == executor))
