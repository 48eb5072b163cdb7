"""The world of each test, on the database that the test names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crashes import world as worlds
from headrace.lake import pages
from postgres import fresh_database


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page lands in a file of its own, as in the workers that are processes."""
    monkeypatch.setattr(pages, "FILE_BYTES", 1)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[worlds.World]:
    with worlds.world(tmp_path / "data", "" if request.param == "sqlite" else fresh_database()) as prepared:
        yield prepared
