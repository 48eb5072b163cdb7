"""Processes that are measured: started through the same door as the demo's, found by their parent, read from /proc."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.cli.processes import running
from headrace.client import Client
from headrace.errors import HeadraceError

ORG = "4F1E9B6A5D2C7A3B0A495C1D@AdobeOrg"
TEST_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Server:
    """A running Headrace: a client of it, its process id, its data directory."""

    client: Client
    pid: int
    data: Path


@contextmanager
def headrace(directory: Path, source: str) -> Iterator[Server]:
    """A fresh Headrace in emulator mode whose LinkedIn is the bench's source."""
    data = directory / "data"
    alias = f"https://api.linkedin.com={source}"
    arguments = ["serve", "--port", "0", "--data-dir", str(data), "--emulator", "--host-alias", alias]
    with (
        running("headrace.main", arguments, directory / "headrace.log") as url,
        Client(url, ORG, "emulator", "headrace-bench") as client,
    ):
        yield Server(client, child_of_this("headrace.main"), data)


@contextmanager
def source(directory: Path) -> Iterator[str]:
    """The bench's source; yields its URL."""
    with running("bench.source_server", [], directory / "source.log") as url:
        yield url


def result_of(module: str, *arguments: str, given: str = "") -> Any:
    """What ``python -m module arguments`` prints, as JSON; ``given`` is its input."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=TEST_SECONDS)
    if done.returncode:
        raise HeadraceError(f"{module} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def child_of_this(module: str) -> int:
    """The process id of our child that runs ``module``."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and module in (entry / "cmdline").read_text().split("\0"):
                return int(entry.name)
        except OSError:
            continue  # it ended meanwhile
    raise HeadraceError(f"No child process runs {module}.")


def peak_megabytes(pid: int | str = "self") -> float:
    """The most memory that the process ever had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise HeadraceError(f"/proc/{pid}/status tells no peak of memory; the bench runs on Linux.")


def processor_seconds(pid: int) -> float:
    """Processor time that the process has used: what a busy machine cannot inflate as it does the clock's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
