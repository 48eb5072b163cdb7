"""Asking for a replay: a run's landed pages through another mapping version, frozen and started as a new run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec
import sqlalchemy as sa

from headrace import dataprep, ids
from headrace.errors import Conflict, FileDamaged
from headrace.files import FileRef
from headrace.flows import flow_documents
from headrace.lake.landing import Landing
from headrace.lake.pages import files
from headrace.mapping.derivations import Derivations
from headrace.runs.dispatch import Dispatch
from headrace.runs.flow_run import open_batch
from headrace.runs.judging import Judge
from headrace.runs.plan import ALL, QUARANTINED, FlowPlan, Replayed, Target, encoded, flow_plan_of
from headrace.runs.replay_rows import rejected_rows
from headrace.runs.succession import SUCCESSOR, replay_of
from headrace.runs.targets import freeze_target
from headrace.store import batches, gaps, locks, parts, replays, runs
from headrace.store.parts import COPIED, PLANNED, PartRecord
from headrace.store.runs import FAILED, REPLAY, Run
from headrace.store.scope import Caller


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """Which run is replayed, through which version of its mapping set (None: the newest), and which rows of it."""

    run_id: str
    version: int | None = None
    rows: str = ALL


@dataclass(frozen=True, slots=True)
class Replayable:
    """A run whose pages can be promoted again, and the target that they would go to now.

    records  its parts; their pages are those that hold rows to promote
    """

    run: Run
    plan: FlowPlan
    records: tuple[PartRecord, ...]
    target: Target


@dataclass(frozen=True, slots=True)
class Replaying:
    """What it takes to start a replay, or to try one."""

    dispatch: Dispatch
    landing: Landing
    derivations: Derivations

    def start(self, caller: Caller, request: ReplayRequest) -> tuple[str, str]:
        """Starts a replay as a run of its own: (id, etag). Conflict when the run's state forbids it, and NotFound."""
        source = self.replayable(caller, request)
        flow_id = source.plan.flow_id
        now = self.dispatch.clock.now()
        with self.dispatch.store.write() as conn:
            locks.hold(conn, f"flows/{flow_id}")
            _require_alone(conn, flow_id)
            flow_documents.require_startable(conn, caller, flow_id)  # all may have changed meanwhile
            _require_standing(conn, _required(conn, caller, request.run_id), request.rows)
            run, plan = _frozen(conn, caller, source, request.rows, now)
            runs.insert(conn, run)
            parts.plan(conn, [_taken(run, record) for record in source.records])
            open_batch(conn, run, plan, now)
            self.dispatch.enqueue(conn, run)
        return run.id, run.etag

    def replayable(self, caller: Caller, request: ReplayRequest) -> Replayable:
        """What a replay starts from, once everything about it is looked at; nothing is written."""
        with self.dispatch.store.read() as conn:
            run = _required(conn, caller, request.run_id)
            flow_documents.require_startable(conn, caller, run.flow_id or "")
            records = parts.listed(conn, run.id)
            plan = _require_landed(run, records)
            _require_standing(conn, run, request.rows)
            if request.rows == QUARANTINED and not any(record.errors for record in records):
                raise _refused(run, "rejected no row; there is nothing to replay of it")
            target = _target(conn, caller, plan, request.version)
        Judge.of(target, self.derivations)
        return Replayable(run, plan, tuple(_with_pages(self.landing, run, records, request.rows)), target)


def _target(conn: sa.Connection, caller: Caller, plan: FlowPlan, version: int | None) -> Target:
    """The dataset's schema as it is now and the mapping version; ``now()`` stays the moment of the run."""
    mapping = dataprep.mapping_sets.pinned(conn, caller, plan.target.mapping_id, version)
    return freeze_target(conn, caller, plan.target.table.dataset_id, mapping, plan.target.now)


# -- what is refused --------------------------------------------------------------------------------------------


def _required(conn: sa.Connection, caller: Caller, run_id: str) -> Run:
    run = runs.get(conn, caller, run_id)
    if not run.finished:
        raise _refused(run, f"is {run.state}; replay it when it is over")
    return run


def _require_landed(run: Run, records: list[PartRecord]) -> FlowPlan:
    plan = flow_plan_of(run)
    if plan is None or any(record.state == PLANNED for record in records):
        raise _refused(run, "failed before all its pages were landed; trigger it again")
    if not any(record.raw for record in records):
        raise _refused(run, "landed no page; there is nothing to replay")
    return plan


