"""A programmable source, and a client without patience."""

from collections.abc import Callable, Iterator

import pytest

from headrace.sources import SourceHttp
from source_server import QUICK, Source, serving


@pytest.fixture
def source() -> Iterator[Source]:
    with serving() as source:
        yield source


@pytest.fixture
def other() -> Iterator[Source]:
    """A source at another address."""
    with serving() as source:
        yield source


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client() -> Iterator[Callable[..., SourceHttp]]:
    """Makes impatient clients and closes them."""
    made: list[SourceHttp] = []

    def make(**options: object) -> SourceHttp:
        made.append(SourceHttp(**{"patience": QUICK, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def http(client: Callable[..., SourceHttp], pauses: list[float]) -> SourceHttp:
    return client(allow_private=True, page_limit=100_000, pause=pauses.append)
