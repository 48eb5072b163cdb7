"""Which runs wait, work or are due again: what workers ask many times a second, in whatever scope."""

import sqlalchemy as sa

from headrace.store.metadata import Millis
from headrace.store.runs import FAILED, IN_PROGRESS, QUEUED, SCHEDULE, Run, from_row, is_unfinished, runs

PARKED = (QUEUED, FAILED)  # the latter with their batch in doubt

# Put together once: building these takes longer than running them.
_ID = sa.bindparam("id", type_=sa.Text)
_NOW = sa.bindparam("now", type_=Millis)
_scheduled = is_unfinished & (runs.c.cause == SCHEDULE)
_other = runs.alias()
_flow_runs = sa.exists().where((_other.c.flow_id == runs.c.flow_id) & (_other.c.state == IN_PROGRESS))
_BUSY_FLOWS = sa.select(runs.c.flow_id).where(_scheduled)
_IS_BUSY = sa.select(runs.c.id).where(_scheduled & (runs.c.flow_id == _ID))
_ready = runs.c.not_before.is_(None) | (runs.c.not_before <= _NOW) | runs.c.flow_id.is_(None)
_LIVE = sa.select(runs.c.id).where(is_unfinished & _ready).limit(1)
_IN_DOUBT = sa.select(runs).where((runs.c.state == FAILED) & runs.c.not_before.is_not(None))
_UNFINISHED = sa.select(runs).where(is_unfinished).order_by(runs.c.created_at)
_PARKED = (
    sa.select(runs)
    .where(runs.c.state.in_(PARKED) & (runs.c.not_before <= _NOW) & ~_flow_runs)
    .order_by(runs.c.not_before, runs.c.created_at)
    .limit(sa.bindparam("limit"))
)
_FREE_AND_PARKED = _PARKED.with_for_update(of=runs, skip_locked=True)


def is_busy(conn: sa.Connection, flow_id: str) -> bool:
    """Whether the flow has an unfinished scheduled run."""
    return conn.execute(_IS_BUSY, {"id": flow_id}).first() is not None


def busy_flows(conn: sa.Connection) -> set[str]:
    """Flows with an unfinished scheduled run."""
    return set(conn.execute(_BUSY_FLOWS).scalars())


def any_live(conn: sa.Connection, now: int) -> bool:
    """Whether a run is under way or ready to be: unfinished, and not parked beyond ``now``.

    An upload waits for nothing but its next attempt, so it is live until it is over.
    """
    return conn.execute(_LIVE, {"now": now}).first() is not None


def unfinished(conn: sa.Connection) -> list[Run]:
    """Every run that is not over, oldest first."""
    return [from_row(row) for row in conn.execute(_UNFINISHED)]


def in_doubt(conn: sa.Connection) -> list[Run]:
    """Every run that failed without anybody knowing whether its rows are in the table."""
    return [from_row(row) for row in conn.execute(_IN_DOUBT)]


def parked_until(conn: sa.Connection, now: int, limit: int) -> list[Run]:
    """Parked runs, and failed ones in doubt, whose time has come and whose flow has no other run in progress."""
    return [from_row(row) for row in conn.execute(_PARKED, {"now": now, "limit": limit})]


def take_parked(conn: sa.Connection, now: int, limit: int) -> list[Run]:
    """As ``parked_until``, kept from other processes until the transaction ends, without what another one keeps."""
    return [from_row(row) for row in conn.execute(_FREE_AND_PARKED, {"now": now, "limit": limit})]
