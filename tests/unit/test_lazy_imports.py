"""A server is there before what only its work needs: most of a second, and 90 MB, are left to the first run."""

import subprocess
import sys

import pytest

CODE = """
import headrace.main, headrace.api.app, headrace.api.services, headrace.runs.deployment, headrace.runs.worker, sys
print(*sorted({"pyiceberg", "duckdb", "pandas"} & sys.modules.keys()))
"""


@pytest.mark.slow
def test_a_server_starts_without_the_engines_of_tables() -> None:
    loaded = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""
