"""Threads that read a spec for the first time at once: what crashed here was a process, so each try is one."""

import subprocess
import sys

import pytest

FIRST_AT_ONCE = """
import sys, threading
from headrace import sources
from headrace.sources import spec
sys.setswitchinterval(1e-6)
(linkedin,) = (one for one in sources.shipped_specs() if "linkedin" in one["name"])
together = threading.Barrier(8)
threads = [threading.Thread(target=lambda: (together.wait(), spec.extension(linkedin))) for _ in range(8)]
for act in ("start", "join"):
    for thread in threads:
        getattr(thread, act)()
"""
TRIES = 6


@pytest.mark.slow
def test_two_parts_may_read_their_spec_at_once() -> None:
    tries = [subprocess.Popen([sys.executable, "-c", FIRST_AT_ONCE]) for _ in range(TRIES)]
    assert [one.wait(60) for one in tries] == [0] * TRIES
