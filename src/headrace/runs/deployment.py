"""What one process has, built in main and handed down, from its settings to its jobs."""

import threading
from dataclasses import dataclass, field

from headrace.clock import Clock, Timer
from headrace.durable import Jobs
from headrace.lake import Lake
from headrace.mapping.derivations import NO_DERIVATIONS, Derivations
from headrace.runs.dispatch import Dispatch
from headrace.runs.flow_run import FlowStory
from headrace.runs.life import Life
from headrace.runs.replaying import Replaying
from headrace.runs.settling import Settling
from headrace.runs.upload_run import UploadStory
from headrace.runs.worker import Worker
from headrace.settings import Settings
from headrace.sources import SourceHttp
from headrace.store.engine import Store
from headrace.store.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Deployment:
    """One process's parts. It puts together what works; whatever works takes the parts it needs, never the whole.

    stopping  set when this process must hand its runs back
    """

    settings: Settings
    store: Store
    clock: Clock
    timer: Timer
    keyring: Keyring
    lake: Lake
    http: SourceHttp
    jobs: Jobs
    derivations: Derivations = NO_DERIVATIONS
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def dispatch(self) -> Dispatch:
        """What it takes to have work done."""
        return Dispatch(self.store, self.clock, self.jobs)

    @property
    def settling(self) -> Settling:
        """What waits until nothing is due."""
        return Settling(self.dispatch, self.timer, self.stopping, self.settings.lease_seconds)

    @property
    def replaying(self) -> Replaying:
        """What starts replays."""
        return Replaying(self.dispatch, self.lake.landing, self.derivations)

    def life(self) -> Life:
        """What carries runs."""
        hours = self.settings.retry_hours
        flows = FlowStory(self.dispatch, self.lake.landing, self.keyring, self.http, hours)
        return Life(
            self.dispatch, self.lake, self.derivations, self.timer, self.stopping, flows, UploadStory(self.dispatch)
        )

    def worker(self) -> Worker:
        """This process's worker; make one, start it once."""
        return Worker(self.dispatch, self.timer, self.settings.lease_seconds, self.stopping, self.life().carry)
