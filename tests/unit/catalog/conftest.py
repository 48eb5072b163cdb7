"""A store and a lake for tests of the catalog's floor."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.lake import Lake
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade
from headrace.store.scope import Caller


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'headrace.db'}")
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    opened = Lake.open(f"sqlite:///{tmp_path / 'headrace.db'}", tmp_path / "lake")
    yield opened
    opened.close()


@pytest.fixture
def caller() -> Caller:
    return Caller("0123456789ABCDEF01234567@AdobeOrg", "prod", "sandbox-id", "client", "user")
