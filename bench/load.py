"""(f) Requests to a server that works: large runs and many small flows, then those who wear it out besides."""

import itertools
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
from rich.console import Console
from rich.table import Table

from bench import analytics, processes, setting_up
from bench.api import request_bytes
from bench.figures import step
from bench.fire import LINKEDIN
from bench.postgresql import postgresql
from bench.processes import Server, child_of_this, peak_megabytes, result_of
from headrace.api.first_start import first_account
from headrace.cli.processes import running
from headrace.cli.tutorial import load_bodies
from headrace.client import FLOW_SERVICE, Client
from headrace.main import open_database
from headrace.settings import Settings

LARGE, SMALL = 4, 200
LARGE_ROWS, SMALL_ROWS = 4_000_000, 5
SECONDS, FULL_SECONDS = 15.0, 5.0
RUN_PAUSE = 0.1  # from one small run that is asked for to the next
MODULE = "headrace.main"
SPEC_MEMBERS = ("name", "providerId", "version", "type", "attributes", "authSpec", "sourceSpec")
TENANT = "extconndev"  # which the tutorial's bodies name
WORKERS = 8  # so that small flows go on beside the large runs
IDLE, AT_WORK, UNDER_FIRE = "idle", f"{LARGE} large runs, {SMALL} flows", "the same, under fire"
PHASES = (IDLE, AT_WORK, UNDER_FIRE)
DATABASES = ("SQLite", "PostgreSQL")


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind of request: on how many connections it is sent, and with which pause; without one as fast as it goes."""

    name: str
    method: str
    path: str
    connections: int
    pause: float
    body: bytes = b""


def run(console: Console) -> None:
    """Each database on a server of its own: idle, at work, under fire."""
    for database in DATABASES:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headrace-bench-")))
            source = stack.enter_context(processes.source(directory))
            url = stack.enter_context(postgresql(directory)) if database == "PostgreSQL" else ""
            server, client_id = stack.enter_context(_in_earnest(directory, source, url))
            _measure(console, database, server, client_id, source)


def _measure(console: Console, database: str, server: Server, client_id: str, source: str) -> None:
    table = Table(title=f"(f) Requests under load on {database}", title_justify="left", title_style="bold")
    for heading in ("", "per s", "p50 ms", "p99 ms", "worst", "answers"):
        table.add_column(heading, justify="left" if heading in ("", "answers") else "right")
    kinds, ended = _kinds(server.client), threading.Event()
    for phase in PHASES:
        with step(console, f"load, {database}: {phase}"):
            if phase == AT_WORK:
                flows = _put_to_work(server.client, source)
                runner = threading.Thread(target=_run_again, args=(server.client, flows, ended), daemon=True)
                runner.start()
            fire = _Fire(server.client, client_id) if phase == UNDER_FIRE else None
            table.add_section()
            table.add_row(f"[bold]{phase}")
            for row in _sent(server.client, kinds):
                table.add_row(*row)
            for name, count in fire.answers().items() if fire is not None else ():
                table.add_row(name.partition(" ")[0], "", "", "", "", f"{name.partition(' ')[2]}: {count:,}")
    ended.set()
    console.print(table)
    console.print(f"Peak memory {peak_megabytes(server.pid):,.0f} MB. Runs that ended: {_ended(server.client)}.")


# -- what is measured ----------------------------------------------------------------------------------------------


def _kinds(client: Client) -> list[Asked]:
    body = load_bodies()["baseConnection"]
    path = f"{FLOW_SERVICE}/connections"
    id, text = client.call("POST", path, body)["id"], msgspec.json.encode(body)
    return [
        Asked("/health", "GET", "/health", 1, 0.02),
        Asked("read one", "GET", f"{path}/{id}", 2, 0.02),
        Asked("list runs", "GET", f"{FLOW_SERVICE}/runs?limit=20", 1, 0.05),
        Asked("create one", "POST", path, 1, 0.05, text),
        Asked("read, full speed", "GET", f"{path}/{id}", 4, 0.0),
        Asked("create, full speed", "POST", path, 4, 0.0, text),
    ]


def _sent(client: Client, kinds: list[Asked]) -> Iterator[tuple[str, ...]]:
    """The paced ones at once, then those at full speed one after the other."""
    paced, full = [kind for kind in kinds if kind.pause], [kind for kind in kinds if not kind.pause]
    results: dict[str, Any] = {}
    threads = [threading.Thread(target=_send, args=(client, kind, SECONDS, results)) for kind in paced]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for kind in full:
        _send(client, kind, FULL_SECONDS, results)
    for kind in kinds:
        result = results[kind.name]
        rate = result["answers"] / result["seconds"]
        times = (f"{result[name]:,.1f}" for name in ("p50", "p99", "worst"))
        yield kind.name, f"{rate:,.0f}", *times, _counted(result["statuses"])


def _send(client: Client, kind: Asked, seconds: float, results: dict[str, Any]) -> None:
    place = urlsplit(client.base_url)
    request = request_bytes(kind.method, kind.path, {**client.headers, "Host": place.netloc}, kind.body)
    arguments = (str(place.hostname), str(place.port), str(seconds), str(kind.connections), str(kind.pause))
    results[kind.name] = result_of("bench.sender", *arguments, given=request.decode())


def _counted(answers: Mapping[str, int]) -> str:
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(answers.items()))


# -- what the server is busy with --------------------------------------------------------------------------------


def _put_to_work(client: Client, source: str) -> list[str]:
    """Large backfills, and small flows that run on demand; the ids of these."""
    walk = setting_up.connected(client, analytics.account(0, SMALL_ROWS), source, _on_demand_too(client))
    setting_up.map_fields(walk)
    now = datetime.now(UTC)
    yesterday = {"startTime": str(int((now - timedelta(days=1)).timestamp())), "frequency": "once"}
    small = []
    for n in range(SMALL):
        setting_up.another(walk, f"Small {n}", analytics.account(n, SMALL_ROWS))
        small.append(setting_up.start_flow(walk, f"Small {n}", yesterday))
    accounts = ",".join(analytics.accounts(LARGE_ROWS))
    for n in range(LARGE):
        setting_up.another(walk, f"Large {n}", accounts)
        schedule = {"startTime": str(int(now.timestamp())), "frequency": "day", "interval": 1, "backfill": True}
        setting_up.start_flow(walk, f"Large {n}", schedule)
    return small


def _on_demand_too(client: Client) -> str:
    """A spec like LinkedIn's whose flows may also run on demand; its id."""
    path = f"{FLOW_SERVICE}/connectionSpecs"
    (spec,) = client.call("GET", f"{path}/{LINKEDIN}")["items"]
    spec["sourceSpec"]["attributes"]["x-headrace"]["frequencies"].append("once")
    spec["sourceSpec"]["attributes"]["x-headrace"].pop("aliases", None)
    created = {name: spec[name] for name in SPEC_MEMBERS} | {"name": "linkedin-ads-on-demand"}
    id: str = client.call("POST", path, created)["id"]
    return id


