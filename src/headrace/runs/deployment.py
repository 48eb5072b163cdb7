"""What ``main`` builds once per process and hands down: settings, database, clocks, keys, lake, HTTP, jobs."""

import threading
from dataclasses import dataclass, field

from headrace.clock import Clock, Timer
from headrace.durable import Jobs
from headrace.lake import Lake
from headrace.settings import Settings
from headrace.sources import SourceHttp
from headrace.store.engine import Store
from headrace.store.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Deployment:
    """One process's parts. Functions below take what they need of it, never the whole.

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
    stopping: threading.Event = field(default_factory=threading.Event)
