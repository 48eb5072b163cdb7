"""Waiting until nothing is due and nothing runs: what the emulator's ``"wait": true`` asks for."""

from headrace.errors import Conflict, Unavailable
from headrace.runs.deployment import Deployment
from headrace.runs.leases import Leases
from headrace.runs.tick import tick
from headrace.store import batches, heartbeats, runs, schedules

LOOK_SECONDS = 0.02
# A worker that was started just now beats only when it has loaded everything.
LOADING_SECONDS = 10.0
PROMOTING = ("loaded", "staging", "committing")


def settle(deployment: Deployment, seconds: float) -> None:
    """Returns when no run is due or unfinished by the business clock; Conflict after ``seconds`` without that.

    Unavailable when this process stops, or when no worker lives that could do what is due.
    """
    presence = _Presence(deployment)
    deadline = deployment.timer.seconds() + seconds
    while not _settled(deployment):
        presence.require()
        if deployment.timer.seconds() > deadline:
            raise Conflict(f"Runs were still due or in progress after {seconds:g} s; ask again to wait on.")
        if deployment.stopping.wait(LOOK_SECONDS):
            raise Unavailable("This server stops; what is due or running goes on with the next one. Ask again there.")


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


class _Presence:
    """When a worker of any process was last seen alive; it looks five times a lease."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._lease = deployment.settings.lease_seconds
        self._leases = Leases(self._lease)
        self._seen_at = self._look_at = deployment.timer.seconds()

    def require(self) -> None:
        """Unavailable when no process has beaten for a lease and the time that one needs to load."""
        at = self._deployment.timer.seconds()
        if at < self._look_at:
            return
        self._look_at = at + self._lease / 5
        with self._deployment.store.read() as conn:
            beats = heartbeats.beats(conn)
        if beats.keys() - self._leases.expired(beats, at):
            self._seen_at = at
        if at - self._seen_at > self._lease + LOADING_SECONDS:
            raise Unavailable(
                f"Runs are due and no worker lives: no heartbeat for {at - self._seen_at:.0f} s. "
                "Start `headrace worker`, or `headrace serve` with --workers above 0, then ask again."
            )
