"""API and work in processes of their own: ``serve --workers 0`` beside ``worker``, whichever of them starts last."""

import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from children import Child
from databases import database_url
from headrace.cli import tutorial
from headrace.cli.tutorial import fill, load_bodies
from headrace.client import FLOW_SERVICE, Answer, Client
from linkedin_simulator.running import running
from wire_server import ORG

pytestmark = pytest.mark.slow

NOW = "2022-08-10T05:00:00Z"
CLOCK = "/_emulator/clock"
WAIT = {"advance": "PT0S", "wait": True}
LEASE = 1.0
SECONDS = 40.0


@dataclass
class Split:
    """The processes of one deployment, and what they said."""

    data_dir: Path
    arguments: list[str]
    token: str
    processes: list[Child] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    def start(self, name: str, *more: str) -> tuple[Child, str]:
        """A process that said it is ready, and what it said."""
        log = self.data_dir / f"{len(self.processes)}-{name}.log"
        process = Child([name, *self.arguments, *more], None, log)
        self.processes.append(process)
        pause = threading.Event()
        for _ in range(round(SECONDS / 0.05)):
            said = log.read_text() if log.exists() else ""
            if said.endswith(".\n") and "Headrace" in said:
                return process, said
            assert process.poll() is None, said
            pause.wait(0.05)
        raise AssertionError(said)

    def server(self, *more: str) -> tuple[Child, Client]:
        process, said = self.start("serve", "--port", "0", *more)
        (url,) = re.findall(r"http://[\d.:]+", said)
        client = Client(url, ORG, "token", "tests")
        self.clients.append(client)
        client.call("POST", CLOCK, {"now": NOW})  # answered by the whole application, not by what listens early
        return process, client

    def walk(self, client: Client) -> tutorial.Walk:
        """The tutorial up to its flow, which is due."""
        walk = tutorial.Walk(client, lambda sent: None)
        walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = self.token
        for step in (tutorial.connect, tutorial.prepare, tutorial.start_flow):
            step(walk)
        return walk


@pytest.fixture(params=["sqlite", "postgresql"])
def split(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Split]:
    with running(world="tutorial", clock=NOW) as simulator:
        arguments = ["--data-dir", str(tmp_path), "--database-url", database_url(request.param, tmp_path), "--emulator"]
        arguments += ["--host-alias", f"https://api.linkedin.com={simulator.url}", "--lease", str(LEASE)]
        made = Split(tmp_path, arguments, simulator.token)
        yield made
        for client in made.clients:
            client.__exit__(None, None, None)
        for process in made.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


def sent(client: Client, method: str, path: str, body: object = None) -> "Future[Answer]":
    """The request in a thread of its own, on its way."""
    future: Future[Answer] = Future()

    def send() -> None:
        try:
            future.set_result(client.send(method, path, body))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=send, daemon=True).start()
    return future


def settled(split: Split, client: Client) -> None:
    walk = split.walk(client)
    assert sent(client, "POST", CLOCK, WAIT).result(SECONDS).status == 200
    (run,) = tutorial.list_runs(walk)
    assert run["metrics"]["recordSummary"]["outputRecordCount"] == 99


def test_a_server_that_starts_last_leaves_the_work_to_the_worker(split: Split) -> None:
    split.start("worker")
    _, client = split.server("--workers", "0")
    settled(split, client)


def test_a_worker_that_starts_last_does_the_work_and_stops_when_told(split: Split) -> None:
    """Well before its grace of 30 s: nothing runs any more, though the pools that the run used still have threads."""
    server, client = split.server("--workers", "0")
    worker, _ = split.start("worker")
    settled(split, client)
    for process in (worker, server):
        process.terminate()
    assert [process.wait(20) for process in (worker, server)] == [0, 0]


def test_a_server_that_stops_answers_who_waits_for_its_clock(split: Split) -> None:
    server, client = split.server("--workers", "0")
    split.walk(client)
    waiting = sent(client, "POST", CLOCK, WAIT)
    with pytest.raises(TimeoutError):
        waiting.result(0.5)
    server.terminate()
    assert server.wait(5) == 0
    answer = waiting.result(5)
    assert (answer.status, answer.body["error_code"]) == (503, "503")
    assert answer.body["message"].startswith("This server stops")


def test_a_request_that_nobody_can_interrupt_does_not_outlast_the_grace(split: Split) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silence = f"https://silent.example.org=http://127.0.0.1:{silent.getsockname()[1]}"
        server, client = split.server("--host-alias", silence, "--grace", "1")
        connection = fill(load_bodies()["baseConnection"], {"LINKEDIN_ADS_ACCESS_TOKEN": "any"})
        connection["auth"]["params"]["host"] = "https://silent.example.org"
        id = client.call("POST", f"{FLOW_SERVICE}/connections", connection)["id"]
        explore = f"{FLOW_SERVICE}/connections/{id}/explore?objectType=rest&object=json&fileType=json&preview=true"
        explored = sent(client, "GET", explore)
        silent.settimeout(SECONDS)
        with silent.accept()[0]:  # asked, and never answered
            server.terminate()
            assert server.wait(10) == 1
    assert explored.result(5).status == 500
