"""How a run ends: committed and recorded, given up, in doubt, handed back, or put aside for a while."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace import crash_points
from headrace.errors import BatchUnproven, Broken, HeadraceError, SourceAsksToWait, TableMissing
from headrace.files import FileFacts, FileRef
from headrace.lake import Change, Lake, TableRef
from headrace.lake import Outcome as Committed
from headrace.runs import succession
from headrace.runs.batch_figures import batch_errors, batch_metrics
from headrace.runs.dispatch import Dispatch
from headrace.runs.failures import GivenUp, InDoubt, Stopped
from headrace.runs.merged import merged
from headrace.runs.plan import Plan, plan_of
from headrace.runs.story import Story
from headrace.store import batches, parts, runs
from headrace.store.batches import Batch, BatchError, BatchFile
from headrace.store.outages import outage_of
from headrace.store.parts import PROMOTION, PartRecord
from headrace.store.runs import DOUBT_MS, FAILED, SUCCESS, Outcome, Run

log = logging.getLogger(__name__)

MOST_TROUBLES = 3
FIRST_WAIT_MS = 500
LONGEST_WAIT_MS = 60_000
LONGEST_DOUBT_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Ending:
    """The ends of one kind of run."""

    dispatch: Dispatch
    lake: Lake
    story: Story[Any]

    # -- the one commit ----------------------------------------------------------------------------------------

    def commit(self, run: Run, plan: Plan, changes: Sequence[Change]) -> Committed | None:
        """Moves the batch to committing and lets the lake commit it, once; Stopped when it was aborted meanwhile.

        None when another worker has recorded the commit already.
        """
        with self.dispatch.store.write() as conn:
            finished = runs.hold(conn, run.id).finished
            batch = batches.by_id(conn, run.batch_id)
            if batch.status == "staging" and not finished:
                batches.move(conn, batch.id, {"staging"}, "committing", at=self.dispatch.clock.now())
        if batch.status == "success":
            return None
        if finished or batch.status not in ("staging", "committing"):
            raise Stopped(f"Run {run.id} is over, or its batch is: {batch.status}.")
        crash_points.reach(crash_points.COMMITTING)
        outcome = self.lake.commit(plan.target.table, plan.target.arrow_schema(), changes)[batch.id]
        crash_points.reach(crash_points.COMMITTED)
        if outcome.state != "committed":
            raise Stopped(f"Batch {batch.id} was aborted by another worker.")
        return outcome

    def succeed(self, run: Run, plan: Plan, records: Sequence[PartRecord], committed: Committed | None) -> None:
        """Records the run, its batch, its files and what follows from them, in one transaction."""
        now = self.dispatch.clock.now()
        with self.dispatch.store.write() as conn:
            if not runs.finish(conn, run.id, SUCCESS, Outcome(), now):
                return
            if committed is not None and plan.keying is not None:
                records = [parts.recounted(conn, record) for record in merged(records, committed)]
            parts.end_activity(conn, run.id, PROMOTION, now)
            _set_files(conn, run.batch_id, records, now)
            batches.move(
                conn, run.batch_id, {"committing"}, "success", at=now, metrics=batch_metrics(records),
                errors=batch_errors(records), completed_at=now,
            )  # fmt: skip
            succession.retire_all(conn, plan.predecessors, run.batch_id, now)
            self.story.succeeded(conn, run, plan, now)
            crash_points.reach(crash_points.RECORDING)
            self.story.ended(conn, run, now)

    # -- the other ends ----------------------------------------------------------------------------------------

    def give_up(self, run: Run, reason: HeadraceError) -> None:
        """Ends a run without its rows, unless the lake has them already: then it is recorded as the success it is."""
        while not self._given_up(run, reason):
            log.warning("run %s moved on while it was given up; looking again", run.id)

    def look_again(self, run: Run) -> None:
        """Asks the table's history once more what became of a batch in doubt."""
        batch = f"batch {run.batch_id}"
        self.give_up(run, GivenUp(f"The table's history proves now that {batch} was not committed; start it again."))

    def _given_up(self, run: Run, reason: HeadraceError) -> bool:
        """Whether the run is over now; False when another worker has moved its batch in between."""
        with self.dispatch.store.read() as conn:
            run, records = runs.by_id(conn, run.id), parts.listed(conn, run.id)
            batch = batches.find(conn, run.caller, run.batch_id)
        try:
            if batch is not None and batch.status == "committing" and (committed := self._committed(batch)):
                self.succeed(run, _planned(run), records, committed)
                return True
        except (BatchUnproven, TableMissing) as doubt:  # a table that is gone tells nothing either
            self._end_in_doubt(run, batch, records, doubt)
            return True
        now = self.dispatch.clock.now()
        errors = self.story.errors(batch, reason, records)
        with self.dispatch.store.write() as conn:
            if batch is not None and batches.by_id(conn, batch.id).status != batch.status:
                return False
            if runs.finish(conn, run.id, FAILED, _outcome(errors, reason), now):
                if batch is not None and batch.status in batches.UNFINISHED:
                    status = "aborted" if isinstance(reason, Stopped) else "failed"
                    _close_batch(conn, batch, records, errors, status, now)
                if not run.in_doubt:
                    self.story.ended(conn, run, now)
        return True

    def _committed(self, batch: Batch) -> Committed | None:
        """Leaves ``committing`` the only safe way: by a commit that says aborted, unless the batch is in the lake."""
        outcome = self.lake.abort(TableRef(batch.org, batch.sandbox, batch.dataset_id), batch.id)
        return outcome if outcome.state == "committed" else None

    def _end_in_doubt(self, run: Run, batch: Batch | None, records: Sequence[PartRecord], doubt: HeadraceError) -> None:
        """Ends a run whose rows may be in the table. Its batch stays ``committing``: nobody may guess what it became.

        It is looked at again after as long as it has been in doubt, within bounds.
        """
        log.error("run %s is in doubt: %s", run.id, doubt.message)
        now = self.dispatch.clock.now()
        wait = min(max(now - (run.completed_at or now), DOUBT_MS), LONGEST_DOUBT_MS)
        reason = InDoubt(f"Batch {run.batch_id} is in doubt and is looked at again. {doubt.message}")
        errors = self.story.errors(batch, reason, records)
        with self.dispatch.store.write() as conn:
            if runs.finish_in_doubt(conn, run.id, _outcome(errors, reason), now + wait, now):
                batches.annotate(conn, batches.hold(conn, run.batch_id), now, errors=errors)
                if not run.finished:
                    self.story.ended(conn, run, now)

    def hand_back(self, run: Run, reason: str) -> None:
        """Puts the run where any live process finds it at once."""
        now = self.dispatch.clock.now()
        with self.dispatch.store.write() as conn:
            runs.park(conn, run.id, now, reason, now, handed_back=True)

    def wait(self, run: Run, asked: SourceAsksToWait) -> None:
        """Puts the run aside until its source answers again. What has landed stays, and waiting is no attempt."""
        now = self.dispatch.clock.now()
        until = asked.facts["until"]
        if not isinstance(until, int):
            raise Broken(f"Run {run.id} is to wait until {until}, which is no instant.", kind="runs", id=run.id)
        with self.dispatch.store.write() as conn:
            runs.park(conn, run.id, until, asked.message, now, handed_back=True)

    def trouble(self, run: Run, trouble: Exception) -> None:
        """An error of ours: logged, tried again a little later, and given up after three times.

        An outage of the machine or the database is nobody's error: the run waits until it is over, and says for what.
        """
        if run.troubles + 1 < MOST_TROUBLES or outage_of(trouble):
            self.put_off(run, trouble)
            return
        log.error("run %s, attempt %d failed", run.id, run.attempt, exc_info=trouble)
        name = f"{type(trouble).__name__}; the log says more"
        message = trouble.message if isinstance(trouble, HeadraceError) else name
        subject = "batch" if run.flow_id is None else "run"
        self.give_up(run, GivenUp(f"The {subject} failed {MOST_TROUBLES} times: {message}"))

    def put_off(self, run: Run, trouble: Exception) -> None:
        """Logs an error and parks the run, each time for twice as long; waiting for an outage's end is no attempt."""
        outage = outage_of(trouble)
        if outage:
            log.error("run %s waits: %s (%s)", run.id, outage.message, trouble)
        else:
            log.error("run %s, attempt %d failed", run.id, run.attempt, exc_info=trouble)
        now = self.dispatch.clock.now()
        wait = min(FIRST_WAIT_MS * 2 ** min(run.attempt - 1 if outage else run.troubles, 7), LONGEST_WAIT_MS)
        reason = outage.message if outage else f"an attempt failed: {type(trouble).__name__}"
        with self.dispatch.store.write() as conn:
            runs.park(conn, run.id, now + wait, reason, now, trouble=not outage, handed_back=bool(outage))


