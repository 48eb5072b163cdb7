"""What a run needs to know of its flow, read from the documents at one moment."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace import sources
from headrace.errors import HeadraceError, Invalid, NotFound
from headrace.flows import checking
from headrace.flows.connections import auth_name
from headrace.flows.credentials import CONNECTIONS
from headrace.flows.members import object_at, optional_text, text_at
from headrace.flows.usage import FLOWS, SOURCES, TARGETS
from headrace.store import documents
from headrace.store.scope import Caller


@dataclass(frozen=True, slots=True)
class FlowInputs:
    """The documents of one flow as values; no credentials among them.

    spec           the connection spec document, under its own id
    auth_spec      name of the base connection's authentication, empty for none
    connection_id  the base connection, empty for a source without one
    tolerance      greatest share of rejected rows in percent; None: no limit
    diagnostics    whether rejected rows are kept with their reasons
    write_mode     the flow's own write mode; None: as the source says
    lookback       days before its window that a run reads again
    may_be_empty   whether an answer without rows may take those of its days away
    """

    flow_id: str
    spec: dict[str, Any]
    auth_spec: str
    connection_id: str
    source_params: dict[str, Any]
    source_connection_id: str
    target_connection_id: str
    dataset_id: str
    mapping_id: str
    mapping_version: int
    tolerance: float | None
    diagnostics: bool
    write_mode: str | None
    lookback: int
    may_be_empty: bool


def plan_inputs(conn: sa.Connection, caller: Caller, flow_id: str) -> FlowInputs:
    """What a run of this flow needs; NotFound that names the flow and what is gone when it cannot run."""
    flow = documents.get(conn, caller, FLOWS, flow_id)
    try:
        return _read(conn, caller, flow_id, flow.body)
    except (Invalid, NotFound) as error:
        raise _incomplete(flow_id, error) from error


def retry_hours(conn: sa.Connection, caller: Caller, flow_id: str) -> float | None:
    """How long the flow wants a gap to be tried again; None: as the server does. 0 for a flow that is gone."""
    flow = documents.find(conn, caller, FLOWS, flow_id)
    try:
        return 0.0 if flow is None else checking.options(flow.body).retry_hours
    except Invalid:  # stored by a release that took it
        return None


def _read(conn: sa.Connection, caller: Caller, flow_id: str, flow: dict[str, Any]) -> FlowInputs:
    source, target = checking.end(conn, caller, flow, SOURCES), checking.end(conn, caller, flow, TARGETS)
    connection_id = optional_text(source.body, "baseConnectionId")
    base = documents.get(conn, caller, CONNECTIONS, connection_id).body if connection_id else {}
    mapping_id, mapping_version = checking.mapping(flow)
    options, spec = checking.options(flow), checking.source_spec(conn, caller, source)
    checking.require_writable(options, spec)
    return FlowInputs(
        flow_id=flow_id,
        spec=spec,
        auth_spec=auth_name(base),
        connection_id=connection_id,
        source_params=object_at(source.body, "params"),
        source_connection_id=source.id,
        target_connection_id=target.id,
        dataset_id=text_at(target.body, "params.dataSetId", "1325"),
        mapping_id=mapping_id,
        mapping_version=mapping_version,
        tolerance=options.tolerance,
        diagnostics=options.diagnostics,
        write_mode=options.write_mode,
        lookback=sources.lookback_days(spec) if options.lookback is None else options.lookback,
        may_be_empty=sources.may_be_empty(spec) if options.may_be_empty is None else options.may_be_empty,
    )


def _incomplete(flow_id: str, error: HeadraceError) -> NotFound:
    return NotFound(f"Flow {flow_id} cannot run: {error.message}", kind=FLOWS, id=flow_id)
