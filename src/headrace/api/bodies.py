"""The body of a request as it comes: bounded in length, in pauses, in pace and in its whole time."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

from headrace import errors
from headrace.clock import Timer
from headrace.settings import Settings

SMALL = 64 * 1024  # what may be taken before it is known who sends it
_MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many bytes a body may have, and how many seconds it may take as a whole."""

    size: int
    seconds: float


def announced(http: HttpRequest) -> bool:
    """Whether the head says that a body comes."""
    return http.headers.get("content-length", "0") != "0" or "transfer-encoding" in http.headers


class Body:
    """A request's body on its way into ``upload``.

    TooLarge as soon as that is known, TooSlow when it stalls, only drips or has no end, ClientDisconnect when it ends
    too soon.
    """

    def __init__(self, http: HttpRequest, upload: IO[bytes], bounds: Bounds, settings: Settings, timer: Timer) -> None:
        self._http, self._upload, self._bounds = http, upload, bounds
        self._settings, self._timer = settings, timer
        self._size, self._began = 0, timer.seconds()
        self._whole = not announced(http)

    async def came_with_its_head(self) -> bool:
        """Whether it is here without a wait; nobody is told to send it."""
        if "expect" not in self._http.headers and self._stated() <= SMALL:
            with suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await self._take()
        return self._whole

    async def receive(self) -> None:
        """Takes what is left of it."""
        if self._stated() > self._bounds.size:
            raise self._too_large()
        while not self._whole:
            try:
                async with asyncio.timeout(self._settings.client_seconds):
                    await self._take()
            except TimeoutError as error:
                seconds = self._settings.client_seconds
                raise errors.TooSlow(f"No byte of the body came for {seconds:g} seconds.") from error
            self._require_pace()

    def _stated(self) -> int:
        stated = self._http.headers.get("content-length", "").lstrip("0")
        return int(stated[:_MOST_DIGITS]) if stated.isdecimal() else 0

    async def _take(self) -> None:
        message = {} if self._whole else await self._http.receive()
        if message.get("type") == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        self._size += len(chunk)
        if self._size > self._bounds.size:
            raise self._too_large()
        self._upload.write(chunk)
        self._whole = not message.get("more_body", False)

    def _require_pace(self) -> None:
        taken, settings = self._timer.seconds() - self._began, self._settings
        if taken > settings.client_seconds and self._size < taken * settings.client_pace and not self._whole:
            raise errors.TooSlow(f"The body comes with less than {settings.client_pace} bytes a second.")
        if taken > self._bounds.seconds:
            raise errors.TooSlow(
                f"The body was not there after {self._bounds.seconds:g} seconds; send it faster, or in parts."
            )

    def _too_large(self) -> errors.TooLarge:
        return errors.TooLarge(f"The body is larger than {self._bounds.size} bytes.", limit=self._bounds.size)
