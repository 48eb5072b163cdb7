"""HTTP over a pool whose connections a guard opens."""

import ssl
from collections.abc import Iterator
from functools import cache

import httpcore2
import httpx2

from headrace.sources.guard import GuardedBackend


@cache
def _certificates() -> ssl.SSLContext:
    """The trusted roots; reading them takes longer than a request."""
    return httpx2.create_ssl_context(trust_env=False)


class PooledTransport(httpx2.BaseTransport):
    """httpx2 over a pool whose connections the guard opens."""

    def __init__(self, backend: GuardedBackend) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_certificates(), max_connections=32, keepalive_expiry=30, network_backend=backend
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        asked = httpcore2.Request(
            request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        answer = self._pool.handle_request(asked)
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
