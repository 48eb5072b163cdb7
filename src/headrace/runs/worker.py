"""One process's worker: it runs jobs, ticks the schedules, beats, and takes over from processes that died."""

import logging
import threading
from collections.abc import Callable

from headrace.clock import Timer
from headrace.runs.dispatch import FORMER_JOBS, RUN, Dispatch
from headrace.runs.leases import Leases
from headrace.runs.tick import adopt_lost, tick
from headrace.store import heartbeats

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
BEATS_PER_LEASE = 5
ADOPT_SECONDS = 5.0
NOBODY = -1


class Worker:
    """The worker of one process; ``start`` once, ``stop`` once.

    stopping  is set when its runs must be handed back
    carry     brings the run of this id to its end
    """

    def __init__(
        self, dispatch: Dispatch, timer: Timer, lease_seconds: float, stopping: threading.Event,
        carry: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._dispatch = dispatch
        self._timer = timer
        self._stopping = stopping
        self._leases = Leases(lease_seconds)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=args, name=f"headrace-{args[0].__name__}", daemon=True)
            for args in (
                # A server that stops may live on for a request: what it hands back is for others to take up.
                (self._tick, TICK_SECONDS, stopping),
                (self._beat, lease_seconds / BEATS_PER_LEASE, self._stopped),
                (self._adopt, ADOPT_SECONDS, stopping),
            )
        ]
        for name in (RUN, *FORMER_JOBS):
            dispatch.jobs.register(name, carry)

    def start(self) -> None:
        """Begins to work."""
        self._beat()
        self._dispatch.jobs.start()
        for thread in self._threads:
            thread.start()

    def stop(self, grace: float) -> bool:
        """Claims nothing more; what runs finishes its part in hand and is handed back. False when ``grace`` ran out."""
        self._stopping.set()
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        ended = self._dispatch.jobs.stop(grace)
        if ended:
            with self._dispatch.store.write() as conn:
                heartbeats.forget(conn, self._dispatch.jobs.executor)
        return ended

    def _tick(self) -> None:
        tick(self._dispatch, self._dispatch.clock.now())

    def _beat(self) -> None:
        store, jobs = self._dispatch.store, self._dispatch.jobs
        with store.write() as conn:
            heartbeats.beat(conn, jobs.executor)
        with store.read() as conn:
            beats = heartbeats.beats(conn)
        claimed = {job.executor: NOBODY for job in jobs.unfinished() if job.executor}
        dead = self._leases.expired(claimed | beats, self._timer.seconds()) - {jobs.executor}
        if dead:
            log.warning("taking over from %s: no beat for a lease", ", ".join(sorted(dead)))
            jobs.resume(dead)
            with store.write() as conn:
                for executor in dead:
                    heartbeats.forget(conn, executor)

    def _adopt(self) -> None:
        back = self._dispatch.jobs.reclaim()
        if back:
            log.warning("%d jobs that could not record how they ended are run again", back)
        adopt_lost(self._dispatch, self._dispatch.clock.now())

    def _every(self, act: Callable[[], None], seconds: float, end: threading.Event) -> None:
        while not end.wait(seconds):
            try:
                act()
            except Exception:
                # The database may be away for a moment; the next turn tries again.
                log.exception("%s failed", act.__name__)
