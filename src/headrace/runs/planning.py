"""Planning a run: the documents are read once, the source is asked what there is, and both are frozen."""

from typing import Any

import sqlalchemy as sa

from headrace import dataprep, flows, registry, sandboxes, sources
from headrace.catalog import datasets
from headrace.clock import Window
from headrace.errors import SpecInvalid
from headrace.flows import FlowInputs
from headrace.runs.deployment import Deployment
from headrace.runs.plan import REPLACE_WINDOW, FlowPlan, Target
from headrace.sources.reading import Planned, Reading
from headrace.store import batches
from headrace.store.batches import Batch
from headrace.store.runs import Run


def make_plan(deployment: Deployment, run: Run, now: int) -> FlowPlan:
    """The plan of a run. NotFound when a document that the flow refers to is gone; SourceFailure from the source."""
    with deployment.store.read() as conn:
        inputs = flows.plan_inputs(conn, run.caller, run.flow_id)
        credentials = flows.credentials.load(conn, deployment.keyring, run.caller, inputs.connection_id)
        dataset = datasets.target(conn, run.caller, inputs.dataset_id)
        tenant = sandboxes.tenant_of(conn, run.org)
        composed = registry.composed(conn, run.caller, dataset.schema_id, dataset.major, tenant)
        pinned = dataprep.mapping_sets.pinned(conn, run.caller, inputs.mapping_id, inputs.mapping_version)
    asked = Window(run.window_start, run.window_end)
    reading = Reading(inputs.spec, inputs.auth_spec, inputs.source_params, asked, now, run.backfill)
    keep = flows.credentials.keeper(deployment.store, deployment.keyring, run.caller, inputs.connection_id, now)
    planned = sources.plan(reading, credentials, deployment.http, keep)
    target = Target(
        dataset.table, composed.id, composed.version, composed.full, pinned.id, pinned.version,
        tuple(pinned.items), now,
    )  # fmt: skip
    return _frozen(run, inputs, reading, planned, target)


def _frozen(run: Run, inputs: FlowInputs, reading: Reading, planned: Planned, target: Target) -> FlowPlan:
    mode = inputs.write_mode or sources.write_mode(inputs.spec)
    if mode == REPLACE_WINDOW and not sources.can_replace(inputs.spec):
        raise SpecInvalid(
            f"The connection spec {inputs.spec.get('name')} cannot replace windows: that needs sliceDays and day in "
            "its x-headrace block. Add them, or set the flow's options.writeMode to append.",
            field="options.writeMode",
        )
    clamped = Reading(reading.spec, reading.auth_spec, reading.params, planned.window, reading.now, reading.backfill)
    return FlowPlan(
        flow_id=run.flow_id,
        batch_id=run.batch_id,
        connection_id=inputs.connection_id,
        source_connection_id=inputs.source_connection_id,
        target_connection_id=inputs.target_connection_id,
        reading=clamped,
        asked=reading.window,
        clamps=planned.clamps,
        target=target,
        mode=mode,
        tolerance=inputs.tolerance,
        parts=planned.parts,
    )


def open_batch(conn: sa.Connection, run: Run, plan: FlowPlan, now: int) -> Batch:
    """The batch that a run writes, in ``staging``."""
    tags = {"flowId": [run.flow_id], "flowRunId": [run.id], "acp_sourceConnectionId": [plan.source_connection_id]}
    body: dict[str, Any] = {"inputFormat": {"format": "json"}, "tags": tags}
    if plan.replay is not None and plan.replay.predecessors:
        body["replay"] = {"predecessors": list(plan.replay.predecessors), "reason": "replace"}
    return batches.insert(
        conn, run.caller, id=run.batch_id, dataset_id=plan.target.table.dataset_id, at=now, status="staging",
        run_id=run.id, body=body,
    )  # fmt: skip
