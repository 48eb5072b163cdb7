"""The ASGI application: raw-path routing, spooled bodies, handlers in threads, JSON for every error."""

import asyncio
import logging
import re
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
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
from headrace.api import addresses, admission, bodies, gateway
from headrace.api.operation import SOURCE, WORK, Operation
from headrace.api.problems import GATEWAY, Dialect
from headrace.api.request import AsksSource, Query, Reply, Request
from headrace.api.rooms import Rooms
from headrace.api.routing import Route, Routes, find
from headrace.api.sign_ins import SignIns
from headrace.exact_json import Written, spelled
from headrace.runs.deployment import Deployment
from headrace.store.outages import outage_of
from headrace.store.scope import Caller

log = logging.getLogger(__name__)

JSON_BODY = bodies.Bounds(16 * 1024 * 1024, 300.0)
FILE_BODY = bodies.Bounds(512 * 1024 * 1024, 6 * 3600.0)
OPEN_BODY = bodies.Bounds(64 * 1024, 60.0)  # many strangers' at once, and none of them is long
SPOOL_IN_MEMORY = 1024 * 1024
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/=+-]{1,128}")
Admitted = Callable[[], tuple[Caller, Route]]


@dataclass(frozen=True, slots=True)
class Edge:
    """What one application remembers from request to request."""

    rooms: Rooms = field(default_factory=Rooms)
    sign_ins: SignIns = field(default_factory=SignIns)


def build_app(deployment: Deployment, services: Sequence[Routes]) -> ASGIApp:
    """The application that serves ``services`` from ``deployment``."""
    edge = Edge()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        http = HttpRequest(scope, receive)
        reply = await _answer(deployment, services, edge, http)
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


async def _answer(deployment: Deployment, services: Sequence[Routes], edge: Edge, http: HttpRequest) -> Response:
    request_id = _request_id(http.headers.get("x-request-id", ""))
    raw_path = (
        cast("bytes", http.scope.get("raw_path") or http.scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    )
    match = find(services, http.method, raw_path)
    dialect, received, address = match.dialect or GATEWAY, False, _address(http)
    admitted = partial(admission.admitted, deployment, http, raw_path, match, address)
    with tempfile.SpooledTemporaryFile(SPOOL_IN_MEMORY) as upload:
        try:
            query = parse_query(admission.query_text(http))
            build = partial(
                Request, http.method, raw_path, match.params, query, dict(http.headers.items()), upload,
                deployment=deployment, id=request_id, address=address, sign_ins=edge.sign_ins,
            )  # fmt: skip
            route, settings, timer = match.route, deployment.settings, deployment.timer
            body = bodies.Body(http, upload, _bounds(route), settings, timer)
            if route is None or not route.is_plain or not await body.came_with_its_head():
                # Nobody waits for a body before it is known who sends it, and that somebody wants it.
                caller, known = await run_in_threadpool(admitted)
                route = known
                if route.before is not None:
                    sharer = caller.org or addresses.network(address)
                    await edge.rooms.run(WORK, sharer, partial(route.before, build(caller=caller)))
            operation = route.operation
            await body.receive()
            received = True
            left = threading.Event() if operation.room == SOURCE or operation.asks else None
            handle = partial(_handled, route, admitted, partial(build, left=left))
            # Whoever claims an org takes one of its places for as long as it takes to find out.
            claimed = "" if match.open else gateway.claimed_org(http.headers)
            async with _watching(http, left):
                reply = await _in_its_room(edge.rooms, claimed or addresses.network(address), operation, handle)
            return _response(operation.status(reply), reply, request_id, http.method)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:
            response = _problem(dialect, error, request_id, http.method)
            return response if received else _closing(http, response)


def _address(http: HttpRequest) -> str:
    return addresses.plain(http.client.host) if http.client is not None else ""


async def _in_its_room(rooms: Rooms, sharer: str, operation: Operation, handle: Callable[[bool], Reply]) -> Reply:
    try:
        return await rooms.run(operation.room, sharer, partial(handle, operation.room == SOURCE))
    except AsksSource:
        return await rooms.run(SOURCE, sharer, partial(handle, True))


def _handled(route: Route, admitted: Admitted, build: Callable[..., Request], waits: bool) -> Reply:
    """What the handler replies to whoever is admitted now: a body may take longer than its sender has a right.

    In one go, as to change threads takes as long as a small read.
    """
    caller, _ = admitted()
    with budget.limited(route.operation.seconds):
        return route.handler(build(caller=caller, waits=waits))


def _closing(http: HttpRequest, response: Response) -> Response:
    """The answer to a request whose body was not taken: it ends the connection, on which that is still to come."""
    if bodies.announced(http):
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


def _bounds(route: Route | None) -> bodies.Bounds:
    if route is None or route.operation.open:
        return OPEN_BODY
    return FILE_BODY if route.operation.large else JSON_BODY


def parse_query(text: str) -> Query:
    """Splits a raw query string at ``&`` and the first ``=``; values keep further ``=`` signs."""
    pairs = []
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        pairs.append((unquote_plus(name), unquote_plus(value)))
    return Query(tuple(pairs))


def _problem(dialect: Dialect, error: Exception, request_id: str, method: str) -> Response:
    if isinstance(error, admission.Refused):
        dialect, error = GATEWAY, error.reason
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
