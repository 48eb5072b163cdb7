"""Sign-ins that fail make the next ones wait: those of a client id from the same address, and the address's."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from headrace.api.addresses import network

MOST_REMEMBERED = 10_000
LONGEST_SECONDS = 900.0
FORGET_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How many sign-ins may fail before each further failure doubles the wait, which begins with a second."""

    free: int


_OF_BOTH, _OF_ADDRESS = Limit(5), Limit(20)
Key = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0
    until: float = 0.0


class SignIns:
    """The failed sign-ins of one process, as far as they still matter.

    Nothing is held against a client id alone: whoever guesses would keep its owner out. A secret of ours has 192 random
    bits, so that no number of addresses guesses it. Who signed in from an address before does not wait for others who
    fail there with other client ids. Times are seconds of one steady clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: OrderedDict[Key, _Failures] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()

    def wait(self, client: str, address: str, now: float) -> int:
        """Whole seconds until this client id may be tried from this address again; 0 when it may be now."""
        with self._lock:
            waits = [self._failed[key].until - now for key in self._keys(client, address) if key in self._failed]
        return max(0, -int(-max(waits, default=0.0) // 1))

    def failed(self, client: str, address: str, now: float) -> None:
        """Notes a failure."""
        with self._lock:
            for key, limit in self._keys(client, address).items():
                failures = self._failed.pop(key, None) or _Failures()
                if now - failures.last > FORGET_SECONDS:
                    failures = _Failures()
                failures.count, failures.last = failures.count + 1, now
                beyond = failures.count - limit.free
                if beyond >= 0:
                    failures.until = now + min(2.0 ** min(beyond, 20), LONGEST_SECONDS)
                self._failed[key] = failures
            _trim(self._failed)

    def succeeded(self, client: str, address: str) -> None:
        """Notes who signed in from where: what failed of these two is forgotten."""
        pair = client, network(address)
        with self._lock:
            self._failed.pop(pair, None)
            self._known[pair] = None
            self._known.move_to_end(pair)
            _trim(self._known)

    def _keys(self, client: str, address: str) -> dict[Key, Limit]:
        place = network(address)
        own = {(client, place): _OF_BOTH}
        return own if (client, place) in self._known else own | {("", place): _OF_ADDRESS}


def _trim(remembered: OrderedDict[Key, _Failures] | OrderedDict[Key, None]) -> None:
    while len(remembered) > MOST_REMEMBERED:
        remembered.popitem(last=False)
