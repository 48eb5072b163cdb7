"""A simulator in a thread of this process, on a free port: for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from linkedin_simulator.clock import iso, parse_instant
from linkedin_simulator.faults import Fault
from linkedin_simulator.journal import Entry
from linkedin_simulator.serving import Server, bound, url
from linkedin_simulator.simulator import Simulator
from linkedin_simulator.worlds import DEFAULT_SEED


@dataclass(frozen=True, slots=True)
class Running:
    """A served simulator and its handles."""

    url: str
    simulator: Simulator

    @property
    def token(self) -> str:
        """The access token that reads everything."""
        return self.simulator.tokens.all()[0].token

    @property
    def now(self) -> str:
        """The instant of the clock."""
        return iso(self.simulator.clock.now())

    def advance(self, duration: str) -> None:
        """Moves the clock by ``PT1H``, ``P1D``, …"""
        self.simulator.clock.advance(duration)

    def set_clock(self, instant: str) -> None:
        """Moves the clock to an instant."""
        self.simulator.clock.set(instant)

    def fault(self, kind: str, **details: object) -> None:
        """Adds a fault; the details are the fields of Fault in snake case."""
        wire = {
            Fault.__struct_encode_fields__[Fault.__struct_fields__.index(name)]: value
            for name, value in details.items()
        }
        self.simulator.faults.add(msgspec.convert({"kind": kind, **wire}, Fault))

    def clear_faults(self) -> None:
        """Forgets pending faults."""
        self.simulator.faults.clear()

    def requests(self) -> list[Entry]:
        """The journal, the oldest request first."""
        return self.simulator.journal.entries()

    def forget_requests(self) -> None:
        """Empties the journal."""
        self.simulator.journal.clear()


@contextmanager
def running(
    world: str = "tutorial", clock: str | datetime | None = None, seed: int = DEFAULT_SEED
) -> Iterator[Running]:
    """Serves a world until the block ends."""
    start = parse_instant(clock) if isinstance(clock, str) else clock
    simulator = Simulator.of(world, seed, start)
    with bound(0) as listener:
        ready = threading.Event()
        server = Server(simulator, ready.set)
        thread = threading.Thread(target=server.run, args=([listener],), name="linkedin-simulator", daemon=True)
        thread.start()
        ready.wait(30)
        try:
            yield Running(url(listener), simulator)
        finally:
            server.should_exit = True
            thread.join()
