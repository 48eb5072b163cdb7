"""Asking for a replay: a run's landed pages through another mapping version, frozen and started as a new run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from headrace import dataprep, ids, registry, sandboxes
from headrace.catalog import datasets
from headrace.errors import Conflict, FileDamaged
from headrace.flows import flow_documents
from headrace.lake import FileRef, Lake
from headrace.runs.deployment import Deployment
from headrace.runs.plan import ALL, QUARANTINED, FlowPlan, Replayed, Target
from headrace.runs.planning import open_batch
from headrace.runs.promotion import Judge
from headrace.runs.replay_rows import rejected_rows
from headrace.runs.succession import SUCCESSOR, replay_of
from headrace.runs.tick import enqueue
from headrace.sources.reading import Part
from headrace.store import batches, locks, parts, replays, runs
from headrace.store.parts import PLANNED, PartRecord
from headrace.store.runs import FAILED, REPLAY, Run
from headrace.store.scope import Caller


@dataclass(frozen=True, slots=True)
class Asked:
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


def replay(deployment: Deployment, caller: Caller, asked: Asked) -> tuple[str, str]:
    """Starts a replay as a run of its own: (id, etag). Conflict when the run's state forbids it, and NotFound."""
    found = replayable(deployment, caller, asked)
    now = deployment.clock.now()
    with deployment.store.write() as conn:
        locks.hold(conn, f"flows/{found.run.flow_id}")
        _require_alone(conn, found.run.flow_id)
        flow_documents.require_startable(conn, caller, found.run.flow_id)  # all may have changed meanwhile
        _require_standing(conn, _required(conn, caller, asked.run_id), asked.rows)
        run = _frozen(conn, caller, found, asked.rows, now)
        runs.insert(conn, run)
        parts.plan_copied(conn, run.id, [_taken(record) for record in found.records])
        open_batch(conn, run, FlowPlan.from_json(run.plan or {}, found.plan.parts), now)
        enqueue(conn, deployment.jobs, run)
    return run.id, run.etag


def replayable(deployment: Deployment, caller: Caller, asked: Asked) -> Replayable:
    """What a replay starts from, once everything about it is looked at; nothing is written."""
    with deployment.store.read() as conn:
        run = _required(conn, caller, asked.run_id)
        flow_documents.require_startable(conn, caller, run.flow_id)
        records = parts.listed(conn, run.id)
        _require_landed(run, records)
        _require_standing(conn, run, asked.rows)
        if asked.rows == QUARANTINED and not any(record.errors for record in records):
            raise _refused(run, "rejected no row; there is nothing to replay of it")
        plan = FlowPlan.from_json(run.plan or {}, tuple(Part.from_json(record.spec) for record in records))
        target = _target(conn, caller, plan, asked.version)
    Judge.of(target)
    return Replayable(run, plan, tuple(_with_pages(deployment.lake, run, records, asked.rows)), target)


def _target(conn: sa.Connection, caller: Caller, plan: FlowPlan, version: int | None) -> Target:
    """The dataset's schema as it is now and the mapping version; ``now()`` stays the moment of the run."""
    old = plan.target
    dataset = datasets.target(conn, caller, old.table.dataset_id)
    composed = registry.composed(conn, caller, dataset.schema_id, dataset.major, sandboxes.tenant_of(conn, caller.org))
    pinned = dataprep.mapping_sets.pinned(conn, caller, old.mapping_id, version)
    return Target(
        dataset.table, composed.id, composed.version, composed.full, pinned.id, pinned.version,
        tuple(pinned.items), old.now,
    )  # fmt: skip


# -- what is refused --------------------------------------------------------------------------------------------


def _required(conn: sa.Connection, caller: Caller, run_id: str) -> Run:
    run = runs.get(conn, caller, run_id)
    if not run.finished:
        raise _refused(run, f"is {run.state}; replay it when it is over")
    return run


def _require_landed(run: Run, records: list[PartRecord]) -> None:
    if run.plan is None or any(record.state == PLANNED for record in records):
        raise _refused(run, "failed before all its pages were landed; trigger it again")
    if not any(record.raw for record in records):
        raise _refused(run, "landed no page; there is nothing to replay")


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


def _with_pages(lake: Lake, run: Run, records: list[PartRecord], rows: str) -> Iterator[PartRecord]:
    """The parts with those pages alone that hold rows to promote; each of them must be there."""
    for record in records:
        try:
            wanted = rejected_rows(lake, record.errors) if rows == QUARANTINED else None
            pages = [page for page in record.raw if wanted is None or page["name"] in wanted]
            for page in pages:
                _require_there(lake, page)
        except FileDamaged as error:
            raise _refused(run, f"has lost landed files ({error.message.rstrip('.')}); trigger it again") from error
        yield replace(record, raw=pages)


def _require_there(lake: Lake, page: Mapping[str, Any]) -> None:
    ref = FileRef.from_json(page["ref"])
    for _ in lake.landing.stream(ref, max(ref.bytes - 1, 0), min(ref.bytes, 1)):
        pass


# -- the new run ------------------------------------------------------------------------------------------------


def _frozen(conn: sa.Connection, caller: Caller, found: Replayable, rows: str, now: int) -> Run:
    old, window = found.run, (found.run.window_start, found.run.window_end)
    cause = cause_of(conn, old, found.target.mapping_version)
    id = ids.run_id(old.flow_id, *window, cause)
    batch = ids.batch_id(id, now)
    going = tuple(_family(conn, old)) if rows == ALL and old.state != FAILED else ()
    plan = replace(
        found.plan,
        batch_id=batch,
        target=found.target,
        # A share of rows that were rejected once already says nothing.
        tolerance=found.plan.tolerance if rows == ALL else None,
        replay=Replayed(old.id, rows, now, going),
    )
    made = runs.new_run(
        caller, id=id, flow_id=old.flow_id, cause=cause, window=window, backfill=old.backfill, batch_id=batch, at=now
    )
    return replace(made, plan=plan.to_json())


def cause_of(conn: sa.Connection, run: Run, version: int) -> str:
    """The cause of a run's next replay through a mapping version (settled: the replay's id is derived from it)."""
    begin = f"{REPLAY}{run.id}:{version}:"
    return f"{begin}{runs.count_of_cause(conn, run.flow_id, begin)}"


def _family(conn: sa.Connection, run: Run) -> Iterator[str]:
    """The run's batch and those of its quarantined rows, wherever they were replayed."""
    if batches.by_id(conn, run.batch_id).status == "success":
        yield run.batch_id
    for other in _quarantined_replays(conn, run):
        yield from _family(conn, other)


def _quarantined_replays(conn: sa.Connection, run: Run) -> list[Run]:
    found = replays.of_run(conn, run.flow_id, run.id)
    return [one for one in found if (replay := replay_of(one)) and replay.rows == QUARANTINED]


def _taken(record: PartRecord) -> PartRecord:
    """A part whose pages are those of the run before: read again, not landed again."""
    size = sum(int(page["facts"].get("size", 0)) for page in record.raw)
    return replace(record, data=[], errors=[], counts={"inputBytes": size, "landedBytes": 0})
