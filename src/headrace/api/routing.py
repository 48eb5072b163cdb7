"""Routes on the raw path: percent-encoded segments stay one segment, a trailing slash changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from headrace.api.problems import Dialect
from headrace.api.request import Reply, Request

Handler = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: method, template segments (``{name}``, or ``{name...}`` for all that remain), handler."""

    method: str
    template: tuple[str, ...]
    handler: Handler
    dialect: Dialect
    large: bool = False
    open: bool = False

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
    """The routes of one service below ``base``, in order; the first that fits answers."""

    base: str
    dialect: Dialect
    listed: list[Route] = field(default_factory=list)

    def get(self, path: str, open: bool = False) -> Callable[[Handler], Handler]:
        return self._add("GET", path, open=open)

    def post(self, path: str, large: bool = False, open: bool = False) -> Callable[[Handler], Handler]:
        return self._add("POST", path, large, open)

    def put(self, path: str, large: bool = False) -> Callable[[Handler], Handler]:
        return self._add("PUT", path, large)

    def patch(self, path: str, large: bool = False) -> Callable[[Handler], Handler]:
        return self._add("PATCH", path, large)

    def delete(self, path: str) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path)

    def head(self, path: str) -> Callable[[Handler], Handler]:
        return self._add("HEAD", path)

    def _add(self, method: str, path: str, large: bool = False, open: bool = False) -> Callable[[Handler], Handler]:
        template = tuple(split_path(self.base + path))

        def register(handler: Handler) -> Handler:
            self.listed.append(Route(method, template, handler, self.dialect, large, open))
            return handler

        return register


@dataclass(frozen=True, slots=True)
class Found:
    """What routing says: the route and its parameters, or the service whose path it is and the methods there."""

    route: Route | None
    params: dict[str, str]
    dialect: Dialect | None
    methods: tuple[str, ...]


def find(services: Sequence[Routes], method: str, raw_path: str) -> Found:
    """Routes one request by its raw (still percent-encoded) path."""
    segments = split_path(raw_path)
    service = _service(services, segments)
    if service is None:
        return Found(None, {}, None, ())
    fitting = [(route, params) for route in service.listed if (params := route.match(segments)) is not None]
    for route, params in fitting:
        if route.method == method:
            return Found(route, params, service.dialect, ())
    return Found(None, {}, service.dialect, tuple(sorted({route.method for route, _ in fitting})))


def _service(services: Sequence[Routes], segments: Sequence[str]) -> Routes | None:
    def below(routes: Routes) -> bool:
        base = split_path(routes.base)
        return list(segments[: len(base)]) == base

    return max(filter(below, services), key=lambda routes: len(routes.base), default=None)


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
