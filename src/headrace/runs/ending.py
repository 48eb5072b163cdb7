"""How a run ends: committed and recorded, given up, stopped on request, handed back, or put aside after trouble."""

import logging
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from headrace import crash_points
from headrace.errors import BatchUnproven, HeadraceError, Invalid, NotFound, Refused, SourceFailure, WindowSuperseded
from headrace.lake import Change
from headrace.runs import succession
from headrace.runs.batch_figures import batch_errors, batch_metrics
from headrace.runs.deployment import Deployment
from headrace.runs.plan import Target
from headrace.runs.tick import offer_following
from headrace.store import batches, parts, runs
from headrace.store.batches import Batch, BatchFile
from headrace.store.parts import PROMOTION, PartRecord
from headrace.store.runs import FAILED, SUCCESS, Run

log = logging.getLogger(__name__)

MOST_TROUBLES = 3
FIRST_WAIT_MS = 500


class Failure(HeadraceError):
    """The run cannot succeed. ``code`` is Platform's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)
        self.code = code


class Stopped(HeadraceError):
    """The run was asked to stop."""


# What trying again cannot mend: the source said no, or what the flow refers to is wrong or gone.
FINAL = (SourceFailure, Failure, Stopped, Invalid, NotFound, Refused, WindowSuperseded)


class HandedBack(HeadraceError):
    """This process stops; another one goes on with the run."""


def obey(deployment: Deployment, run_id: str) -> None:
    """Raises Stopped when somebody asked the run to stop, HandedBack when this process does."""
    if deployment.stopping.is_set():
        raise HandedBack("The process that worked on this run was stopped.")
    with deployment.store.read() as conn:
        reason = runs.stop_reason(conn, run_id)
    if reason is not None:
        raise Stopped(reason)


# -- the one commit --------------------------------------------------------------------------------------------


def commit(deployment: Deployment, batch_id: str, target: Target, changes: Sequence[Change]) -> None:
    """Moves the batch to committing and lets the lake commit it, once; Stopped when it was aborted meanwhile."""
    with deployment.store.write() as conn:
        batch = batches.by_id(conn, batch_id)
        if batch.status == "staging":
            batches.move(conn, batch_id, {"staging"}, "committing", at=deployment.clock.now())
    if batch.status == "success":
        return
    if batch.status not in ("staging", "committing"):
        raise Stopped(f"Batch {batch_id} is {batch.status} already.")
    crash_points.reach(crash_points.COMMITTING)
    outcome = deployment.lake.commit(target.table, target.arrow_schema(), changes)[batch_id]
    crash_points.reach(crash_points.COMMITTED)
    if outcome.state != "committed":
        raise Stopped(f"Batch {batch_id} was aborted by another worker.")


def succeed(deployment: Deployment, run: Run, records: Sequence[PartRecord]) -> None:
    """Records the run, its batch and its files, and offers the flow's next window, in one transaction."""
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        if not runs.finish(conn, run.id, SUCCESS, {}, now):
            return
        parts.end_activity(conn, run.id, PROMOTION, now)
        set_files(conn, run.batch_id, records, now)
        moved = {"metrics": batch_metrics(records), "errors": batch_errors(records), "completed_at": now}
        batches.move(conn, run.batch_id, {"committing"}, "success", at=now, **moved)
        succession.hand_over(conn, run, now)
        crash_points.reach(crash_points.RECORDING)
        offer_following(conn, deployment.jobs, run.flow_id, now)


# -- the other ends --------------------------------------------------------------------------------------------


def give_up(deployment: Deployment, run: Run, reason: HeadraceError) -> None:
    """Ends a run without its rows, unless the lake has them already: then it is recorded as the success it is."""
    while not _given_up(deployment, run, reason):
        log.warning("run %s moved on while it was given up; looking again", run.id)


def _given_up(deployment: Deployment, run: Run, reason: HeadraceError) -> bool:
    with deployment.store.read() as conn:
        run, records = runs.by_id(conn, run.id), parts.listed(conn, run.id)
        batch = batches.find(conn, run.caller, run.batch_id)
    try:
        if batch is not None and batch.status == "committing" and not _aborted(deployment, batch):
            succeed(deployment, run, records)
            return True
    except BatchUnproven as doubt:
        _end_in_doubt(deployment, run, doubt)
        return True
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        if batch is not None and batches.by_id(conn, batch.id).status != batch.status:
            return False
        if runs.finish(conn, run.id, FAILED, _failure(reason), now):
            if batch is not None and batch.status in batches.UNFINISHED:
                _close_batch(conn, batch, records, reason, now)
            offer_following(conn, deployment.jobs, run.flow_id, now)
    return True


