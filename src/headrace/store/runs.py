"""Runs: one row for whatever brings a batch into the lake, from queued to success or failed.

A run carries a window of a flow, a replay of such a run, or an upload. The first two are Platform's flow runs, which
clients see; an upload's run has no flow and the batch's own id, and clients see the batch.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.clock import Window
from headrace.errors import Broken, NotFound
from headrace.ids import new_etag
from headrace.store import events, locks
from headrace.store.metadata import Json, Millis, metadata
from headrace.store.portable import among
from headrace.store.scope import Caller

KIND = "runs"
QUEUED, IN_PROGRESS, SUCCESS, FAILED = "queued", "inProgress", "success", "failed"
UNFINISHED = (QUEUED, IN_PROGRESS)
SCHEDULE = "schedule"
UPLOAD = "upload"
DOUBT_MS = 60_000  # how soon a batch in doubt is looked at again, at the soonest
REPLAY = "replay:"  # what the cause of a replay begins with; the run whose pages it takes follows
RETRY = "retry:"  # what the cause of a retry begins with; the failed run of the same window follows

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("org", sa.Text, nullable=False),
    sa.Column("sandbox", sa.Text, nullable=False),
    sa.Column("flow_id", sa.Text),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("window_start", Millis),
    sa.Column("window_end", Millis),
    sa.Column("backfill", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("batch_id", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("handed_back", sa.Integer, nullable=False, server_default="0"),
    sa.Column("jobs", sa.Integer, nullable=False),
    sa.Column("troubles", sa.Integer, nullable=False),
    sa.Column("not_before", Millis),
    sa.Column("waits_for", sa.Text),
    sa.Column("stop_reason", sa.Text),
    sa.Column("plan", Json),
    sa.Column("outcome", Json),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("updated_at", Millis, nullable=False),
    sa.Column("started_at", Millis),
    sa.Column("completed_at", Millis),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("retry_at", Millis),
    sa.Index("ix_runs_flow", "flow_id", "created_at"),
    sa.Index("ix_runs_unfinished", "state", "not_before"),
)

# Clients list the runs of flows, among which uploads may be many.
sa.Index(
    "ix_runs_newest",
    runs.c.org,
    runs.c.sandbox,
    runs.c.created_at,
    sqlite_where=runs.c.flow_id.is_not(None),
    postgresql_where=runs.c.flow_id.is_not(None),
)

is_unfinished = runs.c.state.in_(UNFINISHED)  # a condition on rows, as the indexes have it
# One scheduled run of a flow at a time, whoever ticks.
sa.Index(
    "uq_runs_scheduled",
    runs.c.flow_id,
    unique=True,
    sqlite_where=is_unfinished & (runs.c.cause == SCHEDULE),
    postgresql_where=is_unfinished & (runs.c.cause == SCHEDULE),
)

# Few gaps wait to be tried again, and who looks for them looks many times a second.
sa.Index(
    "ix_runs_retry",
    runs.c.retry_at,
    sqlite_where=runs.c.retry_at.is_not(None),
    postgresql_where=runs.c.retry_at.is_not(None),
)

# The order of every list of runs; the id decides where the times do not.
NEWEST_FIRST = (runs.c.created_at.desc(), runs.c.window_end.desc(), runs.c.id.desc())

# What is asked many times a second is put together once: building these takes longer than running them.
_ID = sa.bindparam("id", type_=sa.Text)
_BY_ID = sa.select(runs).where(runs.c.id == _ID)
_LOCK = sa.select(runs.c.id).where(runs.c.id == _ID).with_for_update()
_STOP_REASON = sa.select(runs.c.stop_reason).where(runs.c.id == _ID)


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a run ended with: nothing for a success, else Platform's code, the reason, and its kind of error."""

    code: str = ""
    message: str = ""
    kind: str = ""


# Made here, while one thread imports: two threads that use a Struct for the first time at once crash the process.
_encode_outcome = msgspec.json.Encoder().encode
_decode_outcome = msgspec.json.Decoder(Outcome).decode


