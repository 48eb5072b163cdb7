"""The host guard: a name is resolved once, every address is checked, and a checked address is connected to."""

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore2

from headrace.errors import SourceHostRefused, SourceUnreachable
from headrace.sources.internet import is_public

Resolve = Callable[[str, int], Sequence[str]]

READ_BYTES = 1 << 20


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host name, in the order that the system prefers."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class _Draught(httpcore2.NetworkStream):
    """A connection that is read in long draughts: each read hands the interpreter to another thread.

    Measured beside two threads that decode: with the library's 64 KiB, a page of 5 MB waits 80 times for its turn.
    """

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max(max_bytes, READ_BYTES), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Draught(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens connections for the pool. Redirects and retries open connections too, so nothing goes round it."""

    def __init__(self, allow_private: bool, resolve: Resolve = resolve) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        return _Draught(self._connected(host, port, timeout, local_address, socket_options))

    def _connected(
        self,
        host: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore2.NetworkStream:
        addresses = self._checked(host, port)
        for address in addresses[:-1]:
            try:
                return self._tcp.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._tcp.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        raise SourceHostRefused("Sources are reached over TCP only.")

    def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise SourceUnreachable(f"The host {host} cannot be resolved; check the connection's host.") from error
        if not addresses:
            raise SourceUnreachable(f"The host {host} has no address; check the connection's host.")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise SourceHostRefused(
                f"The host {host} is refused: it is a private, loopback or link-local address. "
                "Use a public host, or give --allow-private-hosts to the command that asks it: headrace serve and "
                "worker, or headrace sources init and test."
            )
        return addresses
