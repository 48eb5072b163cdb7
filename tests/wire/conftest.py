"""One server and one caller for each module of wire tests."""

from collections.abc import Iterator

import httpx2
import pytest

from headrace.lake.recorded import FileStore
from headrace.runs.deployment import Deployment
from wire_server import HEADERS, Api, deploy, serve


@pytest.fixture(scope="module")
def landed() -> FileStore | None:
    """Where files land, if not in the warehouse; a module that wants another store has a fixture of this name."""
    return None


@pytest.fixture(scope="module")
def deployment(landed: FileStore | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = deploy(tmp_path_factory.mktemp("wire"), landed=landed)
    yield made
    made.jobs.stop(0)
    made.http.close()
    made.lake.close()
    made.store.close()


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> Iterator[Api]:
    for url in serve(deployment):
        with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False) as http:
            yield Api(http)
