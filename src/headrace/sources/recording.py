"""What a source was asked and what it answered, as one JSON file: without secrets, so that it can be shared."""

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from headrace.exact_json import depth_exceeds
from headrace.raw_json import is_whole
from headrace.sources.answers import Answer
from headrace.sources.auth import PLACEHOLDER, Access, placeholder
from headrace.sources.hiding import hidden
from headrace.sources.reading import Request

# What a header says of this one connection: its packing, which is taken off, and what would let somebody else in.
_NOT_KEPT = (
    "content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "set-cookie", "set-cookie2",
    "authorization", "proxy-authenticate", "proxy-authorization", "www-authenticate", "authentication-info",
)  # fmt: skip


class Exchange(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A request and its answer.

    url      with its query; secrets stand as ``${name}`` here and everywhere
    sent     the request's body
    headers  of the answer, names in lower case
    json     the answer's body, token for token as it came, where it is JSON that can be nested in this file
    text     the answer's body, where it is not
    base64   the answer's body, where it is no text
    """

    method: str
    url: str
    status: int
    sent: str | None = None
    headers: dict[str, str] = {}
    json: msgspec.Raw = msgspec.Raw()
    text: str | None = None
    base64: str | None = None

    @property
    def body(self) -> bytes:
        """The answer's body."""
        if self.base64 is not None:
            return base64.b64decode(self.base64)
        return self.text.encode() if self.text is not None else bytes(self.json)

    def same_request(self, other: "Exchange") -> bool:
        """Whether both ask for the same."""
        return (self.method, self.url, self.sent) == (other.method, other.url, other.sent)


class Recording(msgspec.Struct, frozen=True, rename="camel"):
    """A walk over a source that can be repeated without it.

    spec         name of the connection spec
    auth         name of its authentication; empty for none
    credentials  those that are no secrets
    params       of the source connection
    start, end   the window
    """

    spec: str
    auth: str
    credentials: dict[str, Any]
    params: dict[str, Any]
    start: datetime
    end: datetime
    exchanges: tuple[Exchange, ...] = ()


class Recorder:
    """Keeps what ``SourceHttp`` hears: of a request that was tried again, the last answer; of a renewed token, nothing.

    ``also``: names and values of secrets that are not among the credentials.
    """

    def __init__(self, also: Iterable[tuple[str, str]] = ()) -> None:
        self.exchanges: list[Exchange] = []
        self._also = tuple(also)
        self._access = Access(None, {})

    def __call__(self, request: Request, answer: Answer, access: Access) -> None:
        if access.is_bare:
            return
        self._access = access
        exchange = exchanged(request, answer, self.without)
        if self.exchanges and self.exchanges[-1].same_request(exchange):
            self.exchanges.pop()
        self.exchanges.append(exchange)

    def without(self, text: str) -> str:
        """``text`` with every secret that is known as ``${name}``."""
        return hidden(self._access.named(text), self._also, placeholder, keep=PLACEHOLDER.pattern)


def exchanged(request: Request, answer: Answer, without: Callable[[str], str]) -> Exchange:
    """The exchange as it is kept; ``without`` takes the secrets out of a text."""
    return Exchange(
        method=request.method,
        url=without(request.target),
        status=answer.status,
        sent=None if request.body is None else without(request.body),
        headers={name: without(value) for name, value in answer.headers.items() if name not in _NOT_KEPT},
        **_body(without(answer.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")),
    )


def _body(body: bytes) -> Mapping[str, Any]:
    """The member that holds a body; none for an empty one."""
    if not body.strip():
        return {}
    if is_whole(body) and not depth_exceeds(body):
        return {"json": msgspec.Raw(body)}
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def written(recording: Recording) -> bytes:
    """The recording as a file: one exchange after the other, each answer as it came."""
    return msgspec.json.format(msgspec.json.encode(recording)) + b"\n"


def read(file: bytes) -> Recording:
    """The recording in a file; ``raw_json.BROKEN`` where it holds none. Unknown members are not read."""
    return msgspec.json.decode(file, type=Recording)
