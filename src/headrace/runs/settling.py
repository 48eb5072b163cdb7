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
    """Looks lightly while anything runs: whoever waits should not slow down what is waited for."""
    now = deployment.clock.now()
    with deployment.store.read() as conn:
        if runs.any_live(conn, now):
            return False
    tick(deployment.store, deployment.jobs, now)
    with deployment.store.read() as conn:
        due = runs.any_live(conn, now) or schedules.due(conn, now, (), 1)
        return not due and not batches.uploads_in(conn, PROMOTING)
