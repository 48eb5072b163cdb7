"""What a client may keep open, and for how long: its head, its connection, its answer."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from headrace.api.bounded_http import HEAD_BYTES, BoundedHttp
from headrace.api.connections import Connections

Address = tuple[str, int]
START = b"GET / HTTP/1.1\r\nHost: x\r\n"
LAST = START + b"Connection: close\r\n\r\n"
SHORT, LONG = 0.3, 60.0


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(b"ok " + body)(scope, receive, send)


@contextmanager
def serving(app: ASGIApp = echo, seconds: float = LONG, most: int = 99, each: int = 99) -> Iterator[Address]:
    http: Any = partial(BoundedHttp, connections=Connections(most, each), seconds=seconds)
    server = uvicorn.Server(uvicorn.Config(app, http=http, ws="none", log_level="warning", lifespan="off"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.005)
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


def all_of(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def answer(address: Address, *sent: bytes) -> bytes:
    """All that comes back before the server closes the connection."""
    with socket.create_connection(address, timeout=20) as client:
        for part in sent:
            client.sendall(part)
        return all_of(client)


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(("most", "each"), [(2, 99), (99, 2)])
def test_with_too_many_connections_the_one_that_asks_nothing_goes(most: int, each: int) -> None:
    with serving(most=most, each=each) as address:
        silent = [socket.create_connection(address, timeout=20) for _ in range(6)]
        assert all(map(is_closed, silent[:4]))
        assert b"200 OK" in answer(address, LAST)
        for client in silent:
            client.close()


@pytest.mark.parametrize("sent", [[], [START], [START, b"x-a: b\r\n"], [b"\r\n"]])
def test_a_head_that_does_not_end_is_given_up(sent: list[bytes]) -> None:
    with serving(seconds=SHORT) as address:
        assert answer(address, *sent).endswith(b"did not end in time.")


def test_line_breaks_behind_an_answer_keep_no_connection_open() -> None:
    with serving(seconds=SHORT) as address, socket.create_connection(address, timeout=20) as client:
        client.sendall(START + b"\r\n")
        assert b"200 OK" in client.recv(65536)
        client.sendall(b"\r\n")
        all_of(client)


def test_a_head_that_is_too_long_is_refused_and_its_client_reads_why() -> None:
    with serving() as address:
        assert b"longer than" in answer(address, START, *[b"x-a: " + b"a" * HEAD_BYTES] * 40)


def test_requests_of_one_connection_are_answered_one_after_the_other() -> None:
    whole = START + b"x-a: " + b"a" * 30_000 + b"\r\n\r\n"
    with serving() as address:
        assert answer(address, whole, whole, LAST).count(b"200 OK") == 3


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("no", 413, {"connection": "close"})(scope, receive, send)


def test_a_client_that_is_still_sending_reads_why_it_is_refused() -> None:
    body = b"x" * 32_000_000  # more than what lies between the two takes
    with serving(refuse) as address:
        text = answer(address, b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    assert text.startswith(b"HTTP/1.1 413 ") and text.endswith(b"no")


def test_a_client_that_does_not_read_its_answer_is_left() -> None:
    ended = threading.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        gone = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.done():
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
            await asyncio.sleep(0)
        ended.set()

    with serving(endless, seconds=SHORT) as address, socket.create_connection(address, timeout=20) as client:
        client.sendall(START + b"\r\n")
        assert ended.wait(20)


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: %s\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
@pytest.mark.parametrize("apart", [False, True])
def test_who_asks_for_another_protocol_is_answered_in_this_one(
    caplog: pytest.LogCaptureFixture, protocol: bytes, apart: bool
) -> None:
    head = POST + UPGRADE % protocol + b"\r\n"
    parts = [head, b"hello", head + b"again", LAST]
    with serving() as address:
        text = answer(address, *(parts if apart else [b"".join(parts)]))
    assert (text.count(b"200 OK"), text.count(b"ok hello"), text.count(b"ok again")) == (3, 1, 1)
    assert not caplog.records


@pytest.mark.parametrize("head", [b"CONNECT a:443 HTTP/1.1\r\n\r\n", b"\xff\x00\r\n\r\n", b"GET \xff HTTP/1.1\r\n\r\n"])
def test_what_is_no_request_is_refused_and_not_worth_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture, head: bytes
) -> None:
    with serving() as address, caplog.at_level(logging.INFO):
        assert answer(address, head).startswith(b"HTTP/1.1 400 ")
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
