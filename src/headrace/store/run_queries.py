"""Lists of runs that the database narrows, orders and pages."""

from typing import Any

import sqlalchemy as sa

from headrace.store.column_queries import ColumnQuery, Columns, order, where
from headrace.store.runs import NEWEST_FIRST, Run, by_ids, in_scope, runs
from headrace.store.scope import Caller

COLUMNS: Columns = {
    **{name: runs.c[name] for name in ("id", "flow_id", "etag", "state", "user", "client", "sandbox", "org")},
    **{name: runs.c[name] for name in ("created_at", "updated_at", "completed_at")},
    "folded_state": sa.func.lower(runs.c.state, type_=sa.Text()),
    # A run that nobody has entered yet has its creation for a start, as its document shows.
    "started": sa.func.coalesce(sa.func.nullif(runs.c.started_at, 0), runs.c.created_at, type_=sa.BigInteger()),
}


def count(conn: sa.Connection, caller: Caller, query: ColumnQuery) -> int:
    """How many of the caller's runs the query takes in."""
    statement = sa.select(sa.func.count()).select_from(runs).where(in_scope(caller), where(COLUMNS, query))
    return conn.execute(statement).scalar_one()


def page(conn: sa.Connection, caller: Caller, query: ColumnQuery, start: int, limit: int) -> list[Run]:
    """At most ``limit`` of the runs that the query takes in, in its order, from position ``start`` (from 0) on."""
    statement = sa.select(runs.c.id).where(in_scope(caller), where(COLUMNS, query)).order_by(*_order(query))
    return by_ids(conn, conn.execute(statement.limit(limit).offset(start)).scalars().all())


def position(conn: sa.Connection, caller: Caller, query: ColumnQuery, id: str) -> int | None:
    """Where a run stands (from 0) among those that the query takes in; None for one that it leaves out."""
    number = sa.func.row_number().over(order_by=_order(query)).label("number")
    numbered = sa.select(runs.c.id, number).where(in_scope(caller), where(COLUMNS, query)).subquery()
    nth = conn.execute(sa.select(numbered.c.number).where(numbered.c.id == id)).scalar_one_or_none()
    return None if nth is None else nth - 1


def _order(query: ColumnQuery) -> list[sa.ColumnElement[Any]]:
    return [*order(COLUMNS, query), *NEWEST_FIRST]
