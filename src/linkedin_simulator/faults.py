"""Faults that a test asks for: which requests they meet, and what they make of the answer."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import msgspec

from linkedin_simulator import errors
from linkedin_simulator.exchange import HTML, Answer, refused

CAP = 15_000
HTML_BODY = (
    b"<!DOCTYPE html><html><head><title>LinkedIn</title></head><body><h1>Something went wrong</h1></body></html>"
)
ANALYTICS = "/rest/adAnalytics"
_SPOILS_ELEMENTS = ("cap", "malformed")
FaultKind = Literal["status", "html", "truncated", "reset", "hang", "delay", "cap", "malformed"]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """One fault. It meets requests whose raw path starts with ``path``.

    status     LinkedIn's own answer for ``status`` (``limit`` words a 429, ``code`` a 401), ``retryAfter`` if given
    html       an HTML page with ``status``
    truncated  the right answer, its JSON cut in half
    reset      the connection breaks in the middle of the body
    hang       nothing for ``seconds``, then 504
    delay      the right answer after ``seconds``
    cap        15,000 elements
    malformed  ``element`` put among the elements at ``index``
    """

    kind: FaultKind
    path: str = ""
    times: int | None = 1  # None: until deleted
    after: int = 0  # so many matching requests pass first
    status: int = 0
    code: int = 0
    limit: str = "DAY"
    retry_after: int | None = None
    seconds: float = 0
    element: object = "malformed"
    index: int = 0

    def meets(self, path: str) -> bool:
        """Whether a request to ``path`` is meant."""
        wanted = self.path or (ANALYTICS if self.kind in _SPOILS_ELEMENTS else "/")
        return path.startswith(wanted)

    def check(self) -> None:
        """ValueError when the fault cannot be carried out."""
        if self.kind == "status" and self.status not in _REFUSALS:
            raise ValueError(f"a status fault needs one of the statuses {', '.join(map(str, _REFUSALS))}")
        if self.limit not in errors.THROTTLES:
            raise ValueError(f"limit must be one of {', '.join(errors.THROTTLES)}")
        if (self.times is not None and self.times < 1) or self.after < 0 or self.seconds < 0:
            raise ValueError("times must be at least 1, after and seconds not negative")


# Gathered while one thread imports: two threads that use a Struct first at the same time crash the process.
msgspec.json.Decoder(Fault)


class FaultList:
    """The pending faults, consumed in their order."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Appends faults; none when one of them is wrong."""
        for fault in faults:
            fault.check()
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._faults.clear()

    def pending(self) -> list[Fault]:
        """What is left."""
        with self._lock:
            return list(self._faults)

    def take(self, path: str) -> Fault | None:
        """The fault that meets a request to ``path``; the first of the list that does is used up by one."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if not fault.meets(path):
                    continue
                if fault.after:
                    self._faults[index] = msgspec.structs.replace(fault, after=fault.after - 1)
                    return None
                self._use_up(index, fault)
                return fault
        return None

    def _use_up(self, index: int, fault: Fault) -> None:
        if fault.times == 1:
            del self._faults[index]
        elif fault.times is not None:
            self._faults[index] = msgspec.structs.replace(fault, times=fault.times - 1)


def spoil(fault: Fault, answer: Answer) -> Answer:
    """The answer as the fault leaves it."""
    headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if fault.kind == "status":
        refusal = refused(_REFUSALS[fault.status](fault))
        return replace(refusal, headers={**refusal.headers, **headers})
    if fault.kind == "html":
        return Answer(fault.status or 200, HTML_BODY, HTML, headers)
    if fault.kind == "hang":
        return refused(errors.server_error(504))
    if fault.kind == "truncated":
        content = answer.content()
        return replace(answer, document=content[: max(1, len(content) // 2)])
    return _with_elements(fault, answer) if fault.kind in _SPOILS_ELEMENTS else answer


def _with_elements(fault: Fault, answer: Answer) -> Answer:
    document = answer.document
    if not isinstance(document, dict) or not isinstance(document.get("elements"), list):
        return answer
    found = document["elements"]
    if fault.kind == "malformed":
        return replace(
            answer, document={**document, "elements": [*found[: fault.index], fault.element, *found[fault.index :]]}
        )
    filled = [found[n % len(found)] if found else {} for n in range(CAP)]
    return replace(answer, document={**document, "elements": filled})


def _unauthorized(fault: Fault) -> errors.Refusal:
    by_code = {65600: errors.invalid_token, 65601: errors.revoked_token, 65602: errors.expired_token}
    return by_code.get(fault.code, errors.expired_token)()


_REFUSALS: dict[int, Callable[[Fault], errors.Refusal]] = {
    400: lambda fault: errors.bad_request("The request is invalid"),
    401: _unauthorized,
    403: lambda fault: errors.denied("adAnalytics.FINDER-analytics.20260901"),
    404: lambda fault: errors.not_found(),
    414: lambda fault: errors.refusal(414, "URI Too Long"),
    426: lambda fault: errors.version_dead("202501"),
    429: lambda fault: errors.throttled(fault.limit),
    500: lambda fault: errors.server_error(500),
    502: lambda fault: errors.server_error(502),
    503: lambda fault: errors.server_error(503),
    504: lambda fault: errors.server_error(504),
}
