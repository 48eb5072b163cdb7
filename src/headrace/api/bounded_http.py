"""HTTP/1.1 with bounds: on a request's head, in length and time, and on connections; uvicorn's own has none."""

import asyncio
import resource
import time

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 30.0
MOST_CONNECTIONS = 2000
_FILES_OF_OUR_OWN = 256  # databases, landed pages, sources


def most_connections() -> int:
    """How many connections may be open: as many files as the process may have, without those that it needs itself.

    The process is let have as many as it is allowed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _FILES_OF_OUR_OWN
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    known = wanted if soft == resource.RLIM_INFINITY else soft
    return max(16, min(MOST_CONNECTIONS, known - _FILES_OF_OUR_OWN))


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request line and headers are too long, or do not come to an end.

    With too many connections, the one that has waited longest without asking anything makes room for a new one.
    """

    most = MOST_CONNECTIONS
    _in_head = True
    _bytes = 0
    since = 0.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()
        if len(self.connections) > self.most:
            self._make_room()

    def _make_room(self) -> None:
        idle = (
            each for each in self.connections if isinstance(each, BoundedHttp) and each.is_idle and each is not self
        )
        oldest = min(idle, key=lambda each: each.since, default=self)
        oldest.transport.abort()

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._end()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        # Only what comes after a head has begun is counted: one packet may hold the end of a body before it.
        began_before = self._in_head
        super().data_received(data)
        if self._in_head and began_before:
            self._bytes += len(data)
            if self._bytes > HEAD_BYTES:
                self._refuse(f"The request's headers are longer than {HEAD_BYTES} bytes.")

    def _begin(self) -> None:
        self._end()
        self._in_head, self._bytes, self.since = True, 0, time.monotonic()
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, "The request's headers did not end in time.")

    def _end(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, message: str) -> None:
        self._end()
        if not self.transport.is_closing():
            self.send_400_response(message)
