"""The promotions of a run's parts, behind the thread that copies them: pages are promoted while the next ones come."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType

from headrace.runs.pipeline import Incoming, Interrupted, Room
from headrace.store.parts import PartRecord

PARTS = 3  # that are promoted at once: while some wait for their last pages, or for the disk, the next one begins
JUDGES = 2  # threads that decode and map, for all parts: Arrow and Polars hand the interpreter back while they work

Promote = Callable[[PartRecord, Incoming, Executor], None]


@dataclass(frozen=True, slots=True)
class Behind:
    """The promotion of one part: it takes what has landed of the part, then what is put."""

    coming: Incoming
    ended: Future[None]

    def give_up(self) -> None:
        """Leaves no trace of it."""
        self.coming.interrupt()
        if not self.ended.cancel():
            wait([self.ended])


class Promotions:
    """Promotes parts as ``promote`` does; what is left undone when the block ends with an error is given up."""

    def __init__(self, promote: Promote) -> None:
        self._promote = promote
        self._room = Room()
        self._running: deque[Behind] = deque()

    def __enter__(self) -> "Promotions":
        self._judges = ThreadPoolExecutor(JUDGES, thread_name_prefix="headrace-judge")
        self._parts = ThreadPoolExecutor(PARTS, thread_name_prefix="headrace-promote")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._parts.shutdown(cancel_futures=error is not None)
        self._judges.shutdown()

    def begin(self, record: PartRecord) -> Behind:
        """Begins to promote a part; raises what an earlier one has raised, since nothing more is needed then."""
        self.require_no_failure()
        coming = Incoming(self._room)
        behind = Behind(coming, self._parts.submit(self._carry, record, coming))
        self._running.append(behind)
        return behind

    def require_no_failure(self) -> None:
        """Forgets the promotions that have ended, and raises what one has raised."""
        while self._running and self._running[0].ended.done():
            _require(self._running.popleft())

    def require_success(self) -> None:
        """Waits for all that were begun, and raises what one has raised."""
        while self._running:
            _require(self._running.popleft())

    def _carry(self, record: PartRecord, coming: Incoming) -> None:
        try:
            self._promote(record, coming, self._judges)
        finally:
            coming.interrupt()  # who puts a page now waits for nobody


def _require(behind: Behind) -> None:
    if behind.ended.cancelled():
        return
    error = behind.ended.exception()
    if error is not None and not isinstance(error, Interrupted):
        raise error
