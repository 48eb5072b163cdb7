"""Which flows use a document: the one place that follows what a stored flow refers to."""

from typing import Any

import sqlalchemy as sa

from headrace.errors import InUse
from headrace.flows.members import list_at
from headrace.store import documents
from headrace.store.scope import Caller

Json = dict[str, Any]

SOURCES, TARGETS, FLOWS = "sourceConnections", "targetConnections", "flows"
IDS_IN_FLOW = {SOURCES: "sourceConnectionIds", TARGETS: "targetConnectionIds"}


def flows_into(conn: sa.Connection, caller: Caller, dataset_id: str) -> list[str]:
    """The flows that write to this dataset, whichever of their target connections leads there."""
    return _flows_with(conn, caller, TARGETS, _ends_at(conn, caller, TARGETS, "params.dataSetId", dataset_id))


def flows_mapping_with(conn: sa.Connection, caller: Caller, mapping_set_id: str) -> list[str]:
    """The flows that map with this mapping set, in whatever version."""
    return [flow.id for flow in documents.select(conn, caller, FLOWS) if mapping_set_id in _mapping_sets(flow.body)]


def require_unused_end(conn: sa.Connection, caller: Caller, kind: str, id: str) -> None:
    """InUse (1447) while a flow reads from, or writes to, this source or target connection."""
    _require_none(_flows_with(conn, caller, kind, {id}), kind, id, "1447")


def require_unused_connection(conn: sa.Connection, caller: Caller, id: str) -> None:
    """InUse (1418) while a flow reads through this base connection. A source connection alone does not count."""
    for kind in (SOURCES, TARGETS):
        above = _ends_at(conn, caller, kind, "baseConnectionId", id)
        _require_none(_flows_with(conn, caller, kind, above), "connections", id, "1418")


def _flows_with(conn: sa.Connection, caller: Caller, kind: str, ends: set[str]) -> list[str]:
    """The flows with one of these source or target connections (``kind``)."""

    def uses(flow: Json) -> bool:
        return any(id in ends for id in list_at(flow, IDS_IN_FLOW[kind]) if isinstance(id, str))

    return [flow.id for flow in documents.select(conn, caller, FLOWS) if uses(flow.body)] if ends else []


def _ends_at(conn: sa.Connection, caller: Caller, kind: str, path: str, id: str) -> set[str]:
    """The source or target connections (``kind``) that name this id at ``path``."""
    return {end.id for end in documents.select(conn, caller, kind) if _id_at(end.body, path) == id}


def _mapping_sets(flow: Json) -> set[str]:
    ids = (_id_at(step, "params.mappingId") for step in list_at(flow, "transformations"))
    return {id for id in ids if id is not None}


def _id_at(node: object, path: str) -> str | None:
    """The id at ``path``, read as a run reads it; a draft may hold anything in its place, and on the way there."""
    for name in path.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    return node.strip() if isinstance(node, str) else None


def _require_none(flows: list[str], kind: str, id: str, code: str) -> None:
    if flows:
        raise InUse(
            f"{id} of {kind} is used by the flows {', '.join(flows)}; delete those first.", code=code, kind=kind, id=id
        )
