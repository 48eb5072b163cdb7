"""Flows as documents: created, changed, enabled and deleted together with their schedule's row."""

from typing import Any

import sqlalchemy as sa

from headrace import ids
from headrace.errors import Conflict, Invalid
from headrace.flows import checking, patching, scheduling, states
from headrace.flows.rendering import COMPUTED, without_metadata
from headrace.flows.scheduling import Timing
from headrace.flows.usage import FLOWS
from headrace.store import documents, runs, schedules
from headrace.store.deciding import Decision
from headrace.store.documents import Document
from headrace.store.scope import Caller

Json = dict[str, Any]


def create(conn: sa.Connection, caller: Caller, body: Json, mode: str | None, now: int) -> Decision[Document]:
    """A new flow with its schedule; a draft has none yet."""
    _refuse(body, "state", "1410", "The state is set by the service; leave it out.")
    _refuse(body, "mode", "1368", "Send ?mode=draft in the query instead.")
    given = {name: value for name, value in without_metadata(body).items() if name not in (*COMPUTED, "version")}
    made = {**given, "state": states.new(mode)}
    timing = checking.checked(conn, caller, made, now)

    def write(writing: sa.Connection) -> Document:
        created = documents.create(writing, caller, FLOWS, ids.new_uuid(), _operated(made, "create", [], now), now)
        _schedule(writing, caller, created, timing, now)
        return created

    return write


def patch(
    conn: sa.Connection, caller: Caller, id: str, steps: object, if_match: str | None, now: int
) -> Decision[Document]:
    """Changes a flow; a changed schedule goes on from the end of its last window."""
    found = patching.read_for_change(conn, caller, FLOWS, id, if_match)
    changed, ops = patching.patched(found.body, steps)
    if changed.get("state") != found.body["state"]:
        raise Invalid("The state is changed by /action, not by a patch.", code="1456", field="state")
    drafted = found.body["state"] == states.DRAFT
    before = None if drafted else checking.checked_timing(conn, caller, found.body, found.created_at)
    if before is not None:
        scheduling.check_not_once(before, changed, now)
    timing = checking.checked(conn, caller, changed, found.created_at)
    if before is not None and timing is not None:
        scheduling.check_change(before, timing, now)
    return _replacing(caller, found, _operated(changed, "update", ops, now), timing, now)


def act(
    conn: sa.Connection, caller: Caller, id: str, action: str | None, sub_actions: list[str], if_match: str | None,
    now: int,
) -> Decision[Document]:  # fmt: skip
    """Enables, disables or publishes a flow. Disabled, its live run ends; enabled, it goes on where it stopped."""
    found = patching.require_version(documents.get(conn, caller, FLOWS, id), if_match)
    state = states.after(action, found.body["state"], tuple(states.STEPS), sub_actions)
    changed = {**found.body, "state": state}
    # Stopping must always be possible, whatever has become of what the flow refers to.
    check = checking.checked_timing if state == states.DISABLED else checking.checked
    timing = check(conn, caller, changed, found.created_at)
    ops = [{"op": "replace", "path": "/state", "value": state}]
    return _replacing(caller, found, _operated(changed, "update", ops, now), timing, now)


def _replacing(caller: Caller, found: Document, body: Json, timing: Timing | None, now: int) -> Decision[Document]:
    def write(writing: sa.Connection) -> Document:
        written = documents.replace_body(writing, caller, found, body, now)
        _schedule(writing, caller, written, timing, now)
        return written

    return write


def delete(conn: sa.Connection, caller: Caller, id: str, now: int) -> None:
    """Removes a flow with its schedule; a live run of it ends without its rows."""
    found = documents.get(conn, caller, FLOWS, id)
    documents.delete(conn, caller, found, now)
    # Runs before the schedule, as whoever records a run: PostgreSQL would end one of the two for a deadlock.
    runs.request_stop(conn, id, f"Flow {id} was deleted.", now)
    schedules.remove(conn, caller, id)


def require_startable(conn: sa.Connection, caller: Caller, id: str) -> None:
    """Invalid (1446, 1430) or Conflict (1444) unless a run of this flow can be asked for."""
    if not id:
        raise Invalid("flowId is missing; name the flow to run.", code="1446", field="flowId")
    found = documents.find(conn, caller, FLOWS, id)
    if found is None:
        raise Invalid(f"There is no flow {id} in this sandbox.", code="1430", field="flowId", id=id)
    if found.body["state"] == states.DRAFT:
        raise Conflict(f"Flow {id} is a draft; publish it first.", code="1444", id=id)


def _refuse(body: Json, name: str, code: str, hint: str) -> None:
    if name in body:
        raise Invalid(f"A flow's body may not hold {name}. {hint}", code=code, field=name)


def _operated(body: Json, operation: str, ops: list[Json], now: int) -> Json:
    # Everything is done at once here; Platform's clients wait until they read 100 percent.
    last = {
        "started": now,
        "updated": now,
        "percentCompleted": 100.0,
        "status": {"value": "completed", "errors": []},
        "ops": ops,
        "operation": operation,
    }
    return {**body, "lastOperation": last}


def _schedule(conn: sa.Connection, caller: Caller, flow: Document, timing: Timing | None, now: int) -> None:
    if timing is None:
        return
    schedules.put(
        conn, caller, flow.id, frequency=timing.frequency, interval=timing.interval, start=timing.start,
        backfill=timing.backfill, enabled=flow.body["state"] == states.ENABLED, at=now,
    )  # fmt: skip