def _end_in_doubt(deployment: Deployment, run: Run, doubt: BatchUnproven) -> None:
    """Ends a run whose rows may be in the table. Its batch stays ``committing``: nobody may guess what it became."""
    log.error("run %s ends in doubt: %s", run.id, doubt.message)
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        if runs.finish(conn, run.id, FAILED, _failure(doubt), now):
            offer_following(conn, deployment.jobs, run.flow_id, now)


def hand_back(deployment: Deployment, run: Run, reason: str) -> None:
    """Puts the run where any live process finds it at once."""
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        runs.park(conn, run.id, now, reason, now)


def troubled(deployment: Deployment, run: Run, trouble: Exception) -> None:
    """An error of ours: logged, tried again a little later, and given up after three times."""
    log.error("run %s, attempt %d failed", run.id, run.attempt, exc_info=trouble)
    now = deployment.clock.now()
    if run.troubles + 1 >= MOST_TROUBLES:
        message = (
            trouble.message if isinstance(trouble, HeadraceError) else f"{type(trouble).__name__}; the log says more"
        )
        give_up(deployment, run, Failure("CONNECTOR-2001-500", f"The run failed {MOST_TROUBLES} times: {message}"))
        return
    with deployment.store.write() as conn:
        wait = FIRST_WAIT_MS * 2**run.troubles
        runs.park(conn, run.id, now + wait, f"an attempt failed: {type(trouble).__name__}", now, trouble=True)


def wait_if_unfinished(conn: sa.Connection, run_id: str, now: int) -> None:
    """A run whose flow has another one in progress waits; the tick takes it up when that one is over."""
    if not runs.by_id(conn, run_id).finished:
        runs.park(conn, run_id, now, "another run of the flow is in progress", now)


def _aborted(deployment: Deployment, batch: Batch) -> bool:
    """Leaves ``committing`` the only safe way: by a commit that says aborted. False when the batch is in the lake."""
    with deployment.store.read() as conn:
        target = Target.from_json((runs.by_id(conn, batch.run_id or "").plan or {})["target"])
    return deployment.lake.abort(target.table, batch.id).state == "aborted"


def _close_batch(
    conn: sa.Connection, batch: Batch, records: Sequence[PartRecord], reason: HeadraceError, now: int
) -> None:
    set_files(conn, batch.id, records, now, data=False)
    status = "aborted" if isinstance(reason, Stopped) else "failed"
    errors = [{"code": _code(reason), "description": reason.message}, *batch_errors(records, committed=False)]
    moved = {"metrics": batch_metrics(records, committed=False), "errors": errors, "completed_at": now}
    batches.move(conn, batch.id, {batch.status}, status, at=now, **moved)


def set_files(
    conn: sa.Connection, batch_id: str, records: Sequence[PartRecord], now: int, *, data: bool = True
) -> None:
    """Makes a batch's files readable under their public names."""
    raw = [BatchFile(batches.INPUT_FILES, **page) for record in records for page in record.raw]
    errors = [BatchFile(batches.ROW_ERRORS, **file) for record in records for file in record.errors]
    written = [_data_file(value) for record in records for value in record.data] if data else []
    for directory, files in ((batches.INPUT_FILES, raw), (batches.ROW_ERRORS, errors), (batches.DATA, written)):
        batches.set_files(conn, batch_id, directory, files, now)


def _data_file(ref: dict[str, Any]) -> BatchFile:
    facts = {"size": ref["bytes"], "recordCount": ref["rows"], "format": "parquet"}
    return BatchFile(batches.DATA, ref["name"].rpartition("/")[2], ref, facts)


# -- what is said of it ----------------------------------------------------------------------------------------


def _failure(reason: HeadraceError) -> dict[str, Any]:
    return {"code": _code(reason), "message": reason.message, "kind": type(reason).__name__}


def _code(reason: HeadraceError) -> str:
    if isinstance(reason, Failure):
        return reason.code
    return "CONNECTOR-1001-500" if isinstance(reason, SourceFailure) else "CONNECTOR-2001-500"
