"""A fresh store for each test, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import BOTH, database_url
from headrace.store.engine import Store, open_store
from headrace.store.keyring import Keyring, load_keyring
from headrace.store.migrations import upgrade


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An open database without a schema."""
    opened = open_store(database_url(request.param, tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def store(empty: Store) -> Store:
    upgrade(empty)
    return empty


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return load_keyring(tmp_path / "keys")
