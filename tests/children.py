"""Workers and servers as processes that can be killed: forked from one process that has imported everything once."""

import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from headrace.crash_points import VARIABLE

PRELOADED = [
    "headrace.api.services",
    "headrace.durable.dbos_jobs",
    "headrace.lake.commits",
    "headrace.lake.contents",
    "headrace.lake.tables",
    "headrace.lake.writer",
    "headrace.main",
    "headrace.runs.worker",
]

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(PRELOADED)


class Child:
    """``headrace`` with ``arguments`` as a process of its own, which answers as subprocess.Popen does.

    crash_at  what ``crash_points.reach`` reads: where it dies, or waits
    """

    def __init__(self, arguments: list[str], crash_at: str | None, log: Path) -> None:
        self._process: ForkServerProcess = _forks.Process(target=_headrace, args=(arguments, crash_at, log))
        self._process.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("headrace", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _headrace(arguments: list[str], crash_at: str | None, log: Path) -> None:
    from headrace.lake import pages
    from headrace.main import run

    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if crash_at:
        os.environ[VARIABLE] = crash_at
    pages.FILE_BYTES = 1  # each page in a file of its own, so that a chain has points between two of them
    sys.argv = ["headrace", *arguments]
    run()
