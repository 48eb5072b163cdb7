"""A library of an empty sandbox, and the shortest bodies that it takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.registry.library import Library
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller

CALLER = Caller("ORG@AdobeOrg", "prod", "0000-1111", "client", "user")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home: Path = tmp_path_factory.mktemp("registry")
    opened = open_store(f"sqlite:///{home / 'headrace.db'}")
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def library(store: Store) -> Iterator[Library]:
    """Nothing of it stays after the test."""
    with pytest.raises(_UndoneError), store.write() as conn:
        yield Library(conn, CALLER, "acme")
        raise _UndoneError


class _UndoneError(Exception):
    """Takes back what a test wrote."""
