"""Waiting until nothing is due and nothing runs: what the emulator's ``"wait": true`` asks for."""

import threading

from headrace.errors import Conflict
from headrace.runs.deployment import Deployment
from headrace.runs.tick import tick
from headrace.store import batches, runs, schedules

LOOK_SECONDS = 0.02
PROMOTING = ("loaded", "staging", "committing")


def settle(deployment: Deployment, seconds: float) -> None:
    """Returns when no run is due or unfinished by the business clock; Conflict after ``seconds`` without that."""
    pause = threading.Event()
    deadline = deployment.timer.seconds() + seconds
    while not _settled(deployment):
        if deployment.timer.seconds() > deadline:
            raise Conflict(f"Runs were still due or in progress after {seconds:g} s; ask again to wait on.")
        pause.wait(LOOK_SECONDS)


def _settled(deployment: Deployment) -> bool:
    now = deployment.clock.now()
    tick(deployment.store, deployment.jobs, now)
    with deployment.store.read() as conn:
        live = [run for run in runs.unfinished(conn) if run.not_before is None or run.not_before <= now]
        return not live and not schedules.due(conn, now, (), 1) and not batches.uploads_in(conn, PROMOTING)
