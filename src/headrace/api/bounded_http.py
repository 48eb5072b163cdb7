"""HTTP/1.1 whose request heads are bounded in length and time: uvicorn's own would buffer whatever is sent."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 30.0


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request line and headers are too long, or do not come to an end."""

    _in_head = True
    _bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

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
        self._in_head, self._bytes = True, 0
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