def _run_again(client: Client, flows: list[str], ended: threading.Event) -> None:
    """Has one flow after the other run once more, until it is told to end."""
    with Client(client.base_url, client.headers["x-gw-ims-org-id"], _token(client), client.headers["x-api-key"]) as own:
        for flow in itertools.cycle(flows):
            if ended.wait(RUN_PAUSE):
                return
            own.call("POST", f"{FLOW_SERVICE}/runs", {"flowId": flow})


def _token(client: Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


class _Fire:
    """Explores that drip and clients that guess, while this lives."""

    def __init__(self, client: Client, client_id: str) -> None:
        seconds = SECONDS + 2 * FULL_SECONDS
        command = [sys.executable, "-m", "bench.fire", client.base_url, client_id, str(seconds)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(client.headers))
        self._process.stdin.close()

    def answers(self) -> dict[str, int]:
        """What they were answered, by kind and status."""
        assert self._process.stdout is not None
        answers: dict[str, int] = json.loads(self._process.stdout.read() or "{}")
        return dict(sorted(answers.items()))


def _ended(client: Client) -> str:
    counted: Counter[str] = Counter()
    for status in ("success", "failed"):
        path = f"{FLOW_SERVICE}/runs?property=metrics.statusSummary.status=={status}&count=true"
        counted[status] = client.call("GET", path)["count"]
    return _counted(counted)


# -- the server ----------------------------------------------------------------------------------------------------


@contextmanager
def _in_earnest(directory: Path, source: str, database_url: str) -> Iterator[tuple[Server, str]]:
    """A server with accounts, its operator's client, and the operator's client id."""
    data = directory / "data"
    opened = open_database(Settings(data, database_url=database_url, tenant_id=TENANT))
    shown = dict(re.findall(r"^ +(org|client id|client secret) +(\S+)$", first_account(opened) or "", re.MULTILINE))
    opened.store.close()
    arguments = ["serve", "--port", "0", "--data-dir", str(data), "--allow-private-hosts"]
    arguments += ["--workers", str(WORKERS)]
    arguments += ["--database-url", database_url] if database_url else []
    with running(MODULE, arguments, directory / "headrace.log") as base:
        names = {"client_id": "client id", "client_secret": "client secret"}
        form = {"grant_type": "client_credentials", **{name: shown[title] for name, title in names.items()}}
        token = httpx2.post(f"{base}/ims/token/v3", data=form, trust_env=False, timeout=60).json()["access_token"]
        with Client(base, shown["org"], token, shown["client id"]) as client:
            yield Server(client, child_of_this(MODULE), data), shown["client id"]
