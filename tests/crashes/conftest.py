"""The tutorial's flow, ready to run, without a worker: the test starts workers as processes and kills them."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest

from children import Child
from headrace.cli import tutorial
from headrace.client import FLOW_SERVICE, Client
from headrace.lake import TableRef
from headrace.runs import verification
from headrace.runs.deployment import Deployment
from headrace.store import runs
from headrace.store.scope import Caller
from linkedin_simulator.running import running
from postgres import fresh_database
from wire_server import ORG, deploy, serve

PRINTED_HOST = "https://api.linkedin.com"
NOW = "2022-08-10T05:00:00Z"
LEASE = 0.5
CALLER = Caller(ORG, "prod", "", "tests", "tests")
SECONDS = 40.0


@dataclass
class World:
    """One deployment whose API is served here, with no worker of its own."""

    deployment: Deployment
    walk: tutorial.Walk
    alias: str
    processes: list[Child] = field(default_factory=list)

    @property
    def flow(self) -> str:
        return f"{FLOW_SERVICE}/flows/{self.walk.values['FLOW_ID']}"

    def command(self, name: str) -> list[str]:
        settings = self.deployment.settings
        arguments = ["--data-dir", str(settings.data_dir), "--database-url", settings.database, "--emulator"]
        arguments += ["--host-alias", self.alias, "--lease", str(LEASE), "--grace", str(SECONDS)]
        return [name, *arguments]

    def start(self, crash_at: str | None = None, name: str = "worker") -> Child:
        """A worker (or a whole server) as a process; ``crash_at`` is a crash point and the signal it sends itself."""
        more = ["--port", "0"] if name == "serve" else []
        log = self.deployment.settings.data_dir / f"worker-{len(self.processes)}.log"
        process = Child([*self.command(name), *more], crash_at, log)
        self.processes.append(process)
        return process

    def run(self) -> dict:
        """The flow's newest run, as the API answers it."""
        return tutorial.list_runs(self.walk)[0]

    def await_end(self, count: int = 1) -> dict:
        """The newest run, once ``count`` runs are over."""
        self.until(lambda: sum(run.finished for run in self.runs()) >= count)
        return self.run()

    def runs(self) -> list[runs.Run]:
        with self.deployment.store.read() as conn:
            return [run for run in runs.select(conn, CALLER) if run.flow_id == self.walk.values["FLOW_ID"]]

    def until(self, holds) -> None:
        """Polls the database, which is the only thing that tells what another process did."""
        deadline = self.deployment.timer.seconds() + SECONDS
        while not holds():
            assert self.deployment.timer.seconds() < deadline, self.logs()
            self.deployment.stopping.wait(0.02)

    def logs(self) -> str:
        files = sorted(self.deployment.settings.data_dir.glob("worker-*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-3000:]}" for file in files)

    @property
    def table(self) -> TableRef:
        return TableRef(ORG, "prod", self.walk.values["DATASET_ID"])

    def rows(self) -> pa.Table:
        return self.deployment.lake.scan(self.table)

    def verify(self) -> None:
        """What ``headrace verify`` looks for: nothing is wrong with the data directory."""
        report = verification.verify(self.deployment.store, self.deployment.lake, lambda *_: None)
        assert report.findings == [], report

    def verify_by_command(self) -> None:
        """As ``verify``, by the command in a process of its own."""
        settings = self.deployment.settings
        command = [sys.executable, "-m", "headrace.main", "verify", "--data-dir", str(settings.data_dir)]
        done = subprocess.run([*command, "--database-url", settings.database], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = "" if request.param == "sqlite" else fresh_database()
    with (
        running(world="tutorial", clock=NOW) as simulator,
        _served(tmp_path / "data", url, simulator.url) as (deployment, base_url),
        Client(base_url, ORG, "token", "tests") as client,
    ):
        walk = tutorial.Walk(client, lambda sent: None)
        walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = simulator.token
        client.call("POST", "/_emulator/clock", {"now": NOW})
        made = World(deployment, walk, f"{PRINTED_HOST}={simulator.url}")
        tutorial.connect(walk)
        tutorial.prepare(walk)
        yield made
        made.close()


@contextmanager
def _served(data_dir: Path, database_url: str, simulator: str) -> Iterator[tuple[Deployment, str]]:
    deployment = deploy(data_dir, database_url=database_url, host_aliases={PRINTED_HOST: simulator})
    for url in serve(deployment):
        yield deployment, url
    deployment.jobs.stop(0)
    deployment.http.close()
    deployment.lake.close()
    deployment.store.close()
