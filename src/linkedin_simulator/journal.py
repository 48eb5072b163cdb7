"""The log of received requests, without their secrets."""

import re
import threading
from collections import deque

import msgspec

from linkedin_simulator.exchange import JSON, Answer, Request

KEPT = 10_000
REDACTED = "[redacted]"
_SECRET_IN_QUERY = re.compile(r"(oauth2_access_token=)[^&]*")
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One request. ``form`` is the query of a tunnelled read; ``status`` is null when the client left first."""

    at: str
    method: str
    path: str
    query: str
    form: str | None
    headers: dict[str, str]
    status: int | None
    elements: int | None
    fault: str | None


class Journal:
    """The latest requests, the oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, at: str, request: Request, answer: Answer | None, fault: str | None) -> None:
        """Notes a request and its outcome."""
        entry = Entry(
            at=at,
            method=request.method,
            path=request.path,
            query=_SECRET_IN_QUERY.sub(rf"\1{REDACTED}", request.query),
            form=_form(request),
            headers={name: _redacted(name, value) for name, value in request.headers.items()},
            status=answer.status if answer else None,
            elements=_elements(answer),
            fault=fault,
        )
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[Entry]:
        """What was received since the last reset."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forgets all entries."""
        with self._lock:
            self._entries.clear()


def _redacted(name: str, value: str) -> str:
    if name not in _SECRET_HEADERS:
        return value
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {REDACTED}" if blank else REDACTED


def _form(request: Request) -> str | None:
    """Only API paths: an OAuth form holds secrets."""
    tunnelled = request.path.startswith("/rest/") and request.body
    return _SECRET_IN_QUERY.sub(rf"\1{REDACTED}", request.body.decode("latin-1")) if tunnelled else None


def _elements(answer: Answer | None) -> int | None:
    document = answer.document if answer and answer.media == JSON else None
    found = document.get("elements") if isinstance(document, dict) else None
    return len(found) if isinstance(found, list) else None
