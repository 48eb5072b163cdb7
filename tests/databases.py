"""The databases that what touches SQL is tested on: SQLite everywhere, PostgreSQL where ``slow`` tests run."""

from pathlib import Path

import pytest

from postgres import fresh_database

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


def database_url(kind: str, directory: Path) -> str:
    """The URL of a new, empty database of this kind."""
    return fresh_database() if kind == "postgresql" else f"sqlite:///{directory / 'headrace.db'}"
