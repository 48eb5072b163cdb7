"""What a server knows of a request before its application does: whose it is, and whether it is for this server."""

import asyncio
import threading
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from headrace.api import serving
from headrace.api.serving import Server
from headrace.settings import Settings
from wire_server import free_port


async def whose(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(scope["client"][0])(scope, receive, send)


@pytest.mark.parametrize(("public_url", "address"), [("", "127.0.0.1"), ("https://headrace.example", "203.0.113.9")])
def test_who_comes_by_a_proxy(public_url: str, address: str) -> None:
    server = Server(cast("Any", None), Settings(Path("unused"), public_url=public_url))
    server.serve_all(whose, threading.Event())
    with free_port() as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert server.listening.wait(20)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        forwarded = {"x-forwarded-for": "198.51.100.7, 203.0.113.9"}
        assert httpx2.get(url, headers=forwarded, trust_env=False).text == address
        server.should_exit = True
        thread.join()


def test_another_name_is_not_answered_before_the_application_is_there() -> None:
    async def asked() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        # Without a store: an answer of the opening's own would be an error.
        opening = serving._Opening(cast("Any", None), Settings(Path("unused"), emulator=True))
        scope = {
            "type": "http", "path": "/health", "headers": [(b"host", b"evil.example")], "client": ("192.0.2.1", 1),
        }  # fmt: skip
        answering = asyncio.create_task(opening(scope, cast("Any", None), send))
        await asyncio.sleep(0)
        opening.app = whose
        await answering
        return sent

    assert asyncio.run(asked())[-1]["body"] == b"192.0.2.1"
