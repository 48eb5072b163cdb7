"""Handlers run in rooms: no org takes every thread of one, and no room those of another."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from headrace.api.operation import HEALTH, SIGN_IN, SOURCE, WORK
from headrace.api.rooms import Rooms, Size
from headrace.errors import Unavailable

SIZES = {WORK: Size(3, 2), SOURCE: Size(2, 1), SIGN_IN: Size(1, 1), HEALTH: Size(1, 1)}
SECONDS = 10.0


class Busy:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(self) -> str:
        self.begun.release()
        assert self.go.wait(SECONDS)
        return "done"


def meanwhile(room: str, org: str, times: int, act: Callable[[Rooms], Awaitable[None]]) -> list[str]:
    """What an org's busy work gives; ``act`` happens while all of it goes on."""

    async def all_of_it() -> list[str]:
        rooms, busy = Rooms(SIZES, patience=0), Busy()
        works = [asyncio.create_task(rooms.run(room, org, busy)) for _ in range(times)]  # type: ignore[arg-type]
        for _ in range(times):
            assert await asyncio.to_thread(busy.begun.acquire, timeout=SECONDS)
        try:
            await act(rooms)
        finally:
            busy.go.set()
        given = await asyncio.gather(*works)
        assert not rooms._shares  # an org that is gone leaves nothing
        return given

    return asyncio.run(all_of_it())


def test_an_org_leaves_threads_to_others() -> None:
    async def act(rooms: Rooms) -> None:
        with pytest.raises(Unavailable, match=r"Too many requests are under way for a; try again later") as caught:
            await rooms.run(WORK, "a", lambda: "never")
        assert caught.value.facts["retry_after"]
        assert await rooms.run(WORK, "b", lambda: "b's") == "b's"

    assert meanwhile(WORK, "a", 2, act) == ["done", "done"]


def test_who_waits_for_a_source_takes_no_other_thread() -> None:
    async def act(rooms: Rooms) -> None:
        with pytest.raises(Unavailable, match="requests that wait for a source"):
            await rooms.run(SOURCE, "a", lambda: "never")
        assert await rooms.run(WORK, "a", lambda: "work") == "work"
        assert await rooms.run(HEALTH, "", lambda: "health") == "health"

    assert meanwhile(SOURCE, "a", 1, act) == ["done"]


def test_who_finds_no_place_in_its_share_or_in_the_room_leaves_nothing() -> None:
    async def act(rooms: Rooms) -> None:
        for sharer in ("a", "b"):
            with pytest.raises(Unavailable, match=f"sign-ins are under way for {sharer}"):
                await rooms.run(SIGN_IN, sharer, lambda: "never")
        assert list(rooms._shares) == [(SIGN_IN, "a")]

    assert meanwhile(SIGN_IN, "a", 1, act) == ["done"]


def test_what_fails_gives_its_place_back() -> None:
    async def act(rooms: Rooms) -> None:
        for _ in range(3):
            with pytest.raises(KeyError):
                await rooms.run(WORK, "b", lambda: {}["x"])

    assert meanwhile(WORK, "a", 1, act) == ["done"]
