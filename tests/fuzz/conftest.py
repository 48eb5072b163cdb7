"""One server, one simulated LinkedIn and the documents of the tutorial for all fuzzing."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from fuzz.world import World, build
from headrace.runs.deployment import Deployment
from linkedin_simulator import running
from wire_server import HASTY, HEADERS, Api, deploy, serve


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    data_dir: Path = tmp_path_factory.mktemp("fuzz")
    made = deploy(data_dir, HASTY)
    yield made
    made.http.close()
    made.jobs.stop(0)
    made.store.close()


@pytest.fixture(scope="session")
def world(deployment: Deployment) -> Iterator[World]:
    with running() as linkedin:
        for url in serve(deployment):
            with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=60) as http:
                yield build(Api(http), deployment, linkedin)