@dataclass(frozen=True, slots=True)
class Run:
    """One run as read. Times and window are epoch ms.

    flow_id     the flow whose window it carries; None for an upload, which has no window either
    cause       ``schedule``, ``retrigger:{run}``, ``retry:{run}``, ``ondemand:{n}``,
                ``replay:{run}:{mappingVersion}:{n}`` (a flow run's id is derived from it), ``upload``
    batch_id    the one batch that it writes
    attempt     how often a worker entered the run; file names carry it
    handed_back how many of those attempts ended because their process was stopped or their source asked to wait
    jobs        how many jobs were enqueued for it; a job's id is ``{run}:{jobs}``
    troubles    how many attempts ended in an error of ours, not of the source
    not_before  parked until then, for the reason in ``waits_for``; of a failed run: when its batch in doubt is looked
                at again
    stop_reason an intent: the run must end without committing
    plan        the frozen plan as JSON text, once it is made; the floor above reads it
    retry_at    of a failed run: when its window is tried again by itself; None: never, or it has been
    """

    id: str
    org: str
    sandbox: str
    flow_id: str | None
    cause: str
    window_start: int | None
    window_end: int | None
    backfill: bool
    state: str
    batch_id: str
    attempt: int
    handed_back: int
    jobs: int
    troubles: int
    not_before: int | None
    waits_for: str | None
    stop_reason: str | None
    plan: str | None
    outcome: Outcome | None
    etag: str
    created_at: int
    updated_at: int
    started_at: int | None
    completed_at: int | None
    user: str
    client: str
    retry_at: int | None = None

    @property
    def finished(self) -> bool:
        """Whether the run has ended; of a failed one the batch may be in doubt still."""
        return self.state not in UNFINISHED

    @property
    def in_doubt(self) -> bool:
        """Whether the run failed without anybody knowing if its rows are in the table."""
        return self.state == FAILED and self.not_before is not None

    @property
    def window(self) -> Window:
        """The flow's window that it carries; Broken for an upload, which has none."""
        if self.window_start is None or self.window_end is None:
            raise Broken(f"Run {self.id} carries no window of a flow.", kind=KIND, id=self.id)
        return Window(self.window_start, self.window_end)

    @property
    def replays(self) -> str | None:
        """The run whose landed pages this one promotes again; None for a run that asks its source."""
        return self.cause.split(":")[1] if self.cause.startswith(REPLAY) else None

    @property
    def retries(self) -> str | None:
        """The failed run whose window this one tries again by itself; None for any other run."""
        return self.cause.removeprefix(RETRY) if self.cause.startswith(RETRY) else None

    @property
    def caller(self) -> Caller:
        """The scope and the user that the run acts for (a sandbox is known by its name here, not its id)."""
        return Caller(self.org, self.sandbox, "", self.client, self.user)

    @property
    def job_id(self) -> str:
        """The id of the job enqueued last."""
        return f"{self.id}:{self.jobs}"


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of a flow, as a flow document shows it."""

    id: str
    state: str
    started_at: int | None
    completed_at: int | None


def new_run(
    caller: Caller,
    *,
    id: str,
    flow_id: str,
    cause: str,
    window: Window,
    backfill: bool,
    batch_id: str,
    at: int,
) -> Run:
    """A queued run of a flow that is not stored yet."""
    return _queued(caller, id, flow_id, cause, window.start, window.end, backfill, batch_id, at)


def new_upload(caller: Caller, batch_id: str, at: int) -> Run:
    """A queued run of an uploaded batch that is not stored yet."""
    return _queued(caller, batch_id, None, UPLOAD, None, None, False, batch_id, at)


def _queued(
    caller: Caller, id: str, flow_id: str | None, cause: str, start: int | None, end: int | None, backfill: bool,
    batch_id: str, at: int,
) -> Run:  # fmt: skip
    return Run(
        id, caller.org, caller.sandbox, flow_id, cause, start, end, backfill, QUEUED, batch_id,
        0, 0, 1, 0, None, None, None, None, None, new_etag(at), at, at, None, None, caller.user, caller.client,
    )  # fmt: skip


def insert(conn: sa.Connection, run: Run) -> bool:
    """Stores a new run; False when a run with this id exists, or the flow has an unfinished scheduled run."""
    taken = runs.c.id == run.id
    if run.cause == SCHEDULE:
        taken |= (runs.c.flow_id == run.flow_id) & is_unfinished & (runs.c.cause == SCHEDULE)
    if conn.execute(sa.select(runs.c.id).where(taken)).first() is not None:
        return False
    conn.execute(runs.insert().values(_row(run)))
    _tell(conn, run, run.created_at)
    return True


def by_id(conn: sa.Connection, id: str) -> Run:
    """The run with this id in whatever scope: for workers. NotFound otherwise."""
    row = conn.execute(_BY_ID, {"id": id}).one_or_none()
    if row is None:
        raise NotFound(f"Run {id} does not exist.", kind=KIND, id=id)
    return from_row(row)


def by_ids(conn: sa.Connection, ids: Sequence[str]) -> list[Run]:
    """The runs with these ids, in their order; those that do not exist are left out."""
    known = {row.id: from_row(row) for row in conn.execute(sa.select(runs).where(among(runs.c.id, ids)))}
    return [known[id] for id in ids if id in known]


def stop_reason(conn: sa.Connection, id: str) -> str | None:
    """Why the run was asked to stop; None when nobody did."""
    reason: str | None = conn.execute(_STOP_REASON, {"id": id}).scalar_one()
    return reason


def get(conn: sa.Connection, caller: Caller, id: str) -> Run:
    """The run in the caller's scope; NotFound (facts kind, id) otherwise."""
    row = conn.execute(sa.select(runs).where(in_scope(caller) & (runs.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(f"Run {id} does not exist in this sandbox.", kind=KIND, id=id)
    return from_row(row)


def select(conn: sa.Connection, caller: Caller, flow_id: str | None = None) -> list[Run]:
    """The caller's flow runs, newest first."""
    where = in_scope(caller) if flow_id is None else in_scope(caller) & (runs.c.flow_id == flow_id)
    rows = conn.execute(sa.select(runs).where(where).order_by(*NEWEST_FIRST))
    return [from_row(row) for row in rows]


def of_sandbox(conn: sa.Connection, caller: Caller) -> list[Run]:
    """Every run of the caller's sandbox, uploads' too."""
    of_caller = (runs.c.org == caller.org) & (runs.c.sandbox == caller.sandbox)
    return [from_row(row) for row in conn.execute(sa.select(runs).where(of_caller))]


def last_of(conn: sa.Connection, caller: Caller, flow_ids: Collection[str]) -> dict[str, LastRun]:
    """The newest run of each flow that has one."""
    newest = sa.func.row_number().over(partition_by=runs.c.flow_id, order_by=NEWEST_FIRST).label("newest")
    columns = (runs.c.flow_id, runs.c.id, runs.c.state, runs.c.started_at, runs.c.completed_at)
    inner = sa.select(*columns, newest).where(in_scope(caller) & among(runs.c.flow_id, flow_ids)).subquery()
    rows = conn.execute(sa.select(inner).where(inner.c.newest == 1))
    return {row.flow_id: LastRun(row.id, row.state, row.started_at, row.completed_at) for row in rows}


def first_window_start(conn: sa.Connection, flow_id: str) -> int | None:
    """Where the first window of the flow's schedule begins (epoch ms), None before it has one."""
    where = (runs.c.flow_id == flow_id) & (runs.c.cause == SCHEDULE)
    first: int | None = conn.execute(sa.select(sa.func.min(runs.c.window_start)).where(where)).scalar_one()
    return first


def any_exists(conn: sa.Connection) -> bool:
    """Whether there is any run of a flow, or an upload that is not over."""
    at_work, of_flows = (
        sa.select(runs.c.id).where(each).limit(1) for each in (is_unfinished, runs.c.flow_id.is_not(None))
    )
    return conn.execute(at_work).first() is not None or conn.execute(of_flows).first() is not None


def count_of_cause(conn: sa.Connection, flow_id: str, cause_prefix: str) -> int:
    """How many runs of a flow have a cause that starts so: what numbers the next one."""
    where = (runs.c.flow_id == flow_id) & runs.c.cause.startswith(cause_prefix)
    return conn.execute(sa.select(sa.func.count()).select_from(runs).where(where)).scalar_one()


# -- changes --------------------------------------------------------------------------------------------------


def enter(conn: sa.Connection, id: str, at: int) -> Run | None:
    """Counts one more attempt and marks the run in progress; None when it is over or another of its flow runs."""
    run = hold(conn, id)
    if run.finished or _flow_is_taken(conn, run):
        return None
    changes = {"state": IN_PROGRESS, "attempt": run.attempt + 1, "started_at": run.started_at or at}
    return _write(conn, run, at, not_before=None, waits_for=None, **changes)


def _flow_is_taken(conn: sa.Connection, run: Run) -> bool:
    """Whether another run of the same flow is in progress; uploads stand in nobody's way."""
    if run.flow_id is None:
        return False
    locks.hold(conn, f"flows/{run.flow_id}")
    other = (runs.c.flow_id == run.flow_id) & (runs.c.state == IN_PROGRESS) & (runs.c.id != run.id)
    return conn.execute(sa.select(runs.c.id).where(other)).first() is not None


def park(
    conn: sa.Connection,
    id: str,
    not_before: int,
    reason: str,
    at: int,
    *,
    trouble: bool = False,
    handed_back: bool = False,
) -> Run:
    """Puts an unfinished run aside until ``not_before``; the tick enqueues its next job."""
    run = hold(conn, id)
    if run.finished:
        return run
    counted = {"troubles": run.troubles + trouble, "handed_back": run.handed_back + handed_back}
    return _write(conn, run, at, state=QUEUED, not_before=not_before, waits_for=reason, **counted)


def unpark(conn: sa.Connection, seen: Run, at: int) -> Run | None:
    """Takes a run up again under a new job id, which the caller enqueues in the same transaction.

    None when somebody else has moved it since it was ``seen``. A run in doubt stays parked, a little later: should that
    job be lost, the tick comes back to it.
    """
    run = hold(conn, seen.id)
    if (run.state, run.jobs, run.not_before) != (seen.state, seen.jobs, seen.not_before):
        return None
    if run.in_doubt:
        return _write(conn, run, at, not_before=at + DOUBT_MS, jobs=run.jobs + 1)
    return _write(conn, run, at, not_before=None, waits_for=None, jobs=run.jobs + 1)


def set_plan(conn: sa.Connection, held: Run, plan: str, at: int) -> None:
    """Records the plan of a run that has none and is held in this transaction."""
    _write(conn, held, at, plan=plan)


def finish(conn: sa.Connection, id: str, state: str, outcome: Outcome, at: int) -> bool:
    """Ends a run that is unfinished or in doubt; False when another worker ended it before."""
    return _end(conn, id, state, outcome, at, not_before=None, waits_for=None)


def finish_in_doubt(conn: sa.Connection, id: str, outcome: Outcome, look_at: int, at: int) -> bool:
    """Ends a run as failed whose rows may be in the table; looked at again from ``look_at`` on. False as ``finish``.

    Safe to repeat: a run that is in doubt already is put off further.
    """
    return _end(conn, id, FAILED, outcome, at, not_before=look_at, waits_for=outcome.message)


def _end(conn: sa.Connection, id: str, state: str, outcome: Outcome, at: int, **parked: object) -> bool:
    run = hold(conn, id)
    if run.finished and not run.in_doubt:
        return False
    ended = _write(conn, run, at, state=state, outcome=outcome, completed_at=run.completed_at or at, **parked)
    if run.state != state:
        _tell(conn, ended, at)
    return True


def request_stop(conn: sa.Connection, flow_id: str, reason: str, at: int) -> None:
    """An intent that the flow's unfinished runs obey before their next part and before they commit."""
    where = (runs.c.flow_id == flow_id) & is_unfinished & runs.c.stop_reason.is_(None)
    conn.execute(runs.update().where(where).values(stop_reason=reason, updated_at=at))


def request_stop_of(conn: sa.Connection, id: str, reason: str, at: int) -> None:
    """As ``request_stop``, for one run."""
    where = (runs.c.id == id) & is_unfinished & runs.c.stop_reason.is_(None)
    conn.execute(runs.update().where(where).values(stop_reason=reason, updated_at=at))


def hold(conn: sa.Connection, id: str) -> Run:
    """The run, kept from other writers until the transaction ends. NotFound."""
    if conn.execute(_LOCK, {"id": id}).first() is None:
        raise NotFound(f"Run {id} does not exist.", kind=KIND, id=id)
    return by_id(conn, id)


def _write(conn: sa.Connection, run: Run, at: int, **changes: Any) -> Run:
    changed = replace(run, updated_at=at, etag=new_etag(at), **changes)
    values = _row(changed, ("updated_at", "etag", *changes))
    conn.execute(runs.update().where(runs.c.id == run.id).values(values))
    return changed


def _tell(conn: sa.Connection, run: Run, at: int) -> None:
    """An upload's state is its batch's, which has events of its own."""
    if run.flow_id is not None:
        events.append(conn, run.caller, KIND, run.id, run.state, run.etag, at)


def in_scope(caller: Caller) -> sa.ColumnElement[bool]:
    """The flow runs of the caller's org and sandbox."""
    return (runs.c.org == caller.org) & (runs.c.sandbox == caller.sandbox) & runs.c.flow_id.is_not(None)


def _row(run: Run, names: Iterable[str] = tuple(Run.__dataclass_fields__)) -> dict[str, Any]:
    row = {name: getattr(run, name) for name in names}
    if row.get("outcome") is not None:
        row["outcome"] = _encode_outcome(row["outcome"]).decode()
    return row


def from_row(row: sa.Row[Any]) -> Run:
    """The run that a whole row of the table holds."""
    values = dict(row._mapping)
    if values["outcome"] is not None:
        values["outcome"] = _decode_outcome(values["outcome"])
    return Run(**values)
