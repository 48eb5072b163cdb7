"""HTTP/1.1 with bounds on what a client may keep open: a head, an answer, a connection; uvicorn's own has none."""

import asyncio
import time
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from headrace.api import addresses
from headrace.api.connections import Connections

HEAD_BYTES = 64 * 1024
LINGER_SECONDS = 5.0


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose head is too long or does not end, or whose client does not read its answer.

    A client that is still sending when it is refused is let read why: what it sends is dropped for a moment. A request
    to change to another protocol is answered as if it had not been made.

    connections  all that are open
    seconds      that a client may take for a head, or to read what waits for it
    """

    def __init__(self, *args: Any, connections: Connections, seconds: float, **named: Any) -> None:
        super().__init__(*args, **named)
        self._all, self._seconds = connections, seconds
        self._in_head, self._bytes = True, 0
        self._deadline: asyncio.TimerHandle | None = None  # of the head
        self._unread: asyncio.TimerHandle | None = None
        self._parting: asyncio.TimerHandle | None = None
        self._refused = False
        self.address, self.since = "", 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Gentle(transport, self._part))  # type: ignore[arg-type]
        self.address = addresses.network(addresses.plain(self.client[0])) if self.client else ""
        self._begin()
        self._all.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        for timer in (self._unread, self._parting):
            if timer is not None:
                timer.cancel()
        self._all.leave(self)
        super().connection_lost(exc)

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        """Ends the connection at once."""
        self.transport.abort()

    # -- what comes ----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        # Only what comes after a head has begun is counted: one packet may hold the end of a body before it.
        began_before = self._in_head
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._refuse("Invalid HTTP request received.")
        if self._in_head and began_before:
            self._bytes += len(data)
            if self._bytes > HEAD_BYTES:
                self._refuse(f"The request's headers are longer than {HEAD_BYTES} bytes.")

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                # The parser would take the rest, the body too, for the other protocol.
                data = self._head_without_upgrade() + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _head_without_upgrade(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            raise httptools.HttpParserInvalidMethodError("There are no tunnels here.")
        lines = [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([b"%s %s HTTP/%s" % (method, self.url, version), *lines, b"", b""])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._end()
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.parser.should_upgrade():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Line breaks before a head are no head to the parser, and yet end the wait for a next request.
        if self._deadline is None and self.is_idle and not self.transport.is_closing():
            self._begin()

    def _begin(self) -> None:
        self._end()
        self._in_head, self._bytes, self.since = True, 0, time.monotonic()
        self._deadline = self.loop.call_later(self._seconds, self._refuse, "The request's headers did not end in time.")

    def _end(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, message: str) -> None:
        self._end()
        if self.transport.is_closing():
            return
        if not self.is_idle:
            self.drop()  # an answer is under way, and this would stand in the middle of it
            return
        self._refused = True
        self.send_400_response(message)

    # -- what goes -----------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self._seconds, self.drop)

    def resume_writing(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
        super().resume_writing()

    def _part(self, transport: asyncio.Transport) -> None:
        """Closes the connection: a client that is still sending is heard out a little, else it would lose the answer.

        Closed with bytes unread, it is reset, and with it goes what the client has not read yet.
        """
        if self._parting is not None:
            return
        sends = self._refused or (self.cycle is not None and self.cycle.more_body)
        self._parting = self.loop.call_later(LINGER_SECONDS if sends else self._seconds, transport.abort)
        if sends and transport.can_write_eof():
            self.flow.resume_reading()
            transport.write_eof()
        else:
            transport.close()


class _Gentle:
    """A transport that is closed in the way of whoever owns it."""

    def __init__(self, transport: asyncio.Transport, close: Any) -> None:
        self._transport, self._close, self._closing = transport, close, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        self._closing = True
        self._close(self._transport)
