"""One HTTP exchange as values: the request as it came, the answer as it will go."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from linkedin_simulator.errors import Refusal

JSON = "application/json"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Request:
    """A received request. ``path`` and ``query`` are raw; header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a JSON document, or ready bytes of another media type."""

    status: int
    document: object = None
    media: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """The bytes of the body."""
        if isinstance(self.document, bytes):
            return self.document
        return b"" if self.document is None else msgspec.json.encode(self.document)


def refused(refusal: Refusal) -> Answer:
    """The answer that a refusal becomes."""
    return Answer(refusal.status, refusal.body, headers={"x-restli-error-response": "true"})
