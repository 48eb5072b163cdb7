"""The story of a flow's run: a window is asked of the source, or a replay takes the pages of the run before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from headrace import flows, sources
from headrace.errors import HeadraceError, SourceFailure
from headrace.lake.landing import Landing
from headrace.runs import planning, replay_rows, retrying, succession
from headrace.runs.batch_figures import batch_errors
from headrace.runs.dispatch import Dispatch
from headrace.runs.plan import REPLACE_WINDOW, FlowPlan
from headrace.runs.promotion import Rows, Slices, Wanted
from headrace.runs.story import Obey, Open, Prepared
from headrace.runs.tick import offer_following
from headrace.sources import SourceHttp
from headrace.sources.reading import Page, Part, Trail
from headrace.store import batches
from headrace.store.batches import Batch, BatchError
from headrace.store.keyring import Keyring
from headrace.store.parts import PartRecord
from headrace.store.runs import Run

SOURCE_FAILED, RUN_FAILED = "CONNECTOR-1001-500", "CONNECTOR-2001-500"


@dataclass(frozen=True, slots=True)
class FlowStory:
    """What runs of flows bring. A replay comes with its plan made and its pages landed, by the run that it replays."""

    dispatch: Dispatch
    landing: Landing
    keyring: Keyring
    http: SourceHttp
    retry_hours: float = retrying.DEFAULT_HOURS

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        return planning.prepare(self.dispatch.store, self.keyring, self.http.obeying(obey), run, now)

    def begin(self, conn: sa.Connection, run: Run, plan: FlowPlan, now: int) -> None:
        open_batch(conn, run, plan, now)

    def ask(self, run: Run, plan: FlowPlan, part: Part, trail: Trail | None, obey: Obey) -> Iterable[Page]:
        store, connection_id = self.dispatch.store, plan.connection_id
        with store.read() as conn:
            credentials = flows.credentials.load(conn, self.keyring, run.caller, connection_id)
        keep = flows.credentials.keeper(store, self.keyring, run.caller, connection_id, self.dispatch.clock.now())
        return sources.fetch(plan.reading, part, credentials, self.http.obeying(obey), keep, trail)

    def opener(self, run: Run, plan: FlowPlan) -> Open:
        choose = replay_rows.chooser(self.dispatch.store, self.landing, plan)
        return lambda part: Rows(partial(_decoder, plan, part), choose(part))

    def require_current(self, run: Run, plan: FlowPlan) -> None:
        replay_rows.require_current(self.dispatch.store, run, plan)

    def succeeded(self, conn: sa.Connection, run: Run, plan: FlowPlan, now: int) -> None:
        replay = plan.replay
        if replay is not None:
            succession.mark_replayed(conn, run, replay, now)

    def ended(self, conn: sa.Connection, run: Run, now: int) -> None:
        retrying.note_end(conn, run, self.retry_hours, now)
        offer_following(conn, self.dispatch, run.flow_id or "", now)

    def errors(
        self, batch: Batch | None, reason: HeadraceError, records: Sequence[PartRecord]
    ) -> tuple[BatchError, ...]:
        code = SOURCE_FAILED if isinstance(reason, SourceFailure) else RUN_FAILED
        return (BatchError(code, reason.message), *batch_errors(records, committed=False))


def open_batch(conn: sa.Connection, run: Run, plan: FlowPlan, now: int) -> None:
    """Opens the batch that a run writes, in ``staging``."""
    tags = {"flowId": [plan.flow_id], "flowRunId": [run.id], "acp_sourceConnectionId": [plan.source_connection_id]}
    replay = {"replay": {"predecessors": list(plan.predecessors), "reason": "replace"}} if plan.predecessors else {}
    batches.insert(
        conn, run.caller, id=run.batch_id, dataset_id=plan.target.table.dataset_id, at=now, status="staging",
        run_id=run.id, body={"inputFormat": {"format": "json"}, "tags": tags, **replay},
    )  # fmt: skip


def _decoder(plan: FlowPlan, part: Part, wanted: Wanted) -> Slices:
    return sources.decoder(plan.reading, part, wanted, plan.mode == REPLACE_WINDOW).slices
