"""The one life of a batch, whether a flow's window, a replay or an upload brings it: read this first.

    plan      freeze what the run needs, cut it into parts; its batch is ``staging``
    copy      per part, unless its pages are landed already: source -> landed pages      [copyActivity]
    promote   per part: decode -> map -> check -> data files and quarantine files        [promotionActivity]
              (pages are promoted while the next ones are copied)
              then the run must balance, keep its tolerance, and is committed once
    record    run, batch, files and what follows from them in one transaction

Every step is recorded when it is done, and a recorded step is read, not done again. So the whole is one re-entrant
call: whoever is given the run after a crash calls it from the top. What is peculiar to a kind of run is in its story.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from headrace import crash_points
from headrace.clock import Timer
from headrace.counts import Counts, total
from headrace.errors import NotFound, SourceAsksToWait
from headrace.lake import Lake, Stamp
from headrace.lake.pages import PageBody, bodies
from headrace.lake.writer import DataWriter
from headrace.mapping.derivations import Derivations
from headrace.runs.changes import changes
from headrace.runs.copying import Copying
from headrace.runs.dispatch import Dispatch
from headrace.runs.emptiness import require_borne_out
from headrace.runs.ending import Ending
from headrace.runs.failures import FINAL, GivenUp, HandedBack, Stopped, TooManyRejected
from headrace.runs.judging import Judge
from headrace.runs.pipeline import Incoming, Interrupted
from headrace.runs.plan import FlowPlan, Plan, UploadPlan, encoded, part_of, plan_of, trail_of
from headrace.runs.promotion import PartWork, promote_part
from headrace.runs.promotions import Promotions
from headrace.runs.story import Open, Story
from headrace.sources.reading import Part
from headrace.store import parts, runs
from headrace.store.parts import COPY, PLANNED, PROMOTED, PROMOTION, PartRecord
from headrace.store.runs import Run

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Life:
    """What a process carries runs with.

    stopping  set when this process must hand its runs back
    flows     the story of a flow's windows and of replays
    uploads   the story of uploaded batches
    """

    dispatch: Dispatch
    lake: Lake
    derivations: Derivations
    timer: Timer
    stopping: threading.Event
    flows: Story[FlowPlan]
    uploads: Story[UploadPlan]

    def carry(self, run_id: str) -> None:
        """Carries one run to its end. Returns early when another worker has ended it, or when it was put aside."""
        run = self._entered(run_id)
        if run is None:
            return
        story: Story[Any] = self.uploads if run.flow_id is None else self.flows
        ending = Ending(self.dispatch, self.lake, story)
        try:
            self._go(run, story, ending)
        except Exception as trouble:  # of an end itself: the lake or the database may be away
            if _says_erased(trouble, run):
                log.warning("run %s was erased while it was carried", run_id)
            else:
                ending.put_off(run, trouble)

    def _go(self, run: Run, story: Story[Any], ending: Ending) -> None:
        """Goes the way from plan to record, or to another end; raises what no end could be made of."""
        if run.in_doubt:
            ending.look_again(run)
            return
        try:
            plan = self._planned(run, story)
            self._promote_all(run, plan, story)
            self._commit(run, plan, story, ending)
        except HandedBack as reason:
            ending.hand_back(run, reason.message)
        except SourceAsksToWait as reason:
            ending.wait(run, reason)
        except FINAL as reason:
            ending.give_up(run, reason)
        except Exception as trouble:
            ending.trouble(run, trouble)

    def _entered(self, run_id: str) -> Run | None:
        """The run with one more attempt counted, or one to look at in doubt; None when there is nothing to do."""
        with self.dispatch.store.write() as conn:
            now = self.dispatch.clock.now()
            try:
                run = runs.enter(conn, run_id, now)
            except NotFound:
                log.warning("run %s is gone; its job has nothing to do", run_id)
                return None
            if run is not None:
                return run
            waiting = runs.by_id(conn, run_id)
            if not waiting.finished:
                runs.park(conn, run_id, now, "another run of the flow is in progress", now)
            return waiting if waiting.in_doubt else None

    def _obey(self, run: Run) -> None:
        """Raises Stopped when somebody asked the run to stop, HandedBack when this process does."""
        if self.stopping.is_set():
            raise HandedBack("The process that worked on this run was stopped.")
        with self.dispatch.store.read() as conn:
            reason = runs.stop_reason(conn, run.id)
        if reason is not None:
            raise Stopped(reason)

    # -- plan -------------------------------------------------------------------------------------------------

    def _planned(self, run: Run, story: Story[Any]) -> Plan:
        self._obey(run)
        if run.attempt - run.handed_back > MOST_ATTEMPTS:
            raise GivenUp(f"The run was given up after {MOST_ATTEMPTS} attempts that did not end.")
        return plan_of(run) or self._plan(run, story)

    def _plan(self, run: Run, story: Story[Any]) -> Plan:
        now = self.dispatch.clock.now()
        prepared = story.prepare(run, now, partial(self._obey, run))
        with self.dispatch.store.write() as conn:
            held = runs.hold(conn, run.id)
            if held.finished:
                raise Stopped("Another worker has ended the run while it was planned.")
            plan = plan_of(held)  # another worker's, where it was faster
            if plan is None:
                plan = prepared.plan
                runs.set_plan(conn, held, encoded(plan), now)
                parts.plan(conn, prepared.parts)
                story.begin(conn, run, plan, now)
        crash_points.reach(crash_points.PLANNED)
        return plan

    # -- copy and promote --------------------------------------------------------------------------------------

    def _promote_all(self, run: Run, plan: Plan, story: Story[Any]) -> None:
        """Copies part after part; their pages are promoted behind, while the next ones are copied."""
        self._start(run, COPY)
        judge = Judge.of(plan.target, self.derivations, plan.keying)
        writers = self.lake.writers(plan.target.table, judge.compiled.target)
        promote = partial(self._promote, run, plan, story.opener(run, plan), judge, writers)
        with Promotions(promote) as promotions:
            for record in self._records(run):
                if record.state != PROMOTED:
                    self._carry_part(run, plan, story, record, promotions)
            self._end(run, COPY)
            self._start(run, PROMOTION)
            promotions.require_success()

    def _carry_part(self, run: Run, plan: Plan, story: Story[Any], record: PartRecord, promotions: Promotions) -> None:
        """Copies one part, if need be, and has it promoted."""
        behind = promotions.begin(record)
        while record.state == PLANNED:
            try:
                self._obey(run)
                pages = story.ask(run, plan, part_of(record), trail_of(record), partial(self._obey, run))
                copying = Copying(
                    self.dispatch.store, self.lake.landing, self.timer, behind.coming.put, partial(self._obey, run)
                )
                copied = copying.copy(run, record, pages)
            except Interrupted:
                promotions.require_success()
                raise
            except BaseException:
                behind.give_up()
                raise
            if copied is None:  # another worker has landed pages of this part: these count
                behind.give_up()
                record = self._record(run, record.n)
                behind = promotions.begin(record)
            else:
                record = copied
        behind.coming.end()

    def _promote(
        self,
        run: Run,
        plan: Plan,
        opener: Open,
        judge: Judge,
        writers: Callable[[Stamp], DataWriter],
        record: PartRecord,
        coming: Incoming,
        judges: Executor,
    ) -> None:
        self._obey(run)
        part = part_of(record)
        stamp = Stamp(
            batch=run.batch_id, flow=plan.flow_id, scope=plan.scope(part.partition), part=part.n, attempt=run.attempt,
            extracted_at=plan.extracted_at, ingested_at=plan.ingested_at,
        )  # fmt: skip
        pages = self._begun(run, part, chain(bodies(self.lake.landing, record.raw), coming))
        work = PartWork(stamp, writers, pages, opener(part), plan.keying)
        promoted = promote_part(self.lake.landing, work, judge, judges)
        with self.dispatch.store.write() as conn:
            copied = parts.by_key(conn, run.id, part.n)
            parts.promoted(conn, copied, promoted.data, promoted.errors, total((copied.counts, promoted.counts)))

    def _begun(self, run: Run, part: Part, pages: Iterable[PageBody]) -> Iterator[PageBody]:
        """The pages; the run's promotion has begun when its first one is there."""
        for n, page in enumerate(pages):
            if n == part.n == 0:
                self._start(run, PROMOTION)
            yield page

    # -- commit and record -------------------------------------------------------------------------------------

    def _commit(self, run: Run, plan: Plan, story: Story[Any], ending: Ending) -> None:
        records = self._records(run)
        counts = total(record.counts for record in records)
        counts.require_balance(f"Run {run.id}")
        require_tolerance(plan, counts)
        require_borne_out(self.dispatch.store, self.lake, plan, records)
        self._obey(run)
        story.require_current(run, plan)
        outcome = ending.commit(run, plan, changes(plan, records))
        ending.succeed(run, plan, records, outcome)

    # -- records -----------------------------------------------------------------------------------------------

    def _records(self, run: Run) -> Sequence[PartRecord]:
        with self.dispatch.store.read() as conn:
            return parts.listed(conn, run.id)

    def _record(self, run: Run, n: int) -> PartRecord:
        with self.dispatch.store.read() as conn:
            return parts.by_key(conn, run.id, n)

    def _start(self, run: Run, activity: str) -> None:
        if run.flow_id is None:
            return  # an upload has no run document that would show activities
        with self.dispatch.store.write() as conn:
            parts.start_activity(conn, run.id, activity, self.dispatch.clock.now())

    def _end(self, run: Run, activity: str) -> None:
        if run.flow_id is None:
            return
        with self.dispatch.store.write() as conn:
            parts.end_activity(conn, run.id, activity, self.dispatch.clock.now())


def require_tolerance(plan: Plan, counts: Counts) -> None:
    """TooManyRejected: without a tolerance only when every row is rejected; with one, the share decides."""
    judged = counts.written + counts.rejected
    if not plan.tolerance and judged and not counts.written:
        raise TooManyRejected(
            f"All {counts.rejected} {plan.rows_are} were rejected. Nothing was ingested; see the row errors."
        )
    if plan.tolerance is not None and counts.rejected * 100 > plan.tolerance * judged:
        share = counts.rejected * 100 / judged
        raise TooManyRejected(
            f"{counts.rejected} of {judged} {plan.rows_are} were rejected ({share:.2f} %), more than the allowed "
            f"{plan.tolerance:g} %. Nothing was ingested; see the row errors."
        )


def _says_erased(trouble: Exception, run: Run) -> bool:
    """Whether it says that the run itself is gone, not something that the run refers to."""
    if not isinstance(trouble, NotFound):
        return False
    return (trouble.facts.get("kind"), trouble.facts.get("id")) == (runs.KIND, run.id)
