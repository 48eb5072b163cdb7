"""Named points at which a test can kill or stop the process: no line of a run may be the wrong one to die at."""

import os
import signal

VARIABLE = "HEADRACE_CRASH_AT"

PLANNED = "planned"  # the plan is recorded, nothing copied yet
LANDING = "landing"  # a page is landed, its part not recorded yet
LANDED = "landed"  # a part's pages are recorded
MAPPING = "mapping"  # a slice is mapped, nothing of it written yet
WRITTEN = "written"  # a part's data files are closed, the part not recorded yet
COMMITTING = "committing"  # the batch may commit, the lake was not asked yet
COMMITTED = "committed"  # the lake has the batch, no table of ours says so yet
RECORDING = "recording"  # inside the transaction that records the run, before its end

POINTS = (PLANNED, LANDING, LANDED, MAPPING, WRITTEN, COMMITTING, COMMITTED, RECORDING)


def reach(point: str) -> None:
    """Sends this process the signal that ``HEADRACE_CRASH_AT=<point>[:SIGSTOP]`` asks for (default SIGKILL), once."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    name, _, signal_name = wanted.partition(":")
    # Two parts may reach it at once: one of them is the first.
    if name == point and os.environ.pop(VARIABLE, None) is not None:
        os.kill(os.getpid(), signal.Signals[signal_name or "SIGKILL"])
