"""Threads for handlers, in rooms: who waits for a source takes none from the others, and nobody takes all of them."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from headrace.api.operation import HEALTH, SIGN_IN, SOURCE, WORK, Room
from headrace.errors import Unavailable

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """How many handlers run in a room at once, and how many of them for one org, or one address that names none."""

    all: int
    share: int


# Who signs in has a secret hashed, which takes 16 MB and a core for a moment.
SIZES: Mapping[Room, Size] = {WORK: Size(40, 30), SOURCE: Size(24, 8), SIGN_IN: Size(2, 1), HEALTH: Size(4, 4)}
WHAT: Mapping[Room, str] = {SOURCE: "requests that wait for a source", SIGN_IN: "sign-ins"}


@dataclass(slots=True)
class _Share:
    places: CapacityLimiter
    takers: int = 0


class Rooms:
    """The rooms of one application."""

    def __init__(self, sizes: Mapping[Room, Size] = SIZES, patience: float = PATIENCE_SECONDS) -> None:
        self._sizes, self._patience = sizes, patience
        self._threads: dict[Room, CapacityLimiter] = {}
        self._shares: dict[tuple[Room, str], _Share] = {}

    async def run(self, room: Room, sharer: str, work: Callable[[], T]) -> T:
        """What ``work`` gives, in a thread of the room; Unavailable when there is none for ``sharer`` for too long."""
        async with (
            self._shared(room, sharer) as share,
            _Taken(share, self._patience, room, sharer),
            _Taken(self._all(room), self._patience, room, sharer),
        ):
            return await to_thread.run_sync(work, limiter=CapacityLimiter(1))

    def _all(self, room: Room) -> CapacityLimiter:
        if room not in self._threads:
            self._threads[room] = CapacityLimiter(self._sizes[room].all)
        return self._threads[room]

    @asynccontextmanager
    async def _shared(self, room: Room, sharer: str) -> AsyncIterator[CapacityLimiter]:
        """The share, which lasts as long as somebody takes from it or waits to."""
        share = self._shares.setdefault((room, sharer), _Share(CapacityLimiter(self._sizes[room].share)))
        share.takers += 1
        try:
            yield share.places
        finally:
            share.takers -= 1
            if not share.takers:
                del self._shares[room, sharer]


class _Taken:
    """A place that is taken while something runs; Unavailable when none becomes free in time."""

    def __init__(self, places: CapacityLimiter, patience: float, room: Room, sharer: str) -> None:
        self._places, self._patience = places, patience
        self._room, self._sharer = room, sharer
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
            what = WHAT.get(self._room, "requests")
            message = f"Too many {what} are under way for {self._sharer or 'unknown addresses'}; try again later."
            raise Unavailable(message, retry_after=RETRY_SECONDS) from error

    async def __aexit__(self, *_: object) -> None:
        self._places.release_on_behalf_of(self._taker)
