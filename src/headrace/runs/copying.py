"""Copying: a part's pages go from its source into landed files, each recorded with how the chain goes on behind it."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from headrace import crash_points
from headrace.clock import Timer
from headrace.lake.landing import InputPages, Landing
from headrace.lake.pages import Gathered, PageBody, page_name
from headrace.runs.plan import encoded
from headrace.sources.reading import Page, Trail
from headrace.store import parts
from headrace.store.engine import Store
from headrace.store.parts import PartRecord
from headrace.store.runs import Run

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Copying:
    """What it takes to copy.

    hand  is given each page as soon as it has come
    obey  raises when the run, or this process, must end
    """

    store: Store
    landing: Landing
    timer: Timer
    hand: Callable[[PageBody], None]
    obey: Callable[[], None]

    def copy(self, run: Run, record: PartRecord, pages: Iterable[Page]) -> PartRecord | None:
        """Lands the pages that follow those of ``record``, file by file; None when another worker has come further.

        Whatever has come stays, also when asking for the next page fails.
        """
        gathered: Gathered | None = None
        last: Page | None = None
        try:
            for last in pages:
                if gathered is None:
                    file = InputPages(run.batch_id, record.n, run.attempt, last.n)
                    gathered = Gathered(file, self.timer.seconds())
                body = PageBody(page_name(record.n, last.n), last.body, last.count, last.hidden)
                gathered.add(body, last.url)
                self.hand(body)
                if not last.ended and gathered.is_full(self.timer.seconds()):
                    full, gathered = gathered, None  # what fails to land is not landed again
                    landed = self._landed(record, full, last.trail)
                    if landed is None:
                        return None
                    record = landed
                    crash_points.reach(crash_points.CONTINUED)
                    self.obey()
        except Exception:
            if gathered is not None and last is not None:
                self._save(record, gathered, last)
            raise
        landed = self._landed(record, gathered, None)
        crash_points.reach(crash_points.LANDED)
        return landed

    def _save(self, record: PartRecord, gathered: Gathered, last: Page) -> None:
        """Lands what has come before an error, which is the one to tell, whatever becomes of this."""
        try:
            self._landed(record, gathered, last.trail)
        except Exception:
            log.warning("pages of part %d of run %s could not be landed", record.n, record.owner, exc_info=True)

    def _landed(self, record: PartRecord, gathered: Gathered | None, trail: Trail | None) -> PartRecord | None:
        pages = gathered.land(self.landing) if gathered is not None else []
        crash_points.reach(crash_points.LANDING)
        with self.store.write() as conn:
            return parts.landed(conn, record, pages, None if trail is None else encoded(trail))
