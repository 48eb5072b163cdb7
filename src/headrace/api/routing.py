"""Routes on the raw path: percent-encoded segments stay one segment, a trailing slash changes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from headrace.api.problems import Dialect
from headrace.api.request import Reply, Request

Handler = Callable[[Request], Reply]

READ, CREATE, CHANGE, DELETE = "read", "create", "change", "delete"
VERBS = {"GET": READ, "HEAD": READ, "POST": CREATE, "PUT": CHANGE, "PATCH": CHANGE, "DELETE": DELETE}
# A POST below a collection is named by its last segment; anything else there changes what it names.
POSTED = {
    "search": READ,
    "validate": READ,
    "preview": READ,
    "suggestion": READ,
    "export": READ,
    "import": CREATE,
    "upload": CREATE,
}
# Segments before the one that names a kind, and other names of a kind.
BEFORE_KIND = ("{container}", "orgs", "{org}", "v2")
KINDS = {
    "datasets": "dataSets",
    "identities": "namespaces",
    "lastBatches": "batches",
    "rpc": "schemas",
    "sandbox-management": "sandboxes",
    "sandboxTypes": "sandboxes",
    "stats": "schemas",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: method, template segments (``{name}``, or ``{name...}`` for all that remain), handler."""

    method: str
    template: tuple[str, ...]
    handler: Handler
    dialect: Dialect
    large: bool = False
    open: bool = False
    base: int = 0  # how many segments of the template are the service's own

    def asks(self, params: Mapping[str, str]) -> tuple[str, str]:
        """What a request with these path parameters is about to do (read, create, change, delete), to which kind."""
        below = [part for part in self.template[self.base :] if part not in BEFORE_KIND]
        first = below[0] if below else self.template[-1]
        kind = params[first[1:-1]] if first.startswith("{") else first
        return self._verb(below), KINDS.get(kind, kind)

    def _verb(self, below: Sequence[str]) -> str:
        if len(below) == 1 and self.method == "PATCH":
            return CREATE  # how one client spells it
        if len(below) > 1 and self.method == "POST":
            return POSTED.get(below[-1], CHANGE)
        return CHANGE if len(below) > 2 and self.method == "DELETE" else VERBS[self.method]

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
        template, base = tuple(split_path(self.base + path)), len(split_path(self.base))

        def register(handler: Handler) -> Handler:
            self.listed.append(Route(method, template, handler, self.dialect, large, open, base))
            return handler

        return register


@dataclass(frozen=True, slots=True)
class Found:
    """What routing says: the route and its parameters, or the service whose path it is and the methods there.

    ``open``: nobody is asked who they are, not even to be told that the method is wrong.
    """

    route: Route | None
    params: dict[str, str]
    dialect: Dialect | None
    methods: tuple[str, ...]
    open: bool


def find(services: Sequence[Routes], method: str, raw_path: str) -> Found:
    """Routes one request by its raw (still percent-encoded) path."""
    segments = split_path(raw_path)
    service = _service(services, segments)
    if service is None:
        return Found(None, {}, None, (), True)
    fitting = [(route, params) for route in service.listed if (params := route.match(segments)) is not None]
    for route, params in fitting:
        if route.method == method:
            return Found(route, params, service.dialect, (), route.open)
    asked = [route for route, _ in fitting] or service.listed
    methods = tuple(sorted({route.method for route, _ in fitting}))
    return Found(None, {}, service.dialect, methods, all(route.open for route in asked))


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
