"""The command: its one line, its port, its end."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from typer.testing import CliRunner

from linkedin_simulator.main import app
from linkedin_simulator.serving import bound

COMMAND = [sys.executable, "-m", "linkedin_simulator.main", "serve"]
LINE = re.compile(r"LinkedIn simulator serves world tutorial at (http://127\.0\.0\.1:\d+) \(clock (\S+)\)\n")


@contextmanager
def started(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_it_says_where_it_listens_and_stops_at_once_even_with_a_hanging_request() -> None:
    with started("--port", "0", "--clock", "2022-08-10T06:00:00Z", "--seed", "3") as (process, line):
        match = LINE.fullmatch(line)
        assert match and match.group(2) == "2022-08-10T06:00:00Z"
        assert httpx2.get(f"{match.group(1)}/_control/world", trust_env=False).json()["seed"] == 3
        httpx2.post(f"{match.group(1)}/_control/faults", json={"kind": "hang", "seconds": 60}, trust_env=False)
        hanging = threading.Thread(target=_ignore_the_end, args=(f"{match.group(1)}/rest/adAccounts",))
        hanging.start()
        while httpx2.get(f"{match.group(1)}/_control/faults", trust_env=False).json()["faults"]:
            time.sleep(0.01)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=5)
        assert time.monotonic() - asked < 1
        hanging.join()
        assert process.stderr is not None and process.stderr.read() == ""


def _ignore_the_end(url: str) -> None:
    with pytest.raises(httpx2.HTTPError):
        httpx2.get(url, timeout=30, trust_env=False)


def test_a_taken_port_is_named() -> None:
    with bound(0) as taken:
        port = str(taken.getsockname()[1])
        ended = CliRunner().invoke(app, ["serve", "--port", port])
    assert ended.exit_code == 1 and f"Port {port} cannot be used" in ended.stderr


@pytest.mark.parametrize("arguments", [["--world", "moon"], ["--clock", "noon"]])
def test_wrong_options_are_named(arguments: list[str]) -> None:
    ended = CliRunner().invoke(app, ["serve", *arguments])
    assert ended.exit_code == 2 and arguments[1] in ended.stderr
