"""The outbox: one row for every change of state, written in the change's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from headrace.store.metadata import Millis, metadata
from headrace.store.portable import among
from headrace.store.scope import Caller, Reach

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
    sa.Column("address", sa.Text),
)

_APPEND = events.insert()  # put together once
REFUSED = "refused"
MOST_REFUSED = 10_000
# Spelled out, or the database would not see that the index has it.
is_refused = events.c.action == sa.literal(REFUSED, literal_execute=True)
sa.Index("ix_events_refused", events.c.seq, sqlite_where=is_refused, postgresql_where=is_refused)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, and when it was, in epoch ms."""

    kind: str
    id: str
    etag: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it was recorded; ``address``: from where, empty for what happened by itself."""

    at: int
    org: str
    sandbox: str
    actor: str
    address: str
    kind: str
    id: str
    action: str


def newest(
    conn: sa.Connection, narrowed: Mapping[str, str], limit: int, start: int = 0, reach: Reach = Reach()
) -> list[Event]:
    """So many events behind the first ``start``, the newest first; ``narrowed``: by the values of columns.

    ``reach``: those of these sandboxes.
    """
    columns = [events.c[name] for name in Event.__dataclass_fields__]
    where = [events.c[name] == value for name, value in narrowed.items()]
    named = among(events.c.sandbox, reach.names)
    where.append(sa.not_(named) if reach.excepts else named)
    rows = conn.execute(sa.select(*columns).where(*where).order_by(events.c.seq.desc()).limit(limit).offset(start))
    return [Event(**{**row._mapping, "address": row.address or ""}) for row in rows]


def append(conn: sa.Connection, caller: Caller, kind: str, id: str, action: str, etag: str | None, at: int) -> None:
    """Records that ``caller`` did ``action`` (created, replaced, deleted, ...) to ``kind``/``id`` at ``at`` (ms)."""
    append_all(conn, caller, action, [Subject(kind, id, etag, at)])


def append_refused(conn: sa.Connection, caller: Caller, kind: str, id: str, at: int) -> None:
    """Records that somebody was refused. The newest of these stay: whoever is refused decides how many there are."""
    append(conn, caller, kind, id, REFUSED, None, at)
    older = sa.select(events.c.seq).where(is_refused).order_by(events.c.seq.desc()).offset(MOST_REFUSED).limit(1)
    conn.execute(events.delete().where(is_refused, events.c.seq <= older.scalar_subquery()))


def append_all(conn: sa.Connection, caller: Caller, action: str, subjects: Sequence[Subject]) -> None:
    """The same for each of many."""
    shared = {
        "org": caller.org, "sandbox": caller.sandbox, "actor": caller.user, "address": caller.address, "action": action,
    }  # fmt: skip
    conn.execute(_APPEND, [{**shared, **asdict(subject)} for subject in subjects])
