"""One server at a time uses a data directory."""

import os
from pathlib import Path

import pytest

from headrace.errors import Conflict
from headrace.store.directory import served_alone


def test_a_second_server_is_refused_by_name_and_welcome_later(tmp_path: Path) -> None:
    for _ in range(2):
        with (
            served_alone(tmp_path),
            pytest.raises(Conflict, match=f"process {os.getpid()}"),
            served_alone(tmp_path),
        ):
            pass
