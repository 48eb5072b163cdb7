"""Lists of runs as their columns answer them: only the runs of one page are read whole and rendered."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from headrace.runs import run_documents
from headrace.store import run_queries
from headrace.store.column_queries import ColumnQuery, Comparison, Ordering, comparison_with_number
from headrace.store.scope import Caller
from headrace.wire.filters import Condition, number
from headrace.wire.pages import Page, SortKey, last_given, token_after

# Paths of the run document that show a column as it is.
NUMBERS: Mapping[str, str] = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "metrics.durationSummary.startedAtUTC": "started",
    "metrics.durationSummary.completedAtUTC": "completed_at",
}
STATES: Mapping[str, str] = {"state": "state", "metrics.statusSummary.status": "state"}
TEXTS: Mapping[str, str] = {
    **STATES,
    "id": "id",
    "flowId": "flow_id",
    "etag": "etag",
    "createdBy": "user",
    "updatedBy": "user",
    "createdClient": "client",
    "updatedClient": "client",
    "sandboxName": "sandbox",
    "imsOrgId": "org",
}
COLUMNS: Mapping[str, str] = {**NUMBERS, **TEXTS}


def column_query(
    conditions: Sequence[Condition], order: Sequence[SortKey], flow_id: str | None = None
) -> ColumnQuery | None:
    """The same question, put to columns; None when one of them does not say what a condition or an order asks for.

    ``flow_id``: of the runs of one flow.
    """
    comparisons = [_comparison(condition) for condition in conditions]
    if None in comparisons or any(key.field not in COLUMNS for key in order):
        return None
    own = [] if flow_id is None else [Comparison("flow_id", "==", (flow_id,))]
    orderings = (Ordering(COLUMNS[key.field], key.descending) for key in order)
    query = ColumnQuery((*own, *filter(None, comparisons)), tuple(orderings))
    return None if query.too_long else query


def page(conn: sa.Connection, caller: Caller, query: ColumnQuery, limit: int, token: str | None, base_url: str) -> Page:
    """The documents of the page that follows the one which gave ``token``, as ``wire.pages.page_after`` gives it."""
    start = 0 if token is None else _start(conn, caller, query, token)
    listed = run_queries.page(conn, caller, query, start, limit + 1)
    items = run_documents.rendered(conn, caller, listed[:limit], base_url)
    return Page(items, token_after(items[-1], start + limit) if len(listed) > limit else None)


def _start(conn: sa.Connection, caller: Caller, query: ColumnQuery, token: str) -> int:
    last, place = last_given(token)
    position = run_queries.position(conn, caller, query, last) if "\0" not in last else None
    return place if position is None else position + 1


def _comparison(condition: Condition) -> Comparison | None:
    if condition.path in NUMBERS:
        value = number(condition.values[0]) if len(condition.values) == 1 else None
        return comparison_with_number(NUMBERS[condition.path], condition.op, value)
    if condition.path not in TEXTS or any("\0" in value for value in condition.values):
        return None
    if condition.path in STATES and condition.op in ("==", "!="):
        return Comparison("folded_state", condition.op, tuple(value.casefold() for value in condition.values))
    return Comparison(TEXTS[condition.path], condition.op, condition.values)
