"""The emulator's own controls: read and move the business clock, wait until nothing is due or running."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.clock import epoch_ms, utc
from headrace.errors import Conflict, Invalid, NotFound
from headrace.runs import settling
from headrace.store import emulator_clock, runs

emulator = Routes("/_emulator", GATEWAY)

WAIT_SECONDS = 600.0


@emulator.get("/clock", open=True)
def read_clock(request: Request) -> Reply:
    """What time it is for this deployment."""
    _emulating(request)
    return _time(request)


@emulator.post("/clock", open=True)
def move_clock(request: Request) -> Reply:
    """``{"advance": "P1D"}`` or ``{"now": "2022-08-10T05:00:00Z"}``, with ``"wait": true`` answers when all is done."""
    _emulating(request)
    body = request.json_object()
    with request.store.write() as conn:
        before = emulator_clock.wall_ms() + emulator_clock.offset(conn)
        target = _target(body, before)
        if target < before and "now" in body and runs.any_exists(conn):
            raise Conflict("The clock moves back only while no run exists; start with an empty data directory.")
        if target != before:
            emulator_clock.move_to(conn, target)
    if body.get("wait") is True:
        settling.settle(request.deployment, WAIT_SECONDS)
    return _time(request)


def _emulating(request: Request) -> None:
    if not request.deployment.settings.emulator:
        raise NotFound("This server does not run with --emulator.", kind="path", id=request.path)


def _time(request: Request) -> Reply:
    now = request.clock.now()
    return Reply(200, {"now": f"{utc(now):%Y-%m-%dT%H:%M:%S}Z", "epochMs": now})


def _target(body: dict[str, Any], before: int) -> int:
    unknown = set(body) - {"advance", "now", "wait"}
    if unknown or ("advance" in body) == ("now" in body):
        raise Invalid('Send {"advance": "<ISO 8601 duration>"} or {"now": "<instant>"}, and optionally "wait": true.')
    try:
        if "now" in body:
            return epoch_ms(_aware(msgspec.convert(body["now"], datetime, strict=False)))
        step = msgspec.convert(body["advance"], timedelta)
    except (msgspec.ValidationError, OverflowError) as error:
        raise Invalid(f"The clock cannot be moved: {error}. Durations look like P1D or PT1H.") from error
    if step < timedelta(0):
        raise Invalid("advance must not be negative; the clock moves back only through now.", field="advance")
    return before + round(step.total_seconds() * 1000)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Invalid("now must name its zone, as in 2022-08-10T05:00:00Z.", field="now")
    return moment
