"""What is in use: reachable from a flow that is not deleted."""

from typing import Any

import sqlalchemy as sa

from headrace.errors import InUse
from headrace.flows.members import list_at
from headrace.store import documents
from headrace.store.scope import Caller

SOURCES, TARGETS, FLOWS = "sourceConnections", "targetConnections", "flows"
IDS_IN_FLOW = {SOURCES: "sourceConnectionIds", TARGETS: "targetConnectionIds"}


def require_unused_end(conn: sa.Connection, caller: Caller, kind: str, id: str) -> None:
    """InUse (1447) while a flow reads from, or writes to, this source or target connection."""
    _require_none(_flows_with(conn, caller, kind, {id}), kind, id, "1447")


def require_unused_connection(conn: sa.Connection, caller: Caller, id: str) -> None:
    """InUse (1418) while a flow reads through this base connection. A source connection alone does not count."""
    for kind in (SOURCES, TARGETS):
        above = {one.id for one in documents.select(conn, caller, kind) if one.body.get("baseConnectionId") == id}
        _require_none(_flows_with(conn, caller, kind, above), "connections", id, "1418")


def _flows_with(conn: sa.Connection, caller: Caller, kind: str, ids: set[str]) -> list[str]:
    def uses(body: dict[str, Any]) -> bool:
        return any(id in ids for id in list_at(body, IDS_IN_FLOW[kind]) if isinstance(id, str))

    return [flow.id for flow in documents.select(conn, caller, FLOWS) if uses(flow.body)] if ids else []


def _require_none(flows: list[str], kind: str, id: str, code: str) -> None:
    if flows:
        raise InUse(
            f"{id} of {kind} is used by the flows {', '.join(flows)}; delete those first.", code=code, kind=kind, id=id
        )
