"""The story of an uploaded batch: its files are landed already, so there is no source to ask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from headrace.catalog.upload_settings import upload_settings
from headrace.errors import Broken, Conflict, HeadraceError, WindowSuperseded
from headrace.files import NamedFile
from headrace.runs import uploads
from headrace.runs.batch_figures import PARTIAL, errors_by_code
from headrace.runs.dispatch import Dispatch
from headrace.runs.failures import BatchChanged, Stopped, TooManyRejected
from headrace.runs.plan import UploadPlan, encoded
from headrace.runs.promotion import Rows
from headrace.runs.story import Obey, Open, Prepared
from headrace.runs.targets import freeze_target, told_apart
from headrace.runs.tick import pick_up
from headrace.sources.reading import Page, Part, Trail
from headrace.store import batches, runs
from headrace.store.batches import INPUT_FILES, Batch, BatchError
from headrace.store.parts import COPIED, PartRecord
from headrace.store.runs import Run
from headrace.store.scope import Caller

UNDIAGNOSED = "INGEST-1211-400"
REFUSED, FAILED = "INGEST-1000-400", "INGEST-1000-500"
EMPTY = BatchError("106", "The batch holds no file with content; upload one before COMPLETE.")


def complete(dispatch: Dispatch, caller: Caller, batch_id: str) -> None:
    """Takes no more files and promotes the batch; one without content fails at once.

    Conflict when it was given up, and for a batch of a flow, whose run goes at its own pace: its source may have asked
    to wait.

    Safe to repeat: a batch that waits, is in doubt, or has lost its job is taken up again at once.
    """
    now = dispatch.clock.now()
    with dispatch.store.write() as conn:
        batch = batches.get(conn, caller, batch_id)
        if batch.status == "success":
            return
        if batch.run_id is not None:
            message = f"Batch {batch_id} is written by the flow run {batch.run_id}, which completes it by itself."
            raise Conflict(message, kind=batches.KIND, id=batch_id, status=batch.status)
        if batch.status not in batches.UNDER_WAY:
            _begin(dispatch, conn, batch, now)
            return
    pick_up(dispatch, batch.run, now)


def _begin(dispatch: Dispatch, conn: sa.Connection, batch: Batch, now: int) -> None:
    files = batches.files(conn, batch.id, INPUT_FILES)
    if batch.status == "loading" and not any(file.ref.bytes for file in files):
        batches.move(conn, batch.id, {"loading"}, "failed", at=now, errors=(EMPTY,), completed_at=now)
        return
    batches.move(conn, batch.id, {"loading"}, "loaded", at=now, started_at=now)
    run = runs.new_upload(batch.caller, batch.id, now)
    runs.insert(conn, run)
    dispatch.enqueue(conn, run)


def abort(dispatch: Dispatch, caller: Caller, batch_id: str) -> None:
    """Ends a batch that is still being loaded; Conflict from COMPLETE on, as on Platform."""
    now = dispatch.clock.now()
    with dispatch.store.write() as conn:
        batch = batches.get(conn, caller, batch_id)
        if batch.status != "loading":
            message = (
                f"Batch {batch_id} is {batch.status}; ABORT is possible only while it is loading. "
                "Take a batch that succeeded back with action=REVERT."
            )
            raise Conflict(message, kind=batches.KIND, id=batch_id, status=batch.status)
        batches.move(conn, batch_id, {"loading"}, "aborted", at=now, completed_at=now)


@dataclass(frozen=True, slots=True)
class UploadStory:
    """What uploads bring."""

    dispatch: Dispatch

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        with self.dispatch.store.read() as conn:
            batch = batches.by_id(conn, run.batch_id)
            frozen = freeze_target(conn, run.caller, batch.dataset_id, None, now)
            target, keying = told_apart(conn, run.caller, frozen)
            files = batches.files(conn, batch.id, INPUT_FILES)
        settings = upload_settings(batch.body)
        plan = UploadPlan(
            batch_id=batch.id,
            target=target,
            multi_line=settings.multi_line,
            tolerance=settings.tolerance,
            predecessors=settings.predecessors,
            extracted_at=batch.created_at,
            keying=keying,
        )
        pages = [NamedFile(file.name, file.ref, file.facts) for file in files]
        return Prepared(plan, [_landed(run, n, page) for n, page in enumerate(pages)])

    def begin(self, conn: sa.Connection, run: Run, plan: UploadPlan, now: int) -> None:
        batches.move(conn, run.batch_id, {"loaded"}, "staging", at=now)

    def ask(self, run: Run, plan: UploadPlan, part: Part, trail: Trail | None, obey: Obey) -> Iterable[Page]:
        raise Broken(f"Part {part.n} of upload {run.id} is not landed; an upload is its own landed page.")

    def opener(self, run: Run, plan: UploadPlan) -> Open:
        rows = Rows(partial(uploads.decoder, plan.multi_line))
        return lambda part: rows

    def require_current(self, run: Run, plan: UploadPlan) -> None:
        """Rows that are still to come cannot be replaced. Asked until the commit: what is over stays over."""
        with self.dispatch.store.read() as conn:
            if batches.by_id(conn, run.batch_id).status == "committing":
                return
            for old in (batches.by_id(conn, id) for id in plan.predecessors):
                if old.status in batches.UNFINISHED:
                    raise BatchChanged(
                        f"Batch {old.id}, which this one replaces, is {old.status} still. Nothing was ingested; "
                        "replay it when it is over."
                    )

    def succeeded(self, conn: sa.Connection, run: Run, plan: UploadPlan, now: int) -> None:
        """Nothing besides."""

    def ended(self, conn: sa.Connection, run: Run, now: int) -> None:
        """Nothing follows an upload."""

    def errors(
        self, batch: Batch | None, reason: HeadraceError, records: Sequence[PartRecord]
    ) -> tuple[BatchError, ...]:
        return (BatchError(_code(batch, reason), reason.message), *errors_by_code(records))


def _landed(run: Run, n: int, page: NamedFile) -> PartRecord:
    part = Part(n, uploads.REQUEST, label=page.name)
    return PartRecord(run.id, n, COPIED, encoded(part), raw=(page,))


def _code(batch: Batch | None, reason: HeadraceError) -> str:
    if isinstance(reason, TooManyRejected | Stopped):
        return PARTIAL if batch is not None and upload_settings(batch.body).diagnosed else UNDIAGNOSED
    return REFUSED if isinstance(reason, BatchChanged | WindowSuperseded) else FAILED
