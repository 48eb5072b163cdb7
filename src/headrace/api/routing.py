"""Routes on the raw path: percent-encoded segments stay one segment, a trailing slash changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote

from headrace.api.operation import (
    CHANGE,
    DELETE,
    EMPTY,
    OK,
    READ,
    UPLOAD_SECONDS,
    WORK,
    WORK_SECONDS,
    Answers,
    FromPath,
    Kind,
    Operation,
    Room,
    Verb,
)
from headrace.api.problems import Dialect
from headrace.api.request import Reply, Request

Handler = Callable[[Request], Reply]
Before = Callable[[Request], None]
Register = Callable[[Handler], Handler]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: method, template segments (``{name}``, or ``{name...}`` for all that remain), handler.

    ``before`` refuses a request whose body nobody wants, before any of it is taken.
    """

    method: str
    template: tuple[str, ...]
    handler: Handler
    operation: Operation
    before: Before | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it looks at nothing before it is handled, and begins where most others run."""
        return self.before is None and self.operation.room == WORK

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The path parameters when the raw ``segments`` fit, else None."""
        rest = self.template[-1].endswith("...}") if self.template else False
        if len(segments) != len(self.template) and not (rest and len(segments) > len(self.template)):
            return None
        params = {}
        for n, part in enumerate(self.template):
            if part.endswith("...}"):
                params[part[1:-4]] = "/".join(unquote(segment) for segment in segments[n:])
            elif part.startswith("{"):
                params[part[1:-1]] = unquote(segments[n])
            elif part != segments[n]:
                return None
        return params


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes of one service below ``base``, in order; the first that fits answers.

    A route declares its operation, and every one says its kind. GET and HEAD read and PUT changes, as HTTP means it;
    PATCH changes and DELETE deletes unless the route says otherwise. To POST HTTP gives no meaning: its verb must be
    said. Services answer POST and DELETE in different ways, so those answers must be said too.
    """

    base: str
    dialect: Dialect
    listed: list[Route] = field(default_factory=list)

    def get(self, path: str, *, kind: Kind, answers: Answers = OK, open: bool = False, room: Room = WORK) -> Register:
        return self._add("GET", path, Operation(READ, kind, answers, open=open, room=room))

    def head(self, path: str, *, kind: Kind) -> Register:
        return self._add("HEAD", path, Operation(READ, kind, EMPTY))

    def post(
        self,
        path: str,
        *,
        verb: Verb,
        kind: Kind,
        answers: Answers,
        open: bool = False,
        room: Room = WORK,
        asks: bool = False,
    ) -> Register:
        return self._add("POST", path, Operation(verb, kind, answers, open=open, room=room, asks=asks))

    def put(
        self, path: str, *, kind: Kind, answers: Answers = OK, large: bool = False, before: Before | None = None
    ) -> Register:
        return self._add("PUT", path, Operation(CHANGE, kind, answers, large, seconds=_seconds(large)), before)

    def patch(
        self,
        path: str,
        *,
        kind: Kind,
        verb: Verb = CHANGE,
        answers: Answers = OK,
        large: bool = False,
        asks: bool = False,
        before: Before | None = None,
    ) -> Register:
        return self._add(
            "PATCH", path, Operation(verb, kind, answers, large, asks=asks, seconds=_seconds(large)), before
        )

    def delete(self, path: str, *, kind: Kind, verb: Verb = DELETE, answers: Answers) -> Register:
        return self._add("DELETE", path, Operation(verb, kind, answers))

    def _add(self, method: str, path: str, operation: Operation, before: Before | None = None) -> Register:
        template, kind = tuple(split_path(self.base + path)), operation.kind
        if isinstance(kind, FromPath) and f"{{{kind.parameter}}}" not in template:
            raise ValueError(f"{method} {path} has no parameter {kind.parameter} to name its kind.")

        def register(handler: Handler) -> Handler:
            self.listed.append(Route(method, template, handler, operation, before))
            return handler

        return register


def _seconds(large: bool) -> float:
    return UPLOAD_SECONDS if large else WORK_SECONDS


@dataclass(frozen=True, slots=True)
class Match:
    """What routing says: the route and its parameters, or the service whose path it is and the methods there.

    ``open``: nobody is asked who they are, not even to be told that the method is wrong.
    """

    route: Route | None
    params: dict[str, str]
    dialect: Dialect | None
    methods: tuple[str, ...]
    open: bool


def find(services: Sequence[Routes], method: str, raw_path: str) -> Match:
    """Routes one request by its raw (still percent-encoded) path."""
    segments = split_path(raw_path)
    service = _service(services, segments)
    if service is None:
        return Match(None, {}, None, (), True)
    for route in service.listed:
        if route.method == method and (params := route.match(segments)) is not None:
            return Match(route, params, service.dialect, (), route.operation.open)
    fitting = [route for route in service.listed if route.match(segments) is not None]
    methods = tuple(sorted({route.method for route in fitting}))
    return Match(None, {}, service.dialect, methods, all(route.operation.open for route in fitting or service.listed))


def _service(services: Sequence[Routes], segments: Sequence[str]) -> Routes | None:
    def below(routes: Routes) -> bool:
        base = _base(routes.base)
        return tuple(segments[: len(base)]) == base

    return max(filter(below, services), key=lambda routes: len(routes.base), default=None)


@cache
def _base(base: str) -> tuple[str, ...]:
    return tuple(split_path(base))


def split_path(path: str) -> list[str]:
    """The raw segments of a path, without empty ones; an un-encoded schema URI is put together again."""
    return list(_rejoin_uris([segment for segment in path.split("/") if segment]))


def _rejoin_uris(segments: list[str]) -> Iterator[str]:
    # Registry ids are URIs; a client that forgot to encode one sends https://ns.adobe.com/t/schemas/h as segments.
    n = 0
    while n < len(segments):
        if segments[n] in ("https:", "http:") and n + 1 < len(segments):
            yield f"{segments[n]}//" + "/".join(segments[n + 1 :])
            return
        yield segments[n]
        n += 1
