"""``headrace serve`` as a process: it answers while it still loads, and ends in order when it is told to."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

pytestmark = pytest.mark.slow

HEADERS = {"Authorization": "Bearer t", "x-api-key": "k", "x-gw-ims-org-id": "o@AdobeOrg"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    command = [sys.executable, "-m", "headrace.main", "serve", "--port", "0", "--emulator", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[3]
        process.kill()


def test_it_answers_at_once_and_keeps_early_requests_until_it_has_loaded(server) -> None:
    _, url = server
    with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=60) as http:
        assert http.get("/health").json() == {"status": "ok", "emulator": True}
        assert http.get("/data/foundation/flowservice/flows").json() == {"items": [], "_links": {}}
        assert http.get("/health/").json() == {"status": "ok", "emulator": True}


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_while_connections_are_kept_open(server, sent: signal.Signals) -> None:
    process, url = server
    host, port = url.removeprefix("http://").split(":")
    with httpx2.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=60) as http:
        assert http.get("/data/foundation/flowservice/flows").is_success
        with socket.create_connection((host, int(port))):  # one connection is idle, one never asked for anything
            process.send_signal(sent)
            assert process.wait(timeout=20) == 0


def test_it_ends_in_order_before_it_has_loaded(server) -> None:
    process, _ = server
    process.terminate()
    assert process.wait(timeout=30) == 0


def test_what_it_may_not_do_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "headrace.main", "serve", "--data-dir", str(tmp_path), "--port", "0"]
    for more, word in (
        (["--emulator", "--host", "0.0.0.0"], "loopback"),
        (["--host-alias", "https://a.example=http://127.0.0.1:1"], "--emulator only"),
        (["--database-url", "sqlite:////nowhere/at/all.db"], "--database-url"),
        (["--database-url", "postgresql://u:secret@127.0.0.1:1/x"], "--database-url"),
        (["--database-url", "mysql://u:secret@127.0.0.1/x"], "--database-url"),
    ):
        done = subprocess.run([*command, *more], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and word in done.stderr and "Traceback" not in done.stderr, done.stderr
        assert "secret" not in done.stderr
