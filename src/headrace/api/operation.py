"""What an operation declares where it is routed: what it does to what, and how it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from headrace.api.request import JSON, Reply
from headrace.errors import Broken

Verb = Literal["read", "create", "change", "delete"]

READ: Verb = "read"
CREATE: Verb = "create"
CHANGE: Verb = "change"
DELETE: Verb = "delete"

Room = Literal["work", "source", "sign-in", "health"]

WORK: Room = "work"
SOURCE: Room = "source"
SIGN_IN: Room = "sign-in"
HEALTH: Room = "health"

WORK_SECONDS, UPLOAD_SECONDS = 20.0, 600.0

LINES = "application/x-ndjson"
OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class FromPath:
    """A kind that the path of each request names: the value of ``parameter``."""

    parameter: str


Kind = str | FromPath


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the media types of its body, in which ``*`` stands for any text; without one there is no body."""

    status: int
    media: tuple[str, ...] = (JSON,)

    def fits(self, reply: Reply) -> bool:
        """Whether ``reply`` may go out as this answer."""
        if reply.status not in (None, self.status):
            return False
        if reply.body is None:
            return not self.media
        return any(fnmatchcase(reply.media.partition(";")[0], media) for media in self.media)


Answers = tuple[Answer, ...]

OK: Answers = (Answer(200),)
CREATED: Answers = (Answer(201),)
ACCEPTED: Answers = (Answer(202),)
EMPTY: Answers = (Answer(200, ()),)
NO_CONTENT: Answers = (Answer(204, ()),)
NEVER: Answers = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as its route declares it. Its own budget, and the role that may use it, belong here too.

    verb, kind  what it does to what: the permission that it asks for
    answers     every answer but an error in the service's dialect; the usual one comes first
    large       its body is a file
    open        nobody is asked who they are, or for a permission
    seconds     how long its handler may work
    room        where its handler runs: SOURCE when it waits for one, SIGN_IN when it hashes secrets, HEALTH when it
                must never wait
    asks        it may come to ask a source, before it has changed anything: then it begins again in SOURCE
    """

    verb: Verb
    kind: Kind
    answers: Answers
    large: bool = False
    open: bool = False
    room: Room = WORK
    asks: bool = False
    seconds: float = WORK_SECONDS

    def permission(self, params: Mapping[str, str]) -> tuple[Verb, str]:
        """The verb and the kind of a request with these path parameters."""
        return self.verb, params[self.kind.parameter] if isinstance(self.kind, FromPath) else self.kind

    def status(self, reply: Reply) -> int:
        """The status that ``reply`` goes out with: of the first answer that it fits. Broken when it fits none."""
        for answer in self.answers:
            if answer.fits(reply):
                return answer.status
        body = "no body" if reply.body is None else reply.media
        raise Broken(f"No answer is declared for status {reply.status or 'unsaid'} and {body}.")
