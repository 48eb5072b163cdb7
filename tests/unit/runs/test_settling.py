"""A wait that nobody could end, and one that the process itself must not outlast."""

import itertools
import threading
from typing import Any

import pytest

from headrace.clock import Window
from headrace.errors import Unavailable
from headrace.runs.dispatch import Dispatch
from headrace.runs.settling import Settling
from headrace.store import heartbeats, runs
from headrace.store.engine import Store
from headrace.store.scope import Caller

NOW = 1_660_107_600_000
LEASE = 5.0


class Hurrying:
    """A clock that stands, and a timer on which each look takes a second; ``act`` happens at each."""

    def __init__(self, act: Any = lambda: None) -> None:
        self._seconds = itertools.count()
        self._act = act

    def now(self) -> int:
        return NOW

    def seconds(self) -> float:
        self._act()
        return float(next(self._seconds))


@pytest.fixture
def waiting(store: Store, jobs: Any) -> Any:
    """Makes a wait beside one queued run that nobody takes."""
    caller = Caller("org", "prod", "", "tests", "tests")
    run = runs.new_run(
        caller,
        id="run",
        flow_id="flow",
        cause=runs.SCHEDULE,
        window=Window(0, 1),
        backfill=False,
        batch_id="batch",
        at=NOW,
    )
    with store.write() as conn:
        runs.insert(conn, run)

    def make(act: Any = lambda: None) -> Settling:
        time = Hurrying(act)
        return Settling(Dispatch(store, time, jobs), time, threading.Event(), LEASE)

    return make


def test_nobody_beats(waiting: Any) -> None:
    with pytest.raises(Unavailable, match=r"no worker lives: no heartbeat for 16 s\. Start `headrace worker`"):
        waiting().settle(600)


def test_a_beat_that_stands_still_is_nobody(waiting: Any, store: Store) -> None:
    with store.write() as conn:
        heartbeats.beat(conn, "killed")
    with pytest.raises(Unavailable, match="no worker lives"):
        waiting().settle(600)


def test_who_beats_is_waited_for(waiting: Any, store: Store) -> None:
    def beat() -> None:
        with store.write() as conn:
            heartbeats.beat(conn, "busy")

    with pytest.raises(Exception, match="still due or in progress after 50 s"):
        waiting(beat).settle(50)


def test_a_process_that_stops_waits_no_longer(waiting: Any) -> None:
    settling = waiting()
    settling.stopping.set()
    with pytest.raises(Unavailable, match="This server stops"):
        settling.settle(600)
