"""One deployment whose API is served here, with no worker of its own: the test starts workers as processes."""

import fcntl
import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import sqlalchemy as sa

from children import Child
from headrace.cli import tutorial
from headrace.client import CATALOG, FLOW_SERVICE, Client
from headrace.lake import TableRef
from headrace.runs import verification
from headrace.runs.deployment import Deployment
from headrace.runs.tick import tick
from headrace.store import heartbeats, runs
from headrace.store.runs import Run
from headrace.store.scope import Caller
from linkedin_simulator.running import running
from source_server import Asked, Reply, Source, serving
from wire_server import ORG, deploy, serve

PRINTED_HOST = "https://api.linkedin.com"
NOW = "2022-08-10T05:00:00Z"
LEASE = 0.25
CALLER = Caller(ORG, "prod", "", "tests", "tests")
SECONDS = 40.0
IMPORT = "/data/foundation/import/batches"

# The sessions that have written, or locked a row, in a transaction that is open still.
WRITING = sa.text(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend' AND backend_xid IS NOT NULL"
)


@dataclass
class World:
    """A deployment with the tutorial's dataset in it; ``walk`` has the ids, and calls the API."""

    deployment: Deployment
    walk: tutorial.Walk
    alias: str
    processes: list[Child] = field(default_factory=list)
    holds: dict[int, TextIO] = field(default_factory=dict)  # by process id: the locked file that it waits for
    sources: ExitStack = field(default_factory=ExitStack)

    def call(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        return self.walk.client.call(method, path, body, params=params)

    # -- processes -------------------------------------------------------------------------------------------------

    def start(self, crash_at: str | None = None, name: str = "worker", constants: Mapping[str, object] = {}) -> Child:
        """A worker (or a whole server) as a process; it kills itself at the crash point."""
        settings = self.deployment.settings
        arguments = [name, "--data-dir", str(settings.data_dir), "--database-url", settings.database, "--emulator"]
        arguments += ["--host-alias", self.alias, "--lease", str(LEASE), "--grace", str(SECONDS)]
        arguments += ["--port", "0"] if name == "serve" else []
        process = Child(arguments, crash_at, self._log(len(self.processes)), constants)
        self.processes.append(process)
        return process

    def hold(self, point: str, name: str = "worker", constants: Mapping[str, object] = {}) -> Child:
        """As ``start``; at the crash point the thread that reached it waits, until ``wake``."""
        file = (self.deployment.settings.data_dir / f"held-{len(self.processes)}").open("a+")
        fcntl.flock(file, fcntl.LOCK_EX)
        process = self.start(f"{point}:{file.name}", name, constants)
        self.holds[process.pid] = file
        return process

    def killed(self, process: Child) -> None:
        """The process died by the signal of its crash point: so the point was reached."""
        try:
            assert process.wait(timeout=SECONDS) == -signal.SIGKILL, self.logs()
        except subprocess.TimeoutExpired:
            raise AssertionError(self.logs()) from None

    def held(self, process: Child) -> None:
        """Waits until the process is held at its crash point."""
        self.until(lambda: Path(self.holds[process.pid].name).read_text() != "")

    def stop(self, process: Child) -> None:
        """Stops a process that is held: dead to the others, but that it wakes one day.

        What a stopped process has locked stays locked, so it is stopped between two transactions that write.
        """
        self.held(process)
        self.until(lambda: self._stopped_aside(process))

    def _stopped_aside(self, process: Child) -> bool:
        process.send_signal(signal.SIGSTOP)
        self.until(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        if self._writing():
            process.send_signal(signal.SIGCONT)
            return False
        return True

    def _writing(self) -> bool:
        engine = self.deployment.store.engine
        if engine.dialect.name == "postgresql":
            with engine.connect() as conn:
                return conn.execute(WRITING).first() is not None
        with closing(sqlite3.connect(str(engine.url.database), timeout=0, isolation_level=None)) as conn:
            try:
                conn.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            return False

    def wake(self, process: Child) -> None:
        """Lets a held process go on."""
        process.send_signal(signal.SIGCONT)
        self.holds[process.pid].close()

    def ended(self, process: Child) -> None:
        """Lets the process end in order, its run in hand first; after that it does nothing more."""
        self.wake(process)
        process.terminate()
        assert process.wait(timeout=SECONDS) == 0, self.logs()
        log = self.printed(process)
        assert "Traceback" not in log, log

    def printed(self, process: Child) -> str:
        """What the process has printed up to now."""
        return self._log(self.processes.index(process)).read_text(errors="replace")

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        for file in self.holds.values():
            file.close()
        self.sources.close()

    def address(self, process: Child) -> tuple[str, int]:
        """Where a server listens."""
        log, served = self._log(self.processes.index(process)), re.compile(r"serves at http://([\d.]+):(\d+)")
        self.until(lambda: served.search(log.read_text()))
        host, port = served.search(log.read_text()).groups()
        return host, int(port)

    def _log(self, n: int) -> Path:
        return self.deployment.settings.data_dir / f"process-{n}.log"

    def logs(self) -> str:
        files = [self._log(n) for n in range(len(self.processes))]
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-3000:]}" for file in files)

    # -- time --------------------------------------------------------------------------------------------------------

    def until(self, holds: Callable[[], object]) -> None:
        """Polls: nothing else says what another process did."""
        deadline = self.deployment.timer.seconds() + SECONDS
        while not holds():
            assert self.deployment.timer.seconds() < deadline, self.logs()
            self.deployment.stopping.wait(0.02)

    def until_beats(self, count: int) -> None:
        """Waits while the processes that live beat so often, all in all."""
        begin = self._beats()
        self.until(lambda: self._beats() >= begin + count)

    def _beats(self) -> int:
        with self.deployment.store.read() as conn:
            return sum(heartbeats.beats(conn).values())

    def advance(self, duration: str) -> None:
        self.call("POST", "/_emulator/clock", {"advance": duration})

    def settle(self) -> None:
        """Waits until nothing is due and nothing runs."""
        self.call("POST", "/_emulator/clock", {"advance": "PT0S", "wait": True})

    def until_left(self, id: str) -> None:
        """Waits until no job has the run, in any process: whoever looked at it, in doubt or not, has looked."""
        self.until(lambda: not self.deployment.jobs.unfinished(self.run(id).job_id))

    # -- what there is -----------------------------------------------------------------------------------------------

    def run(self, id: str) -> Run:
        with self.deployment.store.read() as conn:
            return runs.by_id(conn, id)

    def runs(self) -> list[Run]:
        """The runs of flows, oldest first."""
        with self.deployment.store.read() as conn:
            return runs.select(conn, CALLER)[::-1]

    def shown_run(self, id: str) -> dict[str, Any]:
        return self.call("GET", f"{FLOW_SERVICE}/runs/{id}")["items"][0]

    def shown_batch(self, id: str) -> dict[str, Any]:
        return self.call("GET", f"{CATALOG}/batches/{id}")[id]

    @property
    def table(self) -> TableRef:
        return TableRef(ORG, "prod", self.walk.values["DATASET_ID"])

    def rows(self) -> Counter[str]:
        """How many rows of each batch the table holds."""
        return Counter(self.deployment.lake.scan(self.table)["_ACP_BATCHID"].to_pylist())

    def findings(self) -> list[verification.Finding]:
        """What ``headrace verify`` would list."""
        return verification.verify(self.deployment.store, self.deployment.lake, lambda *_: None).findings

    def verify_by_command(self) -> None:
        """``headrace verify``, in a process of its own, finds nothing."""
        settings = self.deployment.settings
        command = [sys.executable, "-m", "headrace.main", "verify", "--data-dir", str(settings.data_dir)]
        done = subprocess.run([*command, "--database-url", settings.database], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def source(self, answer: Callable[[Asked], Reply]) -> Source:
        """A source of this world's own."""
        source = self.sources.enter_context(serving())
        source.answer = answer
        return source

    # -- what was there before -------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Makes what is due a run, as a worker's tick does."""
        tick(self.deployment.dispatch, self.deployment.clock.now())

    def carry(self, id: str) -> None:
        """Carries a run to its end here, in this process."""
        self.deployment.life().carry(id)

    def put(self, rows: list[dict[str, Any]], **members: Any) -> str:
        """A batch with one file of rows that waits for COMPLETE; its id."""
        dataset = self.table.dataset_id
        batch = self.call("POST", IMPORT, {"datasetId": dataset, "inputFormat": {"format": "json"}, **members})["id"]
        self.call("PUT", f"{IMPORT}/{batch}/datasets/{dataset}/files/F1.json", json.dumps(rows).encode())
        return batch

    def complete(self, batch: str) -> None:
        self.call("POST", f"{IMPORT}/{batch}", action="COMPLETE")

    def load(self, rows: list[dict[str, Any]]) -> str:
        """A batch whose rows are in the table; its id."""
        batch = self.put(rows)
        self.complete(batch)
        self.carry(batch)
        assert self.run(batch).state == "success"
        return batch


@contextmanager
def world(data_dir: Path, database_url: str) -> Iterator[World]:
    """A deployment on that database (SQLite if empty), with source, schema and dataset of the tutorial, no flow yet."""
    with (
        running(world="tutorial", clock=NOW) as simulator,
        _served(data_dir, database_url, simulator.url) as (deployment, base_url),
        Client(base_url, ORG, "token", "tests") as client,
    ):
        walk = tutorial.Walk(client, lambda sent: None)
        walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = simulator.token
        client.call("POST", "/_emulator/clock", {"now": NOW})
        tutorial.connect(walk)
        tutorial.prepare(walk)
        with closing(World(deployment, walk, f"{PRINTED_HOST}={simulator.url}")) as prepared:
            yield prepared


@contextmanager
def _served(data_dir: Path, database_url: str, simulator: str) -> Iterator[tuple[Deployment, str]]:
    deployment = deploy(data_dir, database_url=database_url, host_aliases={PRINTED_HOST: simulator})
    for url in serve(deployment):
        yield deployment, url
    deployment.jobs.stop(0)
    deployment.http.close()
    deployment.lake.close()
    deployment.store.close()
