"""Threads for handlers, in rooms: who waits for a source takes none from the others, and no org takes all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from headrace.api.operation import HEALTH, SOURCE, WORK, Room
from headrace.errors import Unavailable

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """How many handlers run in a room at once, and how many of them for one org."""

    all: int
    share: int


SIZES: Mapping[Room, Size] = {WORK: Size(40, 30), SOURCE: Size(24, 8), HEALTH: Size(4, 4)}


class Rooms:
    """The rooms of one application."""

    def __init__(self, sizes: Mapping[Room, Size] = SIZES, patience: float = PATIENCE_SECONDS) -> None:
        self._sizes, self._patience = sizes, patience
        self._threads: dict[Room, CapacityLimiter] = {}
        self._shares: dict[tuple[Room, str], CapacityLimiter] = {}

    async def run(self, room: Room, org: str, work: Callable[[], T]) -> T:
        """What ``work`` gives, in a thread of the room; Unavailable when there is none for the org for too long."""
        share, threads = self._share(room, org), self._all(room)
        async with _Taken(share, self._patience, room, org), _Taken(threads, self._patience, room, org):
            try:
                return await to_thread.run_sync(work, limiter=CapacityLimiter(1))
            finally:
                if share.borrowed_tokens == 1 and not share.statistics().tasks_waiting:
                    self._shares.pop((room, org), None)

    def _all(self, room: Room) -> CapacityLimiter:
        if room not in self._threads:
            self._threads[room] = CapacityLimiter(self._sizes[room].all)
        return self._threads[room]

    def _share(self, room: Room, org: str) -> CapacityLimiter:
        if (room, org) not in self._shares:
            self._shares[room, org] = CapacityLimiter(self._sizes[room].share)
        return self._shares[room, org]


class _Taken:
    """A place that is taken while something runs; Unavailable when none becomes free in time."""

    def __init__(self, places: CapacityLimiter, patience: float, room: Room, org: str) -> None:
        self._places, self._patience = places, patience
        self._room, self._org = room, org
        self._taker = object()

    async def __aenter__(self) -> None:
        try:
            self._places.acquire_on_behalf_of_nowait(self._taker)
        except anyio.WouldBlock:
            await self._wait()

    async def _wait(self) -> None:
        try:
            with anyio.fail_after(self._patience):
                await self._places.acquire_on_behalf_of(self._taker)
        except TimeoutError as error:
            what = "requests that wait for a source" if self._room == SOURCE else "requests"
            message = f"Too many {what} are under way for {self._org or 'callers without a token'}; try again later."
            raise Unavailable(message, retry_after=RETRY_SECONDS) from error

    async def __aexit__(self, *_: object) -> None:
        self._places.release_on_behalf_of(self._taker)
