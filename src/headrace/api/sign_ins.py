"""Sign-ins that fail make the next ones wait: for the client id from an address, for the address, and for strangers."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from headrace.errors import Unavailable

HASHING = 2  # secrets that are hashed at once: each takes 16 MB and a core for a moment
PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 5
MOST_KEPT = 10_000
LONGEST_SECONDS = 900.0
FORGET_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Limit:
    """How many sign-ins may fail before each further failure doubles the wait, which begins with a second."""

    free: int


_OF_BOTH, _OF_ADDRESS, _OF_CLIENT = Limit(5), Limit(20), Limit(50)
Key = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0
    until: float = 0.0


class SignIns:
    """The failed sign-ins of one process, as far as they still matter.

    Whoever signed in from an address before is not kept waiting by strangers who guess at the same client id. Times are
    seconds of one steady clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: OrderedDict[Key, _Failures] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()
        self._hashing = threading.BoundedSemaphore(HASHING)

    def wait(self, client: str, address: str, now: float) -> int:
        """Whole seconds until this client id may be tried from this address again; 0 when it may be now."""
        with self._lock:
            until = max(
                (self._failed[key].until for key in self._keys(client, address) if key in self._failed), default=now
            )
        return max(0, -int(-(until - now) // 1))

    def failed(self, client: str, address: str, now: float) -> bool:
        """Notes a failure; whether it is one that makes others wait, and is worth to be remembered by name."""
        grew = False
        with self._lock:
            for key, limit in self._keys(client, address).items():
                failures = self._failed.pop(key, None) or _Failures()
                if now - failures.last > FORGET_SECONDS:
                    failures = _Failures()
                failures.count, failures.last = failures.count + 1, now
                beyond = failures.count - limit.free
                if beyond >= 0:
                    failures.until = now + min(2.0 ** min(beyond, 20), LONGEST_SECONDS)
                    grew = True
                self._failed[key] = failures
            _trim(self._failed)
        return grew

    def succeeded(self, client: str, address: str) -> None:
        """Notes who signed in from where: what failed of these two is forgotten."""
        with self._lock:
            self._failed.pop((client, address), None)
            self._known[client, address] = None
            self._known.move_to_end((client, address))
            _trim(self._known)

    @contextmanager
    def hashing(self) -> Iterator[None]:
        """A place among those that hash; Unavailable when none becomes free in time."""
        if not self._hashing.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable("Too many sign-ins are under way; try again later.", retry_after=RETRY_SECONDS)
        try:
            yield
        finally:
            self._hashing.release()

    def _keys(self, client: str, address: str) -> dict[Key, Limit]:
        if (client, address) in self._known:
            return {(client, address): _OF_BOTH}
        return {(client, address): _OF_BOTH, ("", address): _OF_ADDRESS, (client, ""): _OF_CLIENT}


def _trim(kept: OrderedDict[Key, _Failures] | OrderedDict[Key, None]) -> None:
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
