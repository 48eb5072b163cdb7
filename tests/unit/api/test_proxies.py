"""The address of a client is what a reverse proxy says only where there is one."""

import threading
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

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
