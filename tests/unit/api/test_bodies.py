"""A body comes within its bounds: in length, in pauses, in pace, in its whole time."""

import asyncio
import io
from collections.abc import Iterable
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from headrace import errors
from headrace.api import bodies
from headrace.settings import Settings

LIMIT = 100_000
SECONDS = 60.0
SETTINGS = Settings(Path("unused"), client_seconds=5.0, client_pace=1000)


class Timer:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.now = 0.0

    def seconds(self) -> float:
        return self.now


def received(chunks: Iterable[tuple[float, int]], length: str | None = None, settings: Settings = SETTINGS) -> int:
    """How many bytes are taken of chunks, each with the second at which it comes and its size."""
    timer, coming = Timer(), iter(chunks)
    headers = [(b"transfer-encoding", b"chunked") if length is None else (b"content-length", length.encode())]

    async def receive() -> Message:
        timer.now, size = next(coming, (timer.now, 0))
        if size < 0:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"x" * size, "more_body": size > 0}

    upload = io.BytesIO()
    http = Request({"type": "http", "headers": headers}, receive)
    asyncio.run(bodies.Body(http, upload, bodies.Bounds(LIMIT, SECONDS), settings, timer).receive())
    return len(upload.getvalue())


@pytest.mark.parametrize("chunks", [[], [(0, LIMIT)], [(9, 9_000), (19, 10_000)], [(n / 10, 1) for n in range(50)]])
def test_a_body_that_comes(chunks: list[tuple[float, int]]) -> None:
    assert received(chunks) == sum(size for _, size in chunks)


@pytest.mark.parametrize("chunks", [[(6, 5_000)], [(4, 4_000), (8, 100)], [(n, 999) for n in range(1, 90)]])
def test_a_body_that_drips_is_given_up(chunks: list[tuple[float, int]]) -> None:
    with pytest.raises(errors.TooSlow, match="less than 1000 bytes a second"):
        received(chunks)


@pytest.mark.parametrize("pace", [0, 1000])
def test_a_body_that_keeps_its_pace_has_an_end_all_the_same(pace: int) -> None:
    settings = Settings(Path("unused"), client_seconds=5.0, client_pace=pace)
    assert received([(n, 1001) for n in range(61)], settings=settings) == 61 * 1001
    with pytest.raises(errors.TooSlow, match="not there after 60 seconds"):
        received([(n, 1001) for n in range(90)], settings=settings)


def test_a_body_that_stalls_is_given_up() -> None:
    with pytest.raises(errors.TooSlow, match="No byte of the body came"):
        received([(0, 10), (0, -1)], settings=Settings(Path("unused"), client_seconds=0.01))


@pytest.mark.parametrize("length", [str(LIMIT + 1), "9" * 5000, "0" * 30 + str(LIMIT + 1)])
def test_no_byte_is_taken_of_a_body_that_says_it_is_too_long(length: str) -> None:
    with pytest.raises(errors.TooLarge):
        received([(0, -1)], length)


def test_a_body_that_gets_too_long_is_given_up() -> None:
    with pytest.raises(errors.TooLarge):
        received([(0, LIMIT // 2)] * 3)


@pytest.mark.parametrize(
    ("headers", "here", "came"),
    [
        ({}, False, True),
        ({"content-length": "3"}, True, True),
        ({"content-length": "3"}, False, False),
        ({"content-length": "3", "expect": "100-continue"}, True, False),
        ({"content-length": str(bodies.SMALL + 1)}, True, False),
        ({"transfer-encoding": "chunked"}, True, True),
    ],
)
def test_what_comes_with_its_head_is_taken_and_nobody_is_asked_for_more(
    headers: dict[str, str], here: bool, came: bool
) -> None:
    async def both() -> tuple[bool, bytes]:
        sent = asyncio.Event()

        async def receive() -> Message:
            await sent.wait()
            return {"type": "http.request", "body": b"abc", "more_body": False}

        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        upload, bounds = io.BytesIO(), bodies.Bounds(LIMIT, SECONDS)
        body = bodies.Body(Request({"type": "http", "headers": raw}, receive), upload, bounds, SETTINGS, Timer())
        if here:
            sent.set()
        first = await body.came_with_its_head()
        sent.set()
        await body.receive()
        return first, upload.getvalue()

    assert asyncio.run(both()) == (came, b"abc" if headers else b"")


def test_a_client_that_leaves_in_the_middle_is_told_of() -> None:
    async def leave() -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        http = Request({"type": "http", "headers": [(b"content-length", b"3")]}, receive)
        await bodies.Body(http, io.BytesIO(), bodies.Bounds(LIMIT, SECONDS), SETTINGS, Timer()).receive()

    with pytest.raises(ClientDisconnect):
        asyncio.run(leave())
