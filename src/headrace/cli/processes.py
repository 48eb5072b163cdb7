"""Servers as child processes: started on free ports, awaited by their own line, stopped with the command."""

import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from headrace.errors import HeadraceError

READY_SECONDS = 30.0
_URL = re.compile(r"https?://[^\s]+")


class ServerFailed(HeadraceError):
    """A server did not start."""


@contextmanager
def running(module: str, arguments: Sequence[str], log: Path) -> Iterator[str]:
    """Runs ``python -m module arguments``; yields the URL that its first output line with one names.

    What it writes goes to ``log``. ServerFailed with the end of the log when it stops or says nothing in time.
    """
    with log.open("wb") as file:
        command = [sys.executable, "-m", module, *arguments]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, env=environment)  # noqa: S603 (our own)
        try:
            yield _await_url(process, module, log)
        finally:
            _stop(process)


def _await_url(process: "subprocess.Popen[bytes]", module: str, log: Path) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + READY_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and selector.select(deadline - time.monotonic()):
            line = process.stdout.readline().decode()
            found = _URL.search(line)
            if found:
                return found.group(0).rstrip(".,/")
            if not line:
                raise ServerFailed(f"{module} stopped as it started. Its log ends:\n{_end(log)}")
    raise ServerFailed(f"{module} did not start within {READY_SECONDS:.0f} s. Its log ends:\n{_end(log)}")


def _end(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
