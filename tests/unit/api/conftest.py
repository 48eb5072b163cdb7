"""A fresh store for each module, on each database."""

from collections.abc import Iterator

import pytest

from databases import BOTH, database_url
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade


@pytest.fixture(scope="module", params=BOTH)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(database_url(request.param, tmp_path_factory.mktemp("api")))
    upgrade(opened)
    yield opened
    opened.close()
