"""The ASGI application: takes requests off the wire as they came, sends answers, breaks them on demand."""

import asyncio
from collections.abc import Iterator
from itertools import count

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from linkedin_simulator import control
from linkedin_simulator.exchange import HTML, Answer, Request
from linkedin_simulator.faults import Fault, spoil
from linkedin_simulator.simulator import Simulator

MOST_BODY = 8 * 1024 * 1024
WAITING = ("hang", "delay")


def create_app(simulator: Simulator) -> ASGIApp:
    """The application that serves a simulator."""
    numbers = count(1)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"The simulator speaks http only, not {scope['type']}.")
        request = await _received(scope, receive)
        if request is None:
            answer = Answer(413, b"<h1>Request Entity Too Large</h1>", HTML)
            await _response(answer, next(numbers))(scope, receive, send)
        elif request.path.startswith(control.PREFIX):
            await _response(control.answer(simulator, request), 0)(scope, receive, send)
        else:
            await _serve(simulator, request, next(numbers), scope, receive, send)

    return app


async def _received(scope: Scope, receive: Receive) -> Request | None:
    """The request with its path and query untouched, or None when its body is too large."""
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    body = b""
    async for chunk in HttpRequest(scope, receive).stream():
        body += chunk
        if len(body) > MOST_BODY:
            return None
    return Request(
        method=scope["method"],
        path=raw_path.partition(b"?")[0].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


async def _serve(
    simulator: Simulator, request: Request, number: int, scope: Scope, receive: Receive, send: Send
) -> None:
    fault = simulator.faults.take(request.path)
    if fault and fault.kind in WAITING and await _left(receive, fault.seconds):
        simulator.note(request, None, fault)
        return
    answer = simulator.answer(request)
    if fault:
        answer = spoil(fault, answer)
    simulator.note(request, answer, fault)
    response = _response(answer, number)
    if _breaks(fault):
        await _broken(response, send)
    else:
        await response(scope, receive, send)


def _breaks(fault: Fault | None) -> bool:
    return fault is not None and fault.kind == "reset"


async def _left(receive: Receive, seconds: float) -> bool:
    """Waits; true as soon as the client is gone."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
        return True
    except TimeoutError:
        return False


async def _broken(response: Response, send: Send) -> None:
    """Half of the body; the server closes a connection whose answer was not completed."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    half = bytes(response.body)[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})


def _response(answer: Answer, number: int) -> Response:
    headers = {**dict(_identifying(number)), **answer.headers} if number else dict(answer.headers)
    return Response(answer.content(), answer.status, headers, answer.media)


def _identifying(number: int) -> Iterator[tuple[str, str]]:
    yield "x-li-fabric", "simulator"
    yield "x-li-pop", "loopback"
    yield "x-li-proto", "http/1.1"
    yield "x-li-request-id", str(number)
    yield "x-li-uuid", f"{number:032x}"
    yield "x-restli-protocol-version", "2.0.0"
