"""A fresh SQLite store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.store.engine import Store, open_store
from headrace.store.keyring import Keyring, load_keyring
from headrace.store.migrations import upgrade


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'headrace.db'}")
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return load_keyring(tmp_path / "keys")
