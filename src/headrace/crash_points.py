"""Named points at which a test can kill or hold the process: no line of a run may be the wrong one to die at."""

import fcntl
import os
import signal
from pathlib import Path

VARIABLE = "HEADRACE_CRASH_AT"

PLANNED = "planned"  # the plan is recorded, nothing copied yet
LANDING = "landing"  # a file of pages is landed, its part not recorded yet
CONTINUED = "continued"  # some pages of a part are recorded, its chain goes on
LANDED = "landed"  # a part's pages are recorded
MAPPING = "mapping"  # a slice is mapped, nothing of it written yet
WRITTEN = "written"  # a part's data files are closed, the part not recorded yet
COMMITTING = "committing"  # the batch may commit, the lake was not asked yet
COMMITTED = "committed"  # the lake has the batch, no table of ours says so yet
RECORDING = "recording"  # inside the transaction that records the run, before its end

POINTS = (PLANNED, LANDING, CONTINUED, LANDED, MAPPING, WRITTEN, COMMITTING, COMMITTED, RECORDING)


def reach(point: str) -> None:
    """What ``HEADRACE_CRASH_AT=<point>[:<file>]`` asks for, once: dies there, or waits for the lock of that file.

    The file then says which point is reached. Its lock, unlike a stop of the whole process, lets the other threads end
    their transactions: who holds it can choose the moment to stop the rest.
    """
    setting = os.environ.get(VARIABLE)
    if setting is None:
        return
    name, _, file = setting.partition(":")
    # Two parts may reach it at once: one of them is the first.
    if name != point or os.environ.pop(VARIABLE, None) is None:
        return
    if not file:
        os.kill(os.getpid(), signal.SIGKILL)
    with Path(file).open("w") as held:
        held.write(point)
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
