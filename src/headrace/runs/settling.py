"""Waiting until nothing is due and nothing runs: what the emulator's ``"wait": true`` asks for."""

import threading
from dataclasses import dataclass

from headrace.clock import Timer
from headrace.errors import Conflict, Unavailable
from headrace.runs.dispatch import Dispatch
from headrace.runs.leases import Leases
from headrace.runs.tick import tick
from headrace.store import gaps, heartbeats, run_queue, schedules
from headrace.store.engine import Store

LOOK_SECONDS = 0.02
# A worker that was started just now beats only when it has loaded everything.
LOADING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Settling:
    """What a wait needs.

    stopping  set when this process stops
    lease     seconds of silence after which a worker counts as dead
    """

    dispatch: Dispatch
    timer: Timer
    stopping: threading.Event
    lease: float

    def settle(self, seconds: float) -> None:
        """Returns when no run is due or unfinished by the business clock; Conflict after ``seconds`` without that.

        A batch in doubt is not waited for: nobody knows when history will tell. Unavailable when this process stops, or
        when no worker lives that could do what is due.
        """
        presence = _Presence(self.dispatch.store, self.timer, self.lease)
        deadline = self.timer.seconds() + seconds
        while not self._settled():
            presence.require()
            if self.timer.seconds() > deadline:
                raise Conflict(f"Runs were still due or in progress after {seconds:g} s; ask again to wait on.")
            if self.stopping.wait(LOOK_SECONDS):
                raise Unavailable(
                    "This server stops; what is due or running goes on with the next one. Ask again there."
                )

    def _settled(self) -> bool:
        """Looks lightly while anything runs: whoever waits should not slow down what is waited for."""
        store, now = self.dispatch.store, self.dispatch.clock.now()
        with store.read() as conn:
            if run_queue.any_live(conn, now):
                return False
        tick(self.dispatch, now)
        with store.read() as conn:
            # While a flow's run waits beyond now, what follows it is not due.
            busy = run_queue.busy_flows(conn)
            return not (run_queue.any_live(conn, now) or schedules.due(conn, now, busy, 1) or gaps.due(conn, now, 1))


class _Presence:
    """When a worker of any process was last seen alive; it looks five times a lease."""

    def __init__(self, store: Store, timer: Timer, lease: float) -> None:
        self._store = store
        self._timer = timer
        self._lease = lease
        self._leases = Leases(lease)
        self._seen_at = self._look_at = timer.seconds()

    def require(self) -> None:
        """Unavailable when no process has beaten for a lease and the time that one needs to load."""
        at = self._timer.seconds()
        if at < self._look_at:
            return
        self._look_at = at + self._lease / 5
        with self._store.read() as conn:
            beats = heartbeats.beats(conn)
        if beats.keys() - self._leases.expired(beats, at):
            self._seen_at = at
        if at - self._seen_at > self._lease + LOADING_SECONDS:
            raise Unavailable(
                f"Runs are due and no worker lives: no heartbeat for {at - self._seen_at:.0f} s. "
                "Start `headrace worker`, or `headrace serve` with --workers above 0, then ask again."
            )
