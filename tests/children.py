"""Workers and servers as processes that can be killed: forked from one process that has imported everything once."""

import ctypes
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
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


# Each page in a file of its own, so that a chain has points between two of them; who lost its job is found at once.
CONSTANTS: Mapping[str, object] = {"headrace.lake.pages:FILE_BYTES": 1, "headrace.runs.worker:ADOPT_SECONDS": 0.2}
READ = 65536
CAPABILITIES_3 = 0x20080522


class Child:
    """``headrace`` with ``arguments`` as a process of its own, which answers as subprocess.Popen does.

    crash_at   what ``crash_points.reach`` reads: where it dies, or waits
    log        file of what it prints, which this process writes: it may be unable to
    constants  values by ``module:name`` beside the usual ones
    """

    def __init__(
        self, arguments: list[str], crash_at: str | None, log: Path, constants: Mapping[str, object] = {}
    ) -> None:
        printed, prints = multiprocessing.Pipe(duplex=False)
        changed = {**CONSTANTS, **constants}
        self._process: ForkServerProcess = _forks.Process(target=_headrace, args=(arguments, crash_at, prints, changed))
        self._process.start()
        prints.close()
        self._log = threading.Thread(target=_copy, args=(printed, log), daemon=True)
        self._log.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("headrace", timeout or 0)
        self._log.join(timeout)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _copy(printed: Connection, log: Path) -> None:
    with printed, log.open("wb", buffering=0) as file:
        while data := os.read(printed.fileno(), READ):
            file.write(data)


def _headrace(arguments: list[str], crash_at: str | None, prints: Connection, constants: Mapping[str, object]) -> None:
    from headrace.main import run

    os.dup2(prints.fileno(), 1)
    os.dup2(prints.fileno(), 2)
    prints.close()
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    _give_up_capabilities()
    if crash_at:
        os.environ[VARIABLE] = crash_at
    for name, value in constants.items():
        module, _, constant = name.partition(":")
        setattr(importlib.import_module(module), constant, value)
    sys.argv = ["headrace", *arguments]
    run()


def _give_up_capabilities() -> None:
    """Rights hold for root too, as they do for the user that a server runs as."""
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, none):
        raise OSError(ctypes.get_errno(), "capset")
