"""One server at a time uses a data directory."""

import os
from pathlib import Path

import pytest

from headrace.errors import Conflict
from headrace.store.directory import make_directory, served_alone


def test_a_second_server_is_refused_by_name_and_welcome_later(tmp_path: Path) -> None:
    for _ in range(2):
        with (
            served_alone(tmp_path),
            pytest.raises(Conflict, match=f"process {os.getpid()}"),
            served_alone(tmp_path),
        ):
            pass


def test_a_directory_that_is_made_is_its_users_alone_and_one_that_is_there_stays(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o750)
    with served_alone(tmp_path / "new" / "data"):
        make_directory(shared)
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700
    assert shared.stat().st_mode & 0o777 == 0o750
