"""What an answer means: which statuses are which failure, in the source's own words, and what counts as readable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from headrace import errors
from headrace.raw_json import BROKEN, is_closed, why_broken
from headrace.sources.quotas import is_about_rate, seconds_to_wait

_WORDS, _READ = 300, 64 * 1024
_ADVICE: dict[int, tuple[type[errors.SourceFailure], str]] = {
    401: (errors.SourceUnauthorized, "does not accept the credentials; renew the connection's credentials"),
    403: (errors.SourceForbidden, "does not allow this request to these credentials; check their roles and scopes"),
    404: (errors.SourceMissing, "does not know this path, or hides it from these credentials; check host and ids"),
    408: (errors.SourceTroubled, "gave up waiting for the request; try again later"),
    410: (errors.SourceMissing, "no longer has this path; check host and ids"),
    425: (errors.SourceTroubled, "does not want to be asked this early; try again later"),
    426: (errors.SourceRejected, "no longer speaks this version of its API; update the connection spec"),
    429: (errors.SourceThrottled, "asks for fewer requests; its quota is used up"),
}

# What a refusal is about that says nothing of the rows: rights, quotas and time.
NO_ENDS = (401, 403, 408, 425, 429)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``url`` is the request's, with secrets left as ``${name}``; header names are lower-case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def may_end(status: int) -> bool:
    """Whether a status may be how a source answers beyond the end of a list."""
    return status == 204 or (400 <= status < 500 and status not in NO_ENDS)


def require_success(answer: Answer, redact: Callable[[str], str], now: Callable[[], int]) -> None:
    """Raises the failure that the status stands for; nothing for 2xx. Its fact ``wait``: seconds, where asked for."""
    status = answer.status
    if 200 <= status < 300:
        return
    wait = seconds_to_wait(status, answer.headers, now())
    throttled = status == 403 and is_about_rate(answer.headers)
    failure, advice = _ADVICE[429] if throttled else _ADVICE.get(status) or _by_class(status)
    words = redact(_words(answer.body))[:_WORDS]  # cut when no secret is left in them, not even a half
    told = f" It says: {words}" if words else ""
    message = f"{answer.url} answered {status}: the source {advice}.{told}"
    raise failure(message, status=status, wait=wait)


def _by_class(status: int) -> tuple[type[errors.SourceFailure], str]:
    if status >= 500:
        return errors.SourceTroubled, "has an error of its own; try again later"
    return errors.SourceRejected, "refuses the request as it is; check the source's parameters"


def _words(body: bytes) -> str:
    """The source's own message; nothing of an HTML page."""
    try:
        told: Any = msgspec.json.decode(body)
    except RecursionError:
        return ""
    except BROKEN:
        return "" if body.lstrip()[:1] == b"<" else body[:_READ].decode("utf-8", "replace").strip()
    if not isinstance(told, dict):
        return ""
    found = (told.get(key) for key in ("message", "error_description", "detail", "title", "error"))
    words = next(filter(None, found), "")
    return words if isinstance(words, str) else msgspec.json.encode(words).decode()


def any_body(_: Answer) -> None:
    """Whatever the body is."""


def whole_json(answer: Answer) -> None:
    """SourceUnreadable unless the body is one JSON text with an end (204 has none); single values may be broken."""
    if answer.status == 204 or is_closed(answer.body):
        return
    try:
        msgspec.json.decode(answer.body, type=msgspec.Raw)
    except BROKEN as error:
        kind = "an HTML page" if answer.body.lstrip()[:1] == b"<" else "not whole JSON"
        raise errors.SourceUnreadable(f"{answer.url} answered with {kind} ({why_broken(error)}).") from error
