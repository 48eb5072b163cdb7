"""When each flow is due: its schedule, how far its windows have come, and when to look at it next."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.store.metadata import Millis, metadata
from headrace.store.portable import as_members, member_of
from headrace.store.scope import Caller

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("flow_id", sa.Text, primary_key=True),
    sa.Column("org", sa.Text, nullable=False),
    sa.Column("sandbox", sa.Text, nullable=False),
    sa.Column("frequency", sa.Text, nullable=False),
    sa.Column("interval", sa.Integer, nullable=False),
    sa.Column("start", Millis, nullable=False),
    sa.Column("backfill", sa.Boolean, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("watermark", Millis),
    sa.Column("due_at", Millis),
    sa.Index("ix_schedules_due", "enabled", "due_at"),
)

# Asked many times a second, so put together once.
_DUE = (
    sa.select(schedules)
    .where(
        schedules.c.enabled
        & (schedules.c.due_at <= sa.bindparam("now"))
        & ~member_of(schedules.c.flow_id, sa.bindparam("busy", type_=sa.Text))
    )
    .order_by(schedules.c.due_at)
    .limit(sa.bindparam("limit"))
)
# What another process is offering right now is left to it.
_FREE_AND_DUE = _DUE.with_for_update(skip_locked=True)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One flow's schedule; times are epoch ms, UTC.

    start       the schedule's startTime
    created_at  when the flow was created: where a schedule without backfill begins
    watermark   end of the last window that became a run, None before the first
    due_at      when to look at the flow next; None: never again (a one-time flow that ran)
    """

    flow_id: str
    org: str
    sandbox: str
    frequency: str
    interval: int
    start: int
    backfill: bool
    enabled: bool
    created_at: int
    watermark: int | None
    due_at: int | None


def put(
    conn: sa.Connection,
    caller: Caller,
    flow_id: str,
    *,
    frequency: str,
    interval: int,
    start: int,
    backfill: bool,
    enabled: bool,
    at: int,
) -> None:
    """Creates or changes a flow's schedule. A change keeps the watermark and makes the flow looked at again."""
    changed = {
        "frequency": frequency,
        "interval": interval,
        "start": start,
        "backfill": backfill,
        "enabled": enabled,
        "due_at": at,
    }
    if conn.execute(schedules.update().where(schedules.c.flow_id == flow_id).values(changed)).rowcount == 0:
        new = {"flow_id": flow_id, "org": caller.org, "sandbox": caller.sandbox, "created_at": at, "watermark": None}
        conn.execute(schedules.insert().values(**new, **changed))


def remove(conn: sa.Connection, caller: Caller, flow_id: str) -> None:
    """Forgets a deleted flow's schedule."""
    scope = (schedules.c.org == caller.org) & (schedules.c.sandbox == caller.sandbox)
    conn.execute(schedules.delete().where(scope & (schedules.c.flow_id == flow_id)))


def find(conn: sa.Connection, flow_id: str) -> Schedule | None:
    """The flow's schedule, or None when it has none (deleted, draft)."""
    # Locked on PostgreSQL until the transaction ends: of two that offer its next window, one waits for the other.
    row = conn.execute(sa.select(schedules).where(schedules.c.flow_id == flow_id).with_for_update()).one_or_none()
    return Schedule(**row._mapping) if row is not None else None


def due(conn: sa.Connection, now: int, busy: Collection[str], limit: int) -> list[Schedule]:
    """At most ``limit`` enabled schedules to look at by ``now``, longest due first, flows in ``busy`` left out."""
    return _listed(conn, _DUE, now, busy, limit)


def take_due(conn: sa.Connection, now: int, busy: Collection[str], limit: int) -> list[Schedule]:
    """As ``due``, kept from other processes until the transaction ends, and without what another one keeps."""
    return _listed(conn, _FREE_AND_DUE, now, busy, limit)


def _listed(
    conn: sa.Connection, statement: "sa.Select[Any]", now: int, busy: Collection[str], limit: int
) -> list[Schedule]:
    rows = conn.execute(statement, {"now": now, "busy": as_members(busy), "limit": limit})
    return [Schedule(**row._mapping) for row in rows]


def advance(conn: sa.Connection, flow_id: str, *, watermark: int | None, due_at: int | None) -> None:
    """Moves the watermark to the end of the window that just became a run, and says when to look again."""
    conn.execute(schedules.update().where(schedules.c.flow_id == flow_id).values(watermark=watermark, due_at=due_at))
