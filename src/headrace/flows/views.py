"""Documents with what they inherit: a source connection's base, a flow's connections and its last run."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from headrace.counts import total, warnings_by_rule
from headrace.flows import advice, rendering
from headrace.flows.credentials import CONNECTIONS
from headrace.flows.members import list_at
from headrace.flows.states import ENABLED
from headrace.flows.usage import FLOWS, SOURCES, TARGETS
from headrace.store import documents, gaps, parts, runs
from headrace.store.documents import Document
from headrace.store.gaps import Gap
from headrace.store.runs import LastRun
from headrace.store.scope import Caller

Json = dict[str, Any]
INHERITED = {FLOWS: (SOURCES, TARGETS, CONNECTIONS), SOURCES: (CONNECTIONS,), TARGETS: (CONNECTIONS,)}
Find = Callable[[str, object], Document | None]


def one(conn: sa.Connection, caller: Caller, kind: str, id: str) -> Json:
    """One document as it is shown; NotFound when there is none."""
    found = documents.get(conn, caller, kind, id)

    def find(wanted: str, which: object) -> Document | None:
        return documents.find(conn, caller, wanted, which) if isinstance(which, str) else None

    if kind != FLOWS:
        return _shown(found, caller, find)
    enabled = found.body.get("state") == ENABLED
    open_gaps = [_gap(gap, enabled) for gap in gaps.of_flow(conn, caller, id)]
    last = runs.last_of(conn, caller, [id]).get(id)
    warnings = [*advice.of_flow(conn, caller, found.body), *(_of_run(conn, last) if last else [])]
    shown = _flow(found, caller, find, last)
    return shown | ({"gaps": open_gaps} if open_gaps else {}) | ({"warnings": warnings} if warnings else {})


def _gap(gap: Gap, enabled: bool) -> Json:
    """A window that is not filled: why, and what is going to fill it."""
    run, window = gap.run, gap.run.window
    reason = {} if run.outcome is None else {"reason": {"code": run.outcome.code, "message": run.outcome.message}}
    shown = {"windowStart": window.start, "windowEnd": window.end, "runId": run.id, **reason}
    if gap.open_run is not None:
        return shown | {"openRunId": gap.open_run.id}
    if run.retry_at is not None and enabled:
        return shown | {"retryAt": run.retry_at}
    waits_for = (
        "the flow to be enabled" if run.retry_at is not None else "a person: mend its reason, then re-trigger it"
    )
    return shown | {"waitsFor": waits_for}


def _of_run(conn: sa.Connection, last: LastRun) -> list[Json]:
    """What the newest run warns of."""
    counts = total(part.counts for part in parts.listed(conn, last.id))
    return [{"runId": last.id, **warning} for warning in warnings_by_rule(counts)]


def listed(conn: sa.Connection, caller: Caller, kind: str) -> list[Json]:
    """Every document of a kind as it is shown, newest first."""
    found = documents.select(conn, caller, kind)
    find = _finder(conn, caller, INHERITED.get(kind, ()))
    if kind != FLOWS:
        return [_shown(document, caller, find) for document in found]
    last = runs.last_of(conn, caller, [flow.id for flow in found])
    return [_flow(flow, caller, find, last.get(flow.id)) for flow in found]


def _finder(conn: sa.Connection, caller: Caller, kinds: Sequence[str]) -> Find:
    known = {kind: {one.id: one for one in documents.select(conn, caller, kind)} for kind in kinds}
    return lambda kind, id: known.get(kind, {}).get(id) if isinstance(id, str) else None


def _shown(document: Document, caller: Caller, find: Find) -> Json:
    shown = rendering.item(document, caller)
    base = _base(document, find)
    return shown | ({"inheritedAttributes": {"baseConnection": base}} if base else {})


def _flow(flow: Document, caller: Caller, find: Find, last: LastRun | None) -> Json:
    shown = rendering.item(flow, caller)
    shown["inheritedAttributes"] = {
        "properties": {"isSourceFlow": True},
        "sourceConnections": [_end(id, find(SOURCES, id), find) for id in list_at(flow.body, "sourceConnectionIds")],
        "targetConnections": [_end(id, find(TARGETS, id), find) for id in list_at(flow.body, "targetConnectionIds")],
    }
    shown["runs"] = f"/flows/{flow.id}/runs"
    if last is not None:
        details = {"id": last.id, "state": last.state, "startedAtUTC": last.started_at}
        shown["lastRunDetails"] = details | ({"completedAtUTC": last.completed_at} if last.completed_at else {})
    return shown


def _end(id: object, found: Document | None, find: Find) -> Json:
    if found is None:
        return {"id": id}
    base = _base(found, find)
    return {"id": id, "connectionSpec": found.body.get("connectionSpec")} | ({"baseConnection": base} if base else {})


def _base(document: Document, find: Find) -> Json | None:
    base = find(CONNECTIONS, document.body.get("baseConnectionId"))
    return {"id": base.id, "connectionSpec": base.body.get("connectionSpec")} if base else None
