"""One process's worker: it runs jobs, ticks the schedules, beats, and takes over from processes that died."""

import logging
import threading
from collections.abc import Callable
from functools import partial

from headrace.runs.batch_run import BATCH_RUN, batch_run
from headrace.runs.deployment import Deployment
from headrace.runs.flow_run import flow_run
from headrace.runs.leases import Leases
from headrace.runs.tick import FLOW_RUN, adopt_lost, tick
from headrace.store import heartbeats

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
BEATS_PER_LEASE = 5
ADOPT_SECONDS = 5.0
NOBODY = -1


class Worker:
    """The worker of one process; ``start`` once, ``stop`` once."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        lease = deployment.settings.lease_seconds
        self._leases = Leases(lease)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._every, args=args, name=f"headrace-{args[0].__name__}", daemon=True)
            for args in (
                (self._tick, TICK_SECONDS),
                (self._beat, lease / BEATS_PER_LEASE),
                (self._adopt, ADOPT_SECONDS),
            )
        ]
        deployment.jobs.register(FLOW_RUN, partial(flow_run, deployment))
        deployment.jobs.register(BATCH_RUN, partial(batch_run, deployment))

    def start(self) -> None:
        """Begins to work."""
        self._beat()
        self._deployment.jobs.start()
        for thread in self._threads:
            thread.start()

    def stop(self, grace: float) -> bool:
        """Claims nothing more; what runs finishes its part in hand and is handed back. False when ``grace`` ran out."""
        self._deployment.stopping.set()
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        ended = self._deployment.jobs.stop(grace)
        if ended:
            with self._deployment.store.write() as conn:
                heartbeats.forget(conn, self._deployment.jobs.executor)
        return ended

    def _tick(self) -> None:
        tick(self._deployment.store, self._deployment.jobs, self._deployment.clock.now())

    def _beat(self) -> None:
        deployment = self._deployment
        with deployment.store.write() as conn:
            heartbeats.beat(conn, deployment.jobs.executor)
        with deployment.store.read() as conn:
            beats = heartbeats.beats(conn)
        claimed = {job.executor: NOBODY for job in deployment.jobs.unfinished() if job.executor}
        dead = self._leases.expired(claimed | beats, deployment.timer.seconds()) - {deployment.jobs.executor}
        if dead:
            log.warning("taking over from %s: no beat for a lease", ", ".join(sorted(dead)))
            deployment.jobs.resume(dead)
            with deployment.store.write() as conn:
                for executor in dead:
                    heartbeats.forget(conn, executor)

    def _adopt(self) -> None:
        adopt_lost(self._deployment.store, self._deployment.jobs, self._deployment.clock.now())

    def _every(self, act: Callable[[], None], seconds: float) -> None:
        while not self._stopped.wait(seconds):
            try:
                act()
            except Exception:
                # The database may be away for a moment; the next turn tries again.
                log.exception("%s failed", act.__name__)
