"""The ASGI application: raw-path routing, admission, spooled bodies, handlers in threads, JSON for every error."""

import asyncio
import logging
import re
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast
from urllib.parse import unquote_plus

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from headrace import budget, errors, ids
from headrace.api import addresses, bodies, gateway, hosts
from headrace.api.operation import SOURCE, WORK, Operation
from headrace.api.problems import GATEWAY, Dialect
from headrace.api.request import AsksSource, Query, Reply, Request
from headrace.api.rooms import Rooms
from headrace.api.routing import Match, Route, Routes, find
from headrace.api.sign_ins import SignIns
from headrace.exact_json import Written, spelled
from headrace.runs.deployment import Deployment
from headrace.store.outages import outage_of
from headrace.store.scope import Caller
from headrace.wire.storable import REMOVE_NUL

log = logging.getLogger(__name__)

JSON_LIMIT = 16 * 1024 * 1024
UPLOAD_LIMIT = 512 * 1024 * 1024
OPEN_LIMIT = 64 * 1024
SPOOL_IN_MEMORY = 1024 * 1024
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/=+-]{1,128}")
Admit = Callable[[Mapping[str, str]], Caller]
NOBODY = Caller("", "", "", "", "")


@dataclass(frozen=True, slots=True)
class Edge:
    """What one application remembers from request to request."""

    rooms: Rooms = field(default_factory=Rooms)
    sign_ins: SignIns = field(default_factory=SignIns)


def build_app(deployment: Deployment, services: Sequence[Routes]) -> ASGIApp:
    """The application that serves ``services`` from ``deployment``."""
    admit = partial(gateway.admit, deployment.settings, deployment.store, deployment.clock)
    edge = Edge()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        http = HttpRequest(scope, receive)
        reply = await _answer(deployment, admit, services, edge, http)
        await reply(scope, receive, send)

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _request_id(given: str) -> str:
    """The caller's own id where it is a plain word: it goes back in a header and into the log."""
    return given if REQUEST_ID.fullmatch(given) else ids.new_uuid()


