"""The body of a request as it comes: bounded in length, in pauses, in pace and in its whole time."""

import asyncio
from dataclasses import dataclass
from typing import IO

from starlette.requests import Request as HttpRequest

from headrace import errors
from headrace.clock import Timer
from headrace.settings import Settings

_MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many bytes a body may have, and how many seconds it may take as a whole."""

    size: int
    seconds: float


def announced(http: HttpRequest) -> bool:
    """Whether the head says that a body comes."""
    return http.headers.get("content-length", "0") != "0" or "transfer-encoding" in http.headers


async def receive(http: HttpRequest, upload: IO[bytes], bounds: Bounds, settings: Settings, timer: Timer) -> None:
    """Takes the body; TooLarge as soon as that is known, TooSlow when it stalls, only drips or has no end."""
    limit = bounds.size
    stated = http.headers.get("content-length", "").lstrip("0")
    if stated.isdecimal() and int(stated[:_MOST_DIGITS]) > limit:
        raise errors.TooLarge(f"The body is larger than {limit} bytes.", limit=limit)
    size, began, stream = 0, timer.seconds(), http.stream()
    while True:
        try:
            async with asyncio.timeout(settings.client_seconds):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise errors.TooSlow(f"No byte of the body came for {settings.client_seconds:g} seconds.") from error
        size += len(chunk)
        if size > limit:
            raise errors.TooLarge(f"The body is larger than {limit} bytes.", limit=limit)
        taken = timer.seconds() - began
        if taken > settings.client_seconds and size < taken * settings.client_pace:
            raise errors.TooSlow(f"The body comes with less than {settings.client_pace} bytes a second.")
        if taken > bounds.seconds:
            raise errors.TooSlow(
                f"The body was not there after {bounds.seconds:g} seconds; send it faster, or in parts."
            )
        upload.write(chunk)
