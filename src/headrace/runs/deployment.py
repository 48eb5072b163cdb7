"""What ``main`` builds once per process and hands down: settings, database, clocks, keys, lake, HTTP, jobs."""

from dataclasses import dataclass

from headrace.clock import Clock, Timer
from headrace.durable import Jobs
from headrace.lake import Lake
from headrace.settings import Settings
from headrace.sources import SourceHttp
from headrace.store.engine import Store
from headrace.store.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Deployment:
    """One process's parts. Functions below take what they need of it, never the whole."""

    settings: Settings
    store: Store
    clock: Clock
    timer: Timer
    keyring: Keyring
    lake: Lake
    http: SourceHttp
    jobs: Jobs
