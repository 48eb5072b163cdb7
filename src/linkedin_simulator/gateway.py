"""What every API request passes before a resource sees it: size, tunnelling, token, version, protocol."""

from dataclasses import dataclass, replace
from datetime import datetime

from linkedin_simulator import errors, restli, versions
from linkedin_simulator.exchange import Request
from linkedin_simulator.tokens import Token, TokenBook

MOST_URL = 8 * 1024
MOST_QUERY = 4 * 1024
MOST_SEGMENT = 4 * 1024
MOST_HEAD = 28 * 1024
PREFIX = "/rest/"
FORM = "application/x-www-form-urlencoded"
PROTOCOLS = ("1.0.0", "2.0.0")


@dataclass(frozen=True, slots=True)
class Call:
    """An admitted read of a resource. ``segments`` are the decoded parts of the path below ``/rest``."""

    segments: tuple[str, ...]
    query: restli.Query
    token: Token
    version: int
    now: datetime

    @property
    def finder(self) -> str:
        """The name after ``q=``."""
        value = self.query.values.get("q")
        return value if isinstance(value, str) else ""

    def require_scope(self, resource: str, *scopes: str) -> None:
        """403 unless the token has one of the scopes."""
        if not set(scopes) & set(self.token.scopes):
            raise errors.denied(f"{resource}.{self.version}01")


def admit(request: Request, tokens: TokenBook, now: datetime) -> Call:
    """The call that a request makes, or the Refusal it deserves."""
    _check_size(request)
    read = _untunnelled(request)
    token = tokens.admit(request.headers.get("authorization"), now)
    if not request.path.startswith(PREFIX):
        raise errors.not_found()
    version = _version(request, now)
    protocol = _protocol(request)
    return Call(_segments(request), restli.parse_query(read.query, protocol), token, version, now)


def _check_size(request: Request) -> None:
    url = len(request.path) + len(request.query) + 1
    head = url + sum(len(name) + len(value) for name, value in request.headers.items())
    segment = max(map(len, request.path.split("/")))
    if url > MOST_URL or len(request.query) > MOST_QUERY or segment > MOST_SEGMENT or head > MOST_HEAD:
        raise errors.refusal(414, "URI Too Long")


def _untunnelled(request: Request) -> Request:
    """A tunnelled read is a POST whose body is the query string, letter for letter."""
    override = request.headers.get("x-http-method-override", "").upper()
    if request.method == "GET" and not override:
        return request
    if request.method != "POST" or override != "GET":
        raise errors.refusal(405, f"{request.method} is not supported here", "METHOD_NOT_ALLOWED")
    if "content-length" not in request.headers and "transfer-encoding" not in request.headers:
        raise errors.refusal(411, "Length Required")
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != FORM:
        raise errors.bad_request(f"A tunnelled query must be sent as {FORM}")
    return replace(request, query="&".join(filter(None, (request.query, request.body.decode("latin-1")))))


def _version(request: Request, now: datetime) -> int:
    header = request.headers.get("linkedin-version")
    if header is None or not header.strip():
        raise errors.version_missing()
    version = versions.read(header)
    if version is None or not versions.is_alive(version, now.date()):
        raise errors.version_dead(header.strip())
    return version


def _protocol(request: Request) -> str:
    protocol = request.headers.get("x-restli-protocol-version", PROTOCOLS[0])
    if protocol not in PROTOCOLS:
        raise errors.bad_request(f"Rest.li protocol version {protocol} used by the client is not supported")
    return protocol


def _segments(request: Request) -> tuple[str, ...]:
    raw = request.path.removeprefix(PREFIX).removesuffix("/").split("/")
    try:
        return tuple(restli.decode(segment) for segment in raw)
    except restli.RestliSyntax as error:
        raise errors.bad_request(f"The path has a {error}") from None