def _planned(run: Run) -> Plan:
    plan = plan_of(run)
    if plan is None:
        raise Broken(f"The batch of run {run.id} is being committed, and the run has no plan.", kind="runs", id=run.id)
    return plan


def _outcome(errors: Sequence[BatchError], reason: HeadraceError) -> Outcome:
    return Outcome(errors[0].code, reason.message, type(reason).__name__)


def _close_batch(
    conn: sa.Connection, batch: Batch, records: Sequence[PartRecord], errors: tuple[BatchError, ...], status: str,
    now: int,
) -> None:  # fmt: skip
    _set_files(conn, batch.id, records, now, data=False)
    changes = {"metrics": batch_metrics(records, committed=False), "errors": errors, "completed_at": now}
    batches.move(conn, batch.id, {batch.status}, status, at=now, **changes)


def _set_files(
    conn: sa.Connection, batch_id: str, records: Sequence[PartRecord], now: int, *, data: bool = True
) -> None:
    """Makes a batch's files readable under their public names."""
    shown = {
        batches.INPUT_FILES: [page for record in records for page in record.raw],
        batches.ROW_ERRORS: [file for record in records for file in record.errors],
    }
    for directory, files in shown.items():
        named = [BatchFile(directory, file.name, file.ref, file.facts) for file in files]
        batches.set_files(conn, batch_id, directory, named, now)
    written = [_data_file(ref) for record in records for ref in record.data] if data else []
    batches.set_files(conn, batch_id, batches.DATA, written, now)


def _data_file(ref: FileRef) -> BatchFile:
    facts = FileFacts(size=ref.bytes, record_count=ref.rows, format="parquet")
    return BatchFile(batches.DATA, ref.file_name, ref, facts)