async def _answer(
    deployment: Deployment, admit: Admit, services: Sequence[Routes], edge: Edge, http: HttpRequest
) -> Response:
    request_id = _request_id(http.headers.get("x-request-id", ""))
    raw_path = (
        cast("bytes", http.scope.get("raw_path") or http.scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    )
    match = find(services, http.method, raw_path)
    dialect, received = match.dialect or GATEWAY, False
    with tempfile.SpooledTemporaryFile(SPOOL_IN_MEMORY) as upload:
        try:
            # Nothing of a body is taken before it is known who sends it, and that somebody wants it.
            admitted = await run_in_threadpool(_admitted, deployment, admit, http, raw_path, match, request_id)
            if isinstance(admitted, Response):
                return _closing(http, admitted)
            caller, route = admitted
            query = parse_query(_query_text(http))
            headers = dict(http.headers.items())
            address = _address(http)
            sharer = caller.org or addresses.network(address)
            operation = route.operation
            left = threading.Event() if operation.room == SOURCE or operation.asks else None
            request = Request(
                http.method, raw_path, match.params, query, headers, upload, caller, deployment, request_id, address,
                edge.sign_ins, left, operation.room == SOURCE,
            )  # fmt: skip
            if route.before is not None:
                await edge.rooms.run(WORK, sharer, partial(route.before, request))
            limit = _limit(operation)
            await bodies.receive(http, upload, limit, deployment.settings, deployment.timer)
            received = True
            async with _watching(http, left):
                reply = await _in_its_room(edge.rooms, sharer, route, request)
            return _response(operation.status(reply), reply, request_id, http.method)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:
            response = _problem(dialect, error, request_id, http.method)
            return response if received else _closing(http, response)


def _address(http: HttpRequest) -> str:
    return addresses.plain(http.client.host) if http.client is not None else ""


async def _in_its_room(rooms: Rooms, sharer: str, route: Route, request: Request) -> Reply:
    try:
        return await rooms.run(route.operation.room, sharer, partial(_handled, route, request))
    except AsksSource:
        return await rooms.run(SOURCE, sharer, partial(_handled, route, replace(request, waits=True)))


def _handled(route: Route, request: Request) -> Reply:
    with budget.limited(route.operation.seconds):
        return route.handler(request)


def _closing(http: HttpRequest, response: Response) -> Response:
    """The answer to a request whose body was not taken: it ends the connection, on which that is still to come."""
    if http.headers.get("content-length", "0") != "0" or "transfer-encoding" in http.headers:
        response.headers["connection"] = "close"
    return response


@asynccontextmanager
async def _watching(http: HttpRequest, left: threading.Event | None) -> AsyncIterator[None]:
    """Sets ``left`` when the client goes while the block runs; nothing without it."""

    async def watch(gone: threading.Event) -> None:
        while (await http.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watching = asyncio.create_task(watch(left)) if left is not None else None
    try:
        yield
    finally:
        if watching is not None:
            watching.cancel()


def _admitted(
    deployment: Deployment, admit: Admit, http: HttpRequest, raw_path: str, match: Match, request_id: str
) -> tuple[Caller, Route] | Response:
    """Who calls (NOBODY where nobody is asked) and what answers, or the gateway's refusal."""
    hosts.require_own(deployment.settings, http.headers)
    if match.dialect is None:
        raise errors.NotFound(f"No service answers at {raw_path}.", kind="path", id=raw_path)
    _refuse_nul(raw_path, _query_text(http))
    if match.open:
        return NOBODY, _route(match, http.method, raw_path)
    try:
        caller = replace(admit(http.headers), address=_address(http))
    except errors.HeadraceError as error:
        # What the gateway refuses is worded by the gateway, whichever service the path belongs to.
        return _problem(GATEWAY, error, request_id, http.method)
    route = _route(match, http.method, raw_path)
    _require_permission(caller, *route.operation.permission(match.params))
    return caller, route


def _require_permission(caller: Caller, verb: str, kind: str) -> None:
    """The one place where a policy is asked."""
    if not caller.may(verb, kind):
        raise errors.PermissionMissing(
            f"{caller.user} has no permission to {verb} {kind} in sandbox {caller.sandbox}, where it is "
            f"{caller.role or 'nothing'}; ask who manages it."
        )


def _query_text(http: HttpRequest) -> str:
    text: bytes = http.scope["query_string"]
    return text.decode("latin-1")


def _refuse_nul(*encoded: str) -> None:
    if any("%00" in text for text in encoded):
        raise errors.Invalid(f"The URL holds a NUL character (%00); {REMOVE_NUL}", field="url")


def _route(match: Match, method: str, raw_path: str) -> Route:
    if match.route is not None:
        return match.route
    if match.methods:
        accepted = ", ".join(match.methods)
        raise errors.MethodNotAllowed(f"{raw_path} takes {accepted}, not {method}.", methods=match.methods)
    raise errors.NotFound(f"This service has no resource at {raw_path}.", kind="path", id=raw_path)


def _limit(operation: Operation) -> int:
    if operation.open:
        return OPEN_LIMIT  # many strangers' bodies at once, and none of them is long
    return UPLOAD_LIMIT if operation.large else JSON_LIMIT


def parse_query(text: str) -> Query:
    """Splits a raw query string at ``&`` and the first ``=``; values keep further ``=`` signs."""
    pairs = []
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        pairs.append((unquote_plus(name), unquote_plus(value)))
    return Query(tuple(pairs))


def _problem(dialect: Dialect, error: Exception, request_id: str, method: str) -> Response:
    if not isinstance(error, errors.HeadraceError):
        error = outage_of(error) or error
    if not isinstance(error, errors.HeadraceError) or isinstance(error, errors.Broken):
        log.error("request %s failed", request_id, exc_info=error)
    if not isinstance(error, errors.HeadraceError):
        error = errors.Broken(f"An internal error occurred; the log names request {request_id}.")
    status, body = dialect.render(error, request_id)
    headers = {"allow": ", ".join(cast("tuple[str, ...]", error.facts["methods"]))} if status == 405 else {}
    if "retry_after" in error.facts:
        headers["retry-after"] = str(error.facts["retry_after"])
    return _response(status, Reply(body, headers=headers), request_id, method)


def _response(status: int, reply: Reply, request_id: str, method: str) -> Response:
    headers = {"x-request-id": request_id, **reply.headers}
    if isinstance(reply.body, Iterator):
        return StreamingResponse(cast("Iterator[bytes]", reply.body), status, headers, reply.media)
    content = reply.body if isinstance(reply.body, bytes) else _encode(reply.body)
    response = Response(content, status, headers, reply.media if content or method == "HEAD" else None)
    if status == 204:
        del response.headers["content-length"]
    elif method == "HEAD" and "content-length" in reply.headers:
        response.headers["content-length"] = reply.headers["content-length"]
    return response


def _encode(body: object) -> bytes:
    try:
        return b"" if body is None else _json(body)
    except UnicodeEncodeError:
        return _json(spelled(body))  # half a character of a source's text goes out as the escape that it came as


def _as_it_came(value: object) -> object:
    if isinstance(value, Written):
        return spelled(value)
    raise NotImplementedError(f"{type(value).__name__} has no form in JSON")


# A decimal goes out as the JSON number that it is, digit by digit; a source's longest ones as they came.
_json = msgspec.json.Encoder(decimal_format="number", enc_hook=_as_it_came).encode