def _require_standing(conn: sa.Connection, run: Run, rows: str) -> None:
    """The run's rows must be where the replay finds them: in the table, or nowhere when the run failed."""
    batch = batches.by_id(conn, run.batch_id)
    if run.state == FAILED:
        _require_failed_alone(conn, run, rows, batch.status)
        return
    if batch.status != "success":
        successors = batch.body.get("tags", {}).get(SUCCESSOR)
        why = f"superseded by batch {successors[0]}" if successors else "taken back"
        raise _refused(run, f"has no rows any more: its batch {batch.id} was {why}")
    if rows == QUARANTINED and (done := _quarantined_replays(conn, run)):
        raise _refused(
            run, f"had its quarantined rows replayed by run {done[0].id}; what is still rejected is replayed from there"
        )
    if rows == ALL and (before := replay_of(run)) and before.rows == QUARANTINED:
        raise _refused(run, f"holds some rows of run {before.run} only; replay that run, and these rows go with it")


def _require_failed_alone(conn: sa.Connection, run: Run, rows: str, status: str) -> None:
    if run.replays:
        raise _refused(run, f"is a replay that failed; replay run {run.replays}")
    if status == "committing":
        raise _refused(run, "ended in doubt whether its rows are in the table; nothing is guessed")
    if rows == QUARANTINED:
        raise _refused(run, "failed, so none of its rows is in the table; replay all of them")
    if trying := gaps.open_retries(conn, run):
        raise _refused(run, f"failed, and run {trying[0].id} tries its window again; wait for its end, or abort it")
    if other := replays.successor_of_window(conn, run):
        raise _refused(run, f"failed, and run {other} has filled its window since; replay that one")


def _require_alone(conn: sa.Connection, flow_id: str) -> None:
    if other := replays.unfinished(conn, flow_id):
        raise Conflict(
            f"Run {other} replays rows of this flow still; wait for its end, or abort it.", kind=runs.KIND, id=other
        )


def _refused(run: Run, why: str) -> Conflict:
    return Conflict(f"Run {run.id} cannot be replayed: it {why}.", kind=runs.KIND, id=run.id)


# -- pages ------------------------------------------------------------------------------------------------------


def _with_pages(landing: Landing, run: Run, records: list[PartRecord], rows: str) -> Iterator[PartRecord]:
    """The parts with those pages alone that hold rows to promote; each of them must be there."""
    for record in records:
        try:
            rejected = rejected_rows(landing, record.errors) if rows == QUARANTINED else None
            pages = tuple(page for page in record.raw if rejected is None or page.name in rejected)
            for ref in files(pages):
                _require_there(landing, ref)
        except FileDamaged as error:
            raise _refused(run, f"has lost landed files ({error.message.rstrip('.')}); trigger it again") from error
        yield replace(record, raw=pages)


def _require_there(landing: Landing, ref: FileRef) -> None:
    for _ in landing.stream(ref, max(ref.bytes - 1, 0), min(ref.bytes, 1)):
        pass


# -- the new run ------------------------------------------------------------------------------------------------


def _frozen(conn: sa.Connection, caller: Caller, source: Replayable, rows: str, now: int) -> tuple[Run, FlowPlan]:
    old, flow_id, window = source.run, source.plan.flow_id, source.run.window
    cause = cause_of(conn, old, source.target.mapping_version)
    id = ids.run_id(flow_id, window.start, window.end, cause)
    batch = ids.batch_id(id, now)
    plan = msgspec.structs.replace(
        source.plan,
        batch_id=batch,
        target=source.target,
        # A share of rows that were rejected once already says nothing.
        tolerance=source.plan.tolerance if rows == ALL else None,
        replay=Replayed(old.id, rows, now, batches_going(conn, old, rows)),
    )
    run = runs.new_run(
        caller, id=id, flow_id=flow_id, cause=cause, window=window, backfill=old.backfill, batch_id=batch, at=now
    )
    return replace(run, plan=encoded(plan)), plan


def cause_of(conn: sa.Connection, run: Run, version: int) -> str:
    """The cause of a run's next replay through a mapping version; the replay's id is derived from it."""
    begin = f"{REPLAY}{run.id}:{version}:"
    return f"{begin}{runs.count_of_cause(conn, run.flow_id or '', begin)}"


def batches_going(conn: sa.Connection, run: Run, rows: str) -> tuple[str, ...]:
    """The batches whose rows go when a replay of the run's ``rows`` comes."""
    return tuple(_family(conn, run)) if rows == ALL and run.state != FAILED else ()


def _family(conn: sa.Connection, run: Run) -> Iterator[str]:
    """The run's batch and those of its quarantined rows, wherever they were replayed."""
    if batches.by_id(conn, run.batch_id).status == "success":
        yield run.batch_id
    for other in _quarantined_replays(conn, run):
        yield from _family(conn, other)


def _quarantined_replays(conn: sa.Connection, run: Run) -> list[Run]:
    succeeded = replays.of_run(conn, run.flow_id or "", run.id)
    return [other for other in succeeded if (replay := replay_of(other)) and replay.rows == QUARANTINED]


def _taken(run: Run, record: PartRecord) -> PartRecord:
    """A part whose pages are those of the run before: read again, not landed again."""
    return PartRecord(run.id, record.n, COPIED, record.spec, raw=record.raw)
