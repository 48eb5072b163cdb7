"""Every store that files may land in; a new one is one more line."""

import pytest

from headrace.lake.landing import Landing
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.recorded import FileStore
from memory_files import MemoryFiles

STORES = {
    "directory": lambda tmp_path: LocalDirectory(tmp_path / "warehouse"),
    "memory": lambda tmp_path: MemoryFiles(),
}


@pytest.fixture(params=STORES)
def store(request, tmp_path) -> FileStore:
    return STORES[request.param](tmp_path)


@pytest.fixture
def landing(store) -> Landing:
    return Landing(store)
