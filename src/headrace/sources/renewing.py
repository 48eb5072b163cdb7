"""Renewed tokens of a process, so that parts of a run do not renew one after the other. Never written down."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from headrace.sources.reading import Credentials

_MOST_TOKENS = 1_000
_LOOK_SECONDS = 1.0
_WHO = ("clientId", "clientSecret", "requestParameterOverride")
_TOKENS = ("accessToken", "refreshToken")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who renews: the credentials as they are now, where the token is renewed, and the origins that they are bound to.

    One process renews for all orgs. A renewed token is given to whoever has every secret that it was renewed with, and
    would send it to the same addresses; a client id, which is public, says nothing.
    """

    credentials: Credentials = field(repr=False)
    token_url: str
    origins: tuple[str, ...]

    def key(self, tokens: Mapping[str, Any]) -> str:
        """What stands for the asker at a moment when it has these tokens."""
        held = [self.credentials.get(name) for name in _WHO]
        parts = [self.token_url, self.origins, held, [tokens.get(name) for name in _TOKENS]]
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


@dataclass(slots=True)
class _Turn:
    lock: threading.Lock = field(default_factory=threading.Lock)
    takers: int = 0


class RenewedTokens:
    """A renewed token belongs to the tokens that it took the place of: whoever authorised again is not given it."""

    def __init__(self) -> None:
        self._after: dict[str, dict[str, Any]] = {}
        self._turns: dict[str, _Turn] = {}
        self._lock = threading.Lock()  # never held while a source is asked

    def renewed(
        self, asker: Asker, exchange: Callable[[], dict[str, Any]], keep_on: Callable[[], None]
    ) -> dict[str, Any]:
        """The newest tokens that another thread brought in their place, else those that ``exchange`` brings now.

        ``keep_on`` is asked while another thread does, and raises where the wait must end.
        """
        key = asker.key(asker.credentials)
        with self._turn(key, keep_on):
            newest = self._newest(asker)
            if newest is None:
                newest = exchange()
                self._keep(key, newest)
            return newest

    def _newest(self, asker: Asker) -> dict[str, Any] | None:
        held = {name: asker.credentials.get(name) for name in _TOKENS}
        newest, seen = None, {asker.key(held)}
        with self._lock:
            while (following := self._after.get(asker.key(held))) is not None:
                newest, held = {**(newest or {}), **following}, {**held, **following}
                if asker.key(held) in seen:
                    break
                seen.add(asker.key(held))
        return newest

    def _keep(self, key: str, fresh: dict[str, Any]) -> None:
        with self._lock:
            self._after[key] = fresh
            if len(self._after) > _MOST_TOKENS:
                del self._after[next(iter(self._after))]

    @contextmanager
    def _turn(self, key: str, keep_on: Callable[[], None]) -> Iterator[None]:
        """One thread at a time for one key; it lasts as long as somebody takes it or waits to."""
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.takers += 1
        try:
            while not turn.lock.acquire(timeout=_LOOK_SECONDS):
                keep_on()
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            with self._lock:
                turn.takers -= 1
                if not turn.takers:
                    del self._turns[key]
