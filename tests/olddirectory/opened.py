"""The old data directory, restored and opened by this release's server."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.cli.processes import running as serving
from headrace.client import CATALOG, FLOW_SERVICE, Client
from headrace.lake import Lake, TableRef
from headrace.settings import Settings
from headrace.store.engine import Store, open_store
from linkedin_simulator import running
from olddirectory.archive import OldDirectory, restored
from platform_server import NOW, PRINTED_HOST

IMPORT = "/data/foundation/import/batches"
SECONDS = 30.0
LOOK_SECONDS = 0.05
OVER = ("success", "failed", "aborted", "inactive")
Json = dict[str, Any]


@dataclass(frozen=True)
class Opened:
    """The old directory behind a running server: its API, and its store and lake as a second process reads them.

    flows    by name: the ids of a flow, its dataset and the runs that it had
    uploads  by name: a batch's id
    """

    old: OldDirectory
    log: Path
    client: Client
    store: Store
    lake: Lake

    @property
    def flows(self) -> dict[str, Json]:
        flows: dict[str, Json] = self.old.units["flows"]
        return flows

    @property
    def uploads(self) -> dict[str, str]:
        uploads: dict[str, str] = self.old.units["uploads"]
        return uploads

    # -- flows ------------------------------------------------------------------------------------------------------

    def runs(self, flow: str) -> list[Json]:
        """The flow's runs, the oldest first."""
        id = self.flows[flow]["flow"]
        items: list[Json] = self.client.call("GET", f"{FLOW_SERVICE}/runs?property=flowId=={id}")["items"]
        return items[::-1]

    def ended(self, flow: str, runs: int) -> list[Json]:
        """The flow's first runs, once so many of them are over."""
        self.until(lambda: [run["state"] in OVER for run in self.runs(flow)][:runs] == [True] * runs)
        return self.runs(flow)[:runs]

    def replayed(self, flow: str, rows: str) -> Json:
        """A replay of the flow's first run, once it is over."""
        before = len(self.runs(flow))
        path = f"{FLOW_SERVICE}/runs/{self.runs(flow)[0]['id']}/action"
        self.client.call("POST", path, {"rows": rows}, params={"op": "replay"})
        return self.ended(flow, before + 1)[-1]

    def rows_by_batch(self, flow: str) -> Counter[str]:
        """How many rows of each batch are in the flow's table, which has no day twice."""
        rows = self.lake.scan(self.table(self.flows[flow]["dataset"]))
        days = [tuple(row["dateRange"]["start"].values()) for row in rows["_extconndev"].to_pylist()]
        assert len(set(days)) == len(days)
        return Counter(rows["_ACP_BATCHID"].to_pylist())

    # -- uploads ----------------------------------------------------------------------------------------------------

    def batch(self, id: str) -> Json:
        batch: Json = self.client.call("GET", f"{CATALOG}/batches/{id}")[id]
        return batch

    def upload_ended(self, name: str) -> Json:
        """The uploaded batch, once it is over."""
        id = self.uploads[name]
        self.until(lambda: self.batch(id)["status"] in OVER)
        return self.batch(id)

    def complete(self, name: str) -> None:
        self.client.call("POST", f"{IMPORT}/{self.uploads[name]}", params={"action": "COMPLETE"})

    def file(self, name: str, file: str) -> str:
        """The path of an upload's file."""
        return f"{IMPORT}/{self.uploads[name]}/datasets/{self.old.units['dataset']}/files/{file}"

    def uploaded(self, name: str) -> Counter[str]:
        """How often each key of an upload's rows is in the table; all of them are its batch's."""
        rows = self.lake.scan(self.table(self.old.units["dataset"]))
        keys = [row["pivotValue"] for row in rows["_extconndev"].to_pylist()]
        pairs = zip(keys, rows["_ACP_BATCHID"].to_pylist(), strict=True)
        batches = {batch for key, batch in pairs if key.startswith(f"{name}/")}
        assert batches <= {self.uploads[name]}
        return Counter(key for key in keys if key.startswith(f"{name}/"))

    # -- both -------------------------------------------------------------------------------------------------------

    def table(self, dataset: str) -> TableRef:
        return TableRef(self.old.units["org"], "prod", dataset)

    def until(self, holds: Callable[[], bool]) -> None:
        """Polls what another process does."""
        deadline, pause = time.monotonic() + SECONDS, threading.Event()
        while not holds():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            pause.wait(LOOK_SECONDS)


@contextmanager
def opened(database: str, directory: Path) -> Iterator[Opened]:
    """Restores into ``directory`` and starts the server as anybody would: migrations, API, worker, emulator's clock."""
    log = directory / "server.log"
    with (
        restored(database, directory) as old,
        running(world="tutorial", clock=NOW) as linkedin,
        serving("headrace.main", _arguments(old, linkedin.url), log) as url,
        Client(url, old.units["org"], "token", "tests") as client,
    ):
        settings = Settings(old.path, database_url=old.database_url)
        with (
            closing(open_store(settings.database)) as store,
            closing(Lake.open(settings.database, settings.warehouse)) as lake,
        ):
            yield Opened(old, log, client, store, lake)


def _arguments(old: OldDirectory, linkedin: str) -> list[str]:
    database = ["--database-url", old.database_url] if old.database_url else []
    alias = ["--host-alias", f"{PRINTED_HOST}={linkedin}"]
    return ["serve", "--emulator", "--port", "0", "--lease", "0.5", "--data-dir", str(old.path), *alias, *database]
