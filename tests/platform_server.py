"""A simulated LinkedIn and a whole server beside it: API, scheduler and worker, on the tutorial's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from databases import database_url
from headrace.lake.recorded import FileStore
from headrace.runs.deployment import Deployment
from linkedin_simulator import Running, running
from wire_server import HASTY, HEADERS, Api, deploy, free_port, serve

PRINTED_HOST = "https://api.linkedin.com"
NOW = "2022-08-10T05:00:00Z"


@dataclass(frozen=True)
class Platform:
    """Headrace beside LinkedIn. ``api`` is a caller of it."""

    url: str
    api: Api
    deployment: Deployment
    linkedin: Running

    def wait(self, advance: str = "PT0S") -> None:
        """Moves the clock and returns when nothing is due or running."""
        answer = self.api.post("/_emulator/clock", json={"advance": advance, "wait": True})
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def database() -> str:
    """The kind of database; a module that wants another one has a fixture of this name."""
    return "sqlite"


@pytest.fixture(scope="module")
def landed() -> FileStore | None:
    """Where files land, if not in the warehouse; a module that wants another store has a fixture of this name."""
    return None


@pytest.fixture(scope="module")
def changes() -> dict[str, Any]:
    """Settings that the server is started with; a module that wants others has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def platform(
    database: str, landed: FileStore | None, changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    data_dir = tmp_path_factory.mktemp("platform")
    url = database_url(database, data_dir)
    with running(world="tutorial", clock=NOW) as linkedin:
        listener = free_port()
        port = listener.getsockname()[1]
        aliases = {PRINTED_HOST: linkedin.url}
        deployment = deploy(data_dir, HASTY, landed, database_url=url, host_aliases=aliases, port=port, **changes)
        worker = deployment.worker()
        worker.start()
        for url in serve(deployment, listener):
            with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=120) as http:
                http.post("/_emulator/clock", json={"now": NOW})
                yield Platform(url, Api(http), deployment, linkedin)
        worker.stop(30)
        deployment.http.close()
        deployment.lake.close()
        deployment.store.close()
