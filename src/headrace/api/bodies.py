"""The body of a request as it comes: bounded in length, in pauses and in pace."""

import asyncio
from typing import IO

from starlette.requests import Request as HttpRequest

from headrace import errors
from headrace.clock import Timer
from headrace.settings import Settings

_MOST_DIGITS = 20


async def receive(http: HttpRequest, upload: IO[bytes], limit: int, settings: Settings, timer: Timer) -> None:
    """Takes the body; TooLarge as soon as that is known, TooSlow when it stalls or only drips."""
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
        upload.write(chunk)
