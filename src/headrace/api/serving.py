"""The HTTP server: it answers /health at once, and everything else as soon as the application is loaded."""

import asyncio
import socket
import threading
import time
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, cast

import msgspec
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from headrace.api import hosts
from headrace.api.bounded_http import BoundedHttp
from headrace.api.connections import Connections, openable
from headrace.api.health import status

if TYPE_CHECKING:
    from headrace.settings import Settings
    from headrace.store.engine import Store

LOOK_SECONDS = 0.01


def config(app: ASGIApp, settings: "Settings") -> uvicorn.Config:
    """How ``app`` is served: each client within the bounds that the settings say."""
    most = openable(settings.connections)
    # Whoever comes by a proxy comes from its address.
    each = settings.connections_per_address or (most if settings.public_url else max(1, most // 4))
    http = partial(BoundedHttp, connections=Connections(most, each), seconds=settings.client_seconds)
    return uvicorn.Config(
        app, http=cast("type[asyncio.Protocol]", http), ws="none", log_level="warning", access_log=False,
        lifespan="off", timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
        # Without a proxy before it anybody on this machine could name an address that never failed to sign in.
        proxy_headers=bool(settings.public_url),
    )  # fmt: skip


class Server(uvicorn.Server):
    """Serves until a signal says stop; requests and runs in hand then share the process's grace."""

    def __init__(self, store: "Store", settings: "Settings") -> None:
        self._opening = _Opening(store, settings)
        self._grace = settings.grace_seconds
        self._stopping = threading.Event()
        self._stopped_at: float | None = None
        self.listening = threading.Event()
        super().__init__(config(self._opening, settings))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tells whoever waits for it that requests are answered from now on (or never will be)."""
        try:
            await super().startup(sockets)
        finally:
            self.listening.set()

    def serve_all(self, app: ASGIApp, stopping: threading.Event) -> None:
        """From now on ``app`` answers; ``stopping`` is set as soon as a signal says stop."""
        self._stopping = stopping
        self._opening.app = app
        if self._stopped_at is not None:
            stopping.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the end; it is not handed on, so that an orderly end is exit code 0."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
        self._stopping.set()
        self.should_exit = True

    def grace_left(self) -> float:
        """Seconds that are left for the runs in hand."""
        since = 0.0 if self._stopped_at is None else time.monotonic() - self._stopped_at
        return max(0.0, self._grace - since)


class _Opening:
    """The application until the whole one is there; requests that came early wait for it."""

    def __init__(self, store: "Store", settings: "Settings") -> None:
        self.app: ASGIApp | None = None
        self._store = store
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None and self._asks_health(scope):
            body = msgspec.json.encode(await run_in_threadpool(status, self._store, self._settings.emulator))
            await Response(body, media_type="application/json")(scope, receive, send)
            return
        while self.app is None:
            await asyncio.sleep(LOOK_SECONDS)
        await self.app(scope, receive, send)

    def _asks_health(self, scope: Scope) -> bool:
        """Whether /health is asked, under a name of ours: who asks under another hears so from the application."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != "/health":
            return False
        return hosts.is_own(self._settings, Headers(scope=scope))
