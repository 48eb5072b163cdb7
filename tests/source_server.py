"""A source that answers what a test tells it to, on loopback, and small connection specs to read it with."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from headrace.clock import Window
from headrace.sources import Part, Patience, Reading, Request

# Quick to try again, patient with a machine that has other work; only who tries a hang waits less for it.
QUICK = Patience(attempts=3, wait=0, wait_max=0, asked_max=0, connect=20, read=20, whole=60)
SHORT_OF_TIME = replace(QUICK, read=0.5)


@dataclass
class Reply:
    """What the source answers. ``promise`` announces more bytes than come; ``hang`` never answers."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    promise: int = 0
    hang: bool = False


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON answer."""
    return Reply(status, msgspec.json.encode(value), {"Content-Type": "application/json", **headers})


@dataclass
class Asked:
    """A request as it arrived: the target untouched."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Source:
    """The running source: answers come from ``script``, the last one again and again."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    script: list[Reply] = field(default_factory=list)
    answer: Callable[[Asked], Reply] | None = None
    released: threading.Event = field(default_factory=threading.Event)

    def next(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.answer is not None:
            return self.answer(asked)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    @property
    def targets(self) -> list[str]:
        return [one.target for one in self.asked]


def handler(source: Source) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            lower = {name.lower(): value for name, value in self.headers.items()}
            told = source.next(Asked(self.command, self.path, lower, body))
            if told.hang:
                source.released.wait(5)
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body) + told.promise))
            self.end_headers()
            self.wfile.write(told.body)
            self.close_connection = bool(told.promise)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


@contextmanager
def serving() -> Iterator[Source]:
    """A source that runs until the block ends."""
    source = Source("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(source))
    source.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.002,), daemon=True)
    thread.start()
    try:
        yield source
    finally:
        source.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


# -- specs ----------------------------------------------------------------------------------------------------

BEARER = {
    "name": "OAuth2 Refresh Code",
    "type": "OAuth2RefreshCode",
    "spec": {
        "type": "object",
        "properties": {
            "host": {"type": "string"},
            "accessToken": {"type": "string", "format": "password"},
            "refreshToken": {"type": "string", "format": "password"},
            "clientSecret": {"type": "string", "format": "password"},
        },
        "required": ["host", "accessToken"],
    },
}
BASIC = {
    "name": "Basic Authentication",
    "type": "BasicAuthentication",
    "spec": {"properties": {"username": {}, "password": {"format": "password"}}, "required": ["username", "password"]},
}
API_KEY = {
    "name": "API Key Authentication",
    "type": "KeyBased",
    "spec": {
        "properties": {"authKey1": {"format": "password", "restAttributes": {"headerParamName": "X-Key"}}},
        "required": ["authKey1"],
    },
}
NONE = {"name": "None", "type": "None", "spec": {"properties": {}}}


def spec(inputs: dict[str, Any] | None = None, extension: dict[str, Any] | None = None, **attributes: Any) -> Any:
    """A connection spec with these attributes; ``/items`` by GET where nothing else is said."""
    told = {"urlParams": {"path": "/items", "method": "GET"}, "contentPath": {"path": "$.rows"}, **attributes}
    if extension is not None:
        told["x-headrace"] = extension
    return {
        "id": "x",
        "name": "tested",
        "authSpec": [BEARER, BASIC, API_KEY, NONE],
        "sourceSpec": {"attributes": told, "spec": inputs or {"type": "object", "properties": {}}},
    }


def reading(document: Any, params: Any = None, window: Window = Window(0, 86_400_000), **more: Any) -> Reading:
    """A reading of a spec by bearer token."""
    return Reading(document, more.pop("auth", "OAuth2 Refresh Code"), params or {}, window, window.end, **more)


def part(**more: Any) -> Part:
    """A part that is not fetched, only decoded."""
    return Part(0, Request("GET", "http://source.test/items"), **more)
