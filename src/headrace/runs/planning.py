"""Planning a flow's run: the documents are read once, the source is asked what there is, and both are frozen."""

import msgspec

from headrace import dataprep, flows, sources
from headrace.clock import Window
from headrace.errors import SpecInvalid
from headrace.flows import FlowInputs
from headrace.runs.plan import MERGE, REPLACE_WINDOW, FlowPlan, Target, encoded
from headrace.runs.story import Prepared
from headrace.runs.targets import freeze_target
from headrace.sources import SourceHttp
from headrace.sources.reading import Planned, Reading
from headrace.store import runs
from headrace.store.engine import Store
from headrace.store.keyring import Keyring
from headrace.store.parts import PLANNED, PartRecord
from headrace.store.runs import Run

DAY_MS = 86_400_000


def prepare(store: Store, keyring: Keyring, http: SourceHttp, run: Run, now: int) -> Prepared:
    """A run's plan and parts. NotFound when a document that the flow refers to is gone; SourceFailure."""
    with store.read() as conn:
        inputs = flows.plan_inputs(conn, run.caller, run.flow_id or "")
        credentials = flows.credentials.load(conn, keyring, run.caller, inputs.connection_id)
        mapping = dataprep.mapping_sets.pinned(conn, run.caller, inputs.mapping_id, inputs.mapping_version)
        target = freeze_target(conn, run.caller, inputs.dataset_id, mapping, now)
        window = looked_back(run, inputs.lookback, runs.first_window_start(conn, inputs.flow_id))
    reading = Reading(inputs.spec, inputs.auth_spec, inputs.source_params, window, now, run.backfill)
    keep = flows.credentials.keeper(store, keyring, run.caller, inputs.connection_id, now)
    planned = sources.plan(reading, credentials, http, keep)
    plan = _frozen(run, inputs, reading, planned, target)
    return Prepared(plan, [PartRecord(run.id, part.n, PLANNED, encoded(part)) for part in planned.parts])


def looked_back(run: Run, days: int, earliest: int | None) -> Window:
    """The run's window, begun so many days earlier, but not before the flow's first window (epoch ms).

    A backfill, and a window that somebody asked for, is read as it is.
    """
    if run.backfill or earliest is None:
        return run.window
    start = max(run.window.start - days * DAY_MS, earliest)
    return Window(min(start, run.window.start), run.window.end)


def _frozen(run: Run, inputs: FlowInputs, reading: Reading, planned: Planned, target: Target) -> FlowPlan:
    mode = inputs.write_mode or sources.write_mode(inputs.spec)
    if mode == REPLACE_WINDOW and not sources.can_replace(inputs.spec):
        raise SpecInvalid(
            f"The connection spec {inputs.spec.get('name')} cannot replace windows: that needs sliceDays and day in "
            "its x-headrace block. Add them, or set the flow's options.writeMode to append.",
            field="options.writeMode",
        )
    keying = sources.keying(inputs.spec) if mode == MERGE else None
    return FlowPlan(
        flow_id=inputs.flow_id,
        batch_id=run.batch_id,
        connection_id=inputs.connection_id,
        source_connection_id=inputs.source_connection_id,
        target_connection_id=inputs.target_connection_id,
        reading=msgspec.structs.replace(
            reading, window=planned.window, replaces=mode == REPLACE_WINDOW, merges=mode == MERGE
        ),
        requested=run.window,
        lookback=inputs.lookback if reading.window != run.window else 0,
        may_be_empty=inputs.may_be_empty,
        clamps=planned.clamps,
        target=target,
        mode=mode,
        tolerance=inputs.tolerance,
        keying=keying,
    )
