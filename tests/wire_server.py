"""A real server for tests of the wire: uvicorn on loopback, an emulator deployment, no worker."""

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from headrace.api.app import build_app
from headrace.api.services import ALL
from headrace.api.serving import config
from headrace.clock import MonotonicTimer
from headrace.durable.dbos_jobs import DbosJobs
from headrace.lake import Lake
from headrace.lake.recorded import FileStore
from headrace.mapping.derivations import load_derivations
from headrace.runs.deployment import Deployment
from headrace.settings import Settings
from headrace.sources import Patience, SourceHttp
from headrace.store.emulator_clock import EmulatorClock
from headrace.store.engine import open_store
from headrace.store.keyring import load_keyring
from headrace.store.migrations import upgrade
from postgres import fresh_database

ORG = "0123456789ABCDEF01234567@AdobeOrg"


@dataclass(frozen=True)
class Api:
    """Requests to one server as one caller; ``headers`` stand over the client's own."""

    http: httpx2.Client
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None, **kw: Any) -> httpx2.Response:
        return self.http.request(method, path, headers={**self.headers, **(headers or {})}, **kw)

    def get(self, path: str, **kw: Any) -> httpx2.Response:
        return self.request("GET", path, **kw)

    def post(self, path: str, **kw: Any) -> httpx2.Response:
        return self.request("POST", path, **kw)

    def put(self, path: str, **kw: Any) -> httpx2.Response:
        return self.request("PUT", path, **kw)

    def patch(self, path: str, **kw: Any) -> httpx2.Response:
        return self.request("PATCH", path, **kw)

    def delete(self, path: str, **kw: Any) -> httpx2.Response:
        return self.request("DELETE", path, **kw)

    def head(self, path: str, **kw: Any) -> httpx2.Response:
        return self.request("HEAD", path, **kw)

    def as_(self, org: str = ORG, sandbox: str = "prod") -> "Api":
        """The same server, over the same connections, for another org or sandbox."""
        return Api(self.http, {"x-gw-ims-org-id": org, "x-sandbox-name": sandbox})


# Who tests what a source does wrong does not wait for it to come right.
HASTY = Patience(attempts=3, wait=0, wait_max=0, asked_max=0, connect=2, read=1.5, whole=5)


def deploy(
    data_dir: Path, patience: Patience = Patience(), landed: FileStore | None = None, **changes: Any
) -> Deployment:
    # HEADRACE_TEST_DATABASE=postgresql runs any test of the wire on that database.
    if os.environ.get("HEADRACE_TEST_DATABASE") == "postgresql" and "database_url" not in changes:
        changes["database_url"] = fresh_database()
    settings = Settings(data_dir, **{"emulator": True, "tenant_id": "extconndev", **changes})
    data_dir.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database)
    upgrade(store)
    clock = EmulatorClock(store)
    return Deployment(
        settings,
        store,
        clock,
        MonotonicTimer(),
        load_keyring(settings.key_file),
        Lake.open(settings.database, settings.warehouse, landed),
        SourceHttp(allow_private=True, aliases=dict(settings.host_aliases), patience=patience, clock=clock),
        DbosJobs(settings.database),
        load_derivations(settings.fpid_to_ecid),
    )


def free_port() -> socket.socket:
    """A socket bound to a free port: who needs to know its own address gives it to ``deploy`` and ``serve``."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def serve(deployment: Deployment, listener: socket.socket | None = None) -> Iterator[str]:
    served = config(build_app(deployment, ALL), deployment.settings)
    served.proxy_headers = True  # a test comes from as many addresses as it says
    server = uvicorn.Server(served)
    with listener or free_port() as bound:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.005)
            assert thread.is_alive(), "the server did not start"
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        thread.join()


HEADERS = {
    "Authorization": "Bearer token",
    "x-api-key": "wire-tests",
    "x-gw-ims-org-id": ORG,
    "x-sandbox-name": "prod",
}
