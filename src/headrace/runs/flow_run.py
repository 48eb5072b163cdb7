"""The story of a flow's run: a window is asked of the source, or a replay takes the pages of the run before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
import zstandard

from headrace import crash_points, flows, sources
from headrace.errors import HeadraceError, SourceFailure
from headrace.files import FileFacts, NamedFile
from headrace.lake.landing import InputPage, Landing
from headrace.runs import planning, replay_rows, succession
from headrace.runs.batch_figures import batch_errors
from headrace.runs.dispatch import Dispatch
from headrace.runs.plan import REPLACE_WINDOW, FlowPlan
from headrace.runs.promotion import Answers, Pages, Slices, Wanted
from headrace.runs.story import Copied, Open, Prepared
from headrace.runs.tick import offer_following
from headrace.sources import SourceHttp
from headrace.sources.reading import Page, Part
from headrace.store import batches
from headrace.store.batches import Batch, BatchError
from headrace.store.keyring import Keyring
from headrace.store.parts import PartRecord
from headrace.store.runs import Run

LANDING_LEVEL = 1
SOURCE_FAILED, RUN_FAILED = "CONNECTOR-1001-500", "CONNECTOR-2001-500"


@dataclass(frozen=True, slots=True)
class FlowStory:
    """What runs of flows bring. A replay comes with its plan made and its pages landed, by the run that it replays."""

    dispatch: Dispatch
    landing: Landing
    keyring: Keyring
    http: SourceHttp

    def prepare(self, run: Run, now: int) -> Prepared:
        return planning.prepare(self.dispatch.store, self.keyring, self.http, run, now)

    def begin(self, conn: sa.Connection, run: Run, plan: FlowPlan, now: int) -> None:
        open_batch(conn, run, plan, now)

    def copy(self, run: Run, plan: FlowPlan, part: Part) -> Copied:
        store, connection_id = self.dispatch.store, plan.connection_id
        with store.read() as conn:
            credentials = flows.credentials.load(conn, self.keyring, run.caller, connection_id)
        keep = flows.credentials.keeper(store, self.keyring, run.caller, connection_id, self.dispatch.clock.now())
        pages = []
        for page in sources.fetch(plan.reading, part, credentials, self.http, keep):
            pages.append(self._landed(run, part, page))
            crash_points.reach(crash_points.LANDING)
        return Copied(pages)

    def _landed(self, run: Run, part: Part, page: Page) -> NamedFile:
        stored = InputPage(run.batch_id, part.n, run.attempt, page.n)
        ref = self.landing.put(stored, [zstandard.ZstdCompressor(LANDING_LEVEL).compress(page.body)])
        facts = FileFacts(encoding="zstd", size=len(page.body), url=page.url, format="json")
        return NamedFile(f"part-{part.n:05}-page-{page.n:05}.json", ref, facts)

    def opener(self, run: Run, plan: FlowPlan) -> Open:
        choose = replay_rows.chooser(self.dispatch.store, self.landing, plan)

        def opened(part: Part, record: PartRecord) -> Answers:
            return Pages(record.raw, partial(_decoder, plan, part), choose(part))

        return opened

    def require_current(self, run: Run, plan: FlowPlan) -> None:
        replay_rows.require_current(self.dispatch.store, run, plan)

    def succeeded(self, conn: sa.Connection, run: Run, plan: FlowPlan, now: int) -> None:
        replay = plan.replay
        if replay is not None:
            succession.mark_replayed(conn, run, replay, now)

    def ended(self, conn: sa.Connection, run: Run, now: int) -> None:
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
