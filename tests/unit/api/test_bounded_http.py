"""A request head ends soon, or the connection does."""

import resource
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from headrace.api import bounded_http
from headrace.api.bounded_http import HEAD_BYTES, MOST_CONNECTIONS, BoundedHttp, most_connections


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def test_with_too_many_connections_the_one_that_asks_nothing_goes(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_SECONDS", 30.0)
    monkeypatch.setattr(BoundedHttp, "most", 2)
    silent = [socket.create_connection(address, timeout=10) for _ in range(6)]
    assert all(map(is_closed, silent[:4]))
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(START + b"Connection: close\r\n\r\n")
        assert b"200 OK" in client.recv(65536)
    for each in silent:
        each.close()


def test_a_process_keeps_files_for_itself() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 16 <= most_connections() <= MOST_CONNECTIONS
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= soft


START = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(bounded_http, "HEAD_SECONDS", 0.3)
    answer = PlainTextResponse("ok")
    server = uvicorn.Server(uvicorn.Config(answer, http=BoundedHttp, log_level="error", lifespan="off"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.005)
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


def answer(address: tuple[str, int], *sent: bytes) -> bytes:
    """All that comes back before the server closes the connection."""
    with socket.create_connection(address, timeout=10) as client:
        try:
            for part in sent:
                client.sendall(part)
            return b"".join(iter(lambda: client.recv(65536), b""))
        except ConnectionError:
            return b""  # closed while there was more to send


@pytest.mark.parametrize("sent", [[], [START], [START, b"x-a: b\r\n"]])
def test_a_head_that_does_not_end_is_given_up(address: tuple[str, int], sent: list[bytes]) -> None:
    assert answer(address, *sent).endswith(b"did not end in time.")


def test_a_head_that_is_too_long_is_refused(address: tuple[str, int]) -> None:
    refused = answer(address, START, *[b"x-a: " + b"a" * HEAD_BYTES] * 40)
    assert refused == b"" or b"longer than" in refused


def test_requests_of_one_connection_are_answered_one_after_the_other(address: tuple[str, int]) -> None:
    whole = START + b"x-a: " + b"a" * 30_000 + b"\r\n\r\n"
    assert answer(address, whole, whole, START + b"Connection: close\r\n\r\n").count(b"200 OK") == 3
