"""Work that flows: pages come while earlier ones are worked on, within a budget of memory; results keep their order."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any, Generic, TypeVar

from headrace.lake.pages import PageBody

ROOM = 24 << 20  # bytes of pages that may wait for their promotion, whatever the number of parts
AHEAD = 3  # inputs that are worked on, or wait for their turn, at once
RESULTS = 1  # of one input that wait for those before them

Input = TypeVar("Input")
Result = TypeVar("Result")


class Interrupted(Exception):
    """The other side of a stream of pages has gone."""


class Room:
    """Memory for pages that wait, shared by all streams of a run. A page that is larger than all of it comes alone."""

    def __init__(self, size: int = ROOM) -> None:
        self.changed = threading.Condition()
        self._size = size
        self._taken = 0

    def has(self, size: int) -> bool:
        """Whether so many bytes more may wait."""
        return not self._taken or self._taken + size <= self._size

    def take(self, size: int) -> None:
        """Counts bytes that wait from now on, or, below zero, no longer."""
        self._taken += size
        self.changed.notify_all()


class Incoming:
    """The pages of one part on their way from the thread that lands them to the one that promotes them."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._pages: deque[PageBody] = deque()
        self._ended = self._broken = False

    def put(self, page: PageBody) -> None:
        """Hands a page on, once there is room for it; Interrupted when nobody takes pages any more."""
        size = len(page.body)
        with self._room.changed:
            self._room.changed.wait_for(lambda: self._broken or self._room.has(size))
            if self._broken:
                raise Interrupted
            self._pages.append(page)
            self._room.take(size)

    def end(self) -> None:
        """No page follows, and all are recorded as landed."""
        with self._room.changed:
            self._ended = True
            self._room.changed.notify_all()

    def interrupt(self) -> None:
        """Lets go of the other side, whichever side that is, and of the pages that wait."""
        with self._room.changed:
            self._broken = True
            self._room.take(-sum(len(page.body) for page in self._pages))
            self._pages.clear()

    def __iter__(self) -> Iterator[PageBody]:
        """The pages, as they come; Interrupted when no more will come and the part is not copied."""
        while True:
            with self._room.changed:
                self._room.changed.wait_for(lambda: self._pages or self._ended or self._broken)
                if self._broken:
                    raise Interrupted
                if not self._pages:
                    return
                page = self._pages.popleft()
                self._room.take(-len(page.body))
            yield page


def in_order(pool: Executor, work: Callable[[Input], Iterable[Result]], inputs: Iterable[Input]) -> Iterator[Result]:
    """The results of all inputs, in their order, while those that follow are worked on in the pool already."""
    lanes: deque[_Lane[Result]] = deque()
    try:
        for each in inputs:
            lanes.append(_Lane(pool, work, each))
            if len(lanes) == AHEAD:
                yield from lanes[0].results()
                lanes.popleft()
        while lanes:
            yield from lanes[0].results()
            lanes.popleft()
    finally:
        for lane in lanes:
            lane.stop()


@dataclass(frozen=True, slots=True)
class _End:
    """No result follows; ``error`` says why if it is not that all are there."""

    error: BaseException | None = None


class _Lane(Generic[Result]):
    """The results of one input, as the pool gives them."""

    def __init__(self, pool: Executor, work: Callable[[Input], Iterable[Result]], each: Input) -> None:
        self._results: Queue[Result | _End] = Queue(RESULTS)
        self._stopped = False
        self._future: Future[None] = pool.submit(self._run, work, each)

    def results(self) -> Iterator[Result]:
        while not isinstance(result := self._results.get(), _End):
            yield result
        if result.error is not None:
            raise result.error

    def stop(self) -> None:
        """Ends the work after the result in hand; waits until it has."""
        self._stopped = True
        while not self._future.cancel() and not self._future.done():
            with suppress(Empty):
                self._results.get(timeout=0.05)

    def _run(self, work: Callable[[Any], Iterable[Result]], each: Any) -> None:
        end = _End()
        try:
            for result in work(each):
                if self._stopped:
                    return
                self._results.put(result)
        except BaseException as error:
            end = _End(error)
        self._results.put(end)
