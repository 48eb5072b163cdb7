"""A programmable source, and a client without patience."""

import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer

import pytest

from headrace.sources import SourceHttp
from source_server import QUICK, Source, handler


@pytest.fixture
def source() -> Iterator[Source]:
    told = Source("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(told))
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield told
    told.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client() -> Iterator[Callable[..., SourceHttp]]:
    """Makes impatient clients and closes them."""
    made: list[SourceHttp] = []

    def make(**options: object) -> SourceHttp:
        made.append(SourceHttp(patience=QUICK, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def http(client: Callable[..., SourceHttp], pauses: list[float]) -> SourceHttp:
    return client(allow_private=True, page_limit=100_000, pause=pauses.append)
