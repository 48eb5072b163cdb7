"""The emulator's own controls: read and move the business clock, wait until all is done, forget what there is."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from headrace.api import gateway
from headrace.api.operation import CHANGE, DELETE, OK
from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.clock import epoch_ms, utc
from headrace.errors import Conflict, Invalid, MediaUnsupported, NotFound, Refused, TooManyFailures
from headrace.runs import resetting
from headrace.settings import LOOPBACK, Settings
from headrace.store import accounts, emulator_clock, runs
from headrace.store.erasing import Extent

emulator = Routes("/_emulator", GATEWAY)

CONTROLS = "_emulator"
WAIT_SECONDS = 600.0
LATEST_MS = epoch_ms(datetime(9000, 1, 1, tzinfo=UTC))
RESET_SECONDS = 60.0
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


@emulator.get("/clock", kind="clock", open=True)
def read_clock(request: Request) -> Reply:
    """What time it is for this deployment."""
    _emulating(request)
    return _time(request)


@emulator.post("/clock", verb=CHANGE, kind="clock", answers=OK, open=True)
def move_clock(request: Request) -> Reply:
    """``{"advance": "P1D"}`` or ``{"now": "2022-08-10T05:00:00Z"}``, with ``"wait": true`` answers when all is done."""
    _emulating(request)
    body = request.json_object()
    with request.store.write() as conn:
        before = emulator_clock.wall_ms() + emulator_clock.offset(conn)
        target = _target(body, before)
        if target < before and "now" in body and runs.any_exists(conn):
            raise Conflict("The clock moves back only while no run exists; reset the emulator first.")
        if target != before:
            emulator_clock.move_to(conn, target)
    if body.get("wait") is True:
        request.settling.settle(WAIT_SECONDS)
    return _time(request)


@emulator.post("/reset", verb=DELETE, kind="sandboxes", answers=OK, open=True)
def reset(request: Request) -> Reply:
    """Forgets everything, or ``{"org": …}``, or ``{"org": …, "sandbox": …}``; what runs there is stopped first."""
    _emulating(request)
    extent, now = _extent(request.json_object() if request.body.strip() else {})
    resetting.reset(request.dispatch, request.lake, request.timer, extent, now, RESET_SECONDS)
    return _time(request)


def _emulating(request: Request) -> None:
    settings = request.settings
    if not settings.emulator:
        raise NotFound("This server does not run with --emulator.", kind="path", id=request.path)
    # These controls may ask for no token, and any page in a browser can send a request to loopback.
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() not in _own_origins(settings):
        raise Refused(f"The emulator's controls take no request from another site's page ({origin}).")
    label = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if label in FORMS and request.body:
        raise MediaUnsupported(
            f"Send the body as Content-Type: application/json, not {label}, which any page may send."
        )
    if settings.emulator_token and not gateway.has_token(settings, request.store, request.headers):
        _require_operator(request)


def _require_operator(request: Request) -> None:
    """Raises unless the emulator's own token was sent; it is somebody's choice, so whoever guesses at it waits."""
    sign_ins, address, now = request.sign_ins, request.address, request.timer.seconds()
    if wait := sign_ins.wait(CONTROLS, address, now):
        raise TooManyFailures(f"Too many tokens were wrong; try again in {wait} s.", retry_after=wait)
    if gateway.is_operator(request.settings, request.headers):
        sign_ins.succeeded(CONTROLS, address)
        return
    sign_ins.failed(CONTROLS, address, now)
    with request.store.write() as conn:
        accounts.note_refused(conn, CONTROLS, address, emulator_clock.wall_ms())
    raise gateway.not_a_token()


def _own_origins(settings: Settings) -> set[str]:
    public = urlsplit(settings.base_url)
    names = (f"[{host}]" if ":" in host else host for host in LOOPBACK)
    return {f"{public.scheme}://{public.netloc}".lower(), *(f"http://{name}:{settings.port}" for name in names)}


def _time(request: Request) -> Reply:
    now = request.clock.now()
    return Reply({"now": f"{utc(now):%Y-%m-%dT%H:%M:%S}Z", "epochMs": now})


def _target(body: dict[str, Any], before: int) -> int:
    unknown = set(body) - {"advance", "now", "wait"}
    if not isinstance(body.get("wait", False), bool):
        raise Invalid("wait must be true or false; true waits until all is done.", field="wait")
    if unknown or ("advance" in body) == ("now" in body):
        raise Invalid('Send {"advance": "<ISO 8601 duration>"} or {"now": "<instant>"}, and optionally "wait": true.')
    if "now" in body:
        return _instant(body["now"])
    try:
        step = msgspec.convert(body["advance"], timedelta)
    except (msgspec.ValidationError, OverflowError) as error:
        raise Invalid(f"The clock cannot be moved: {error}. Durations look like P1D or PT1H.") from error
    if step < timedelta(0):
        raise Invalid("advance must not be negative; the clock moves back only through now.", field="advance")
    return _within(before + round(step.total_seconds() * 1000))


def _instant(value: object) -> int:
    try:
        moment = msgspec.convert(value, datetime, strict=False)
        if moment.tzinfo is None:
            raise Invalid("now must name its zone, as in 2022-08-10T05:00:00Z.", field="now")
        return _within(epoch_ms(moment))
    except (msgspec.ValidationError, OverflowError) as error:
        raise Invalid(f"The clock cannot be moved: {error}. Instants look like 2022-08-10T05:00:00Z.") from error


def _within(moment: int) -> int:
    if moment > LATEST_MS:
        raise Invalid("The clock cannot be moved beyond the year 9000, where dates end.", field="advance")
    return moment


def _extent(body: dict[str, Any]) -> tuple[Extent, int | None]:
    """What to forget, and where the clock goes when that is everything."""
    named = [name for name in ("org", "sandbox") if name in body]
    texts = all(isinstance(body[name], str) and body[name] for name in named)
    if set(body) - {"org", "sandbox", "now"} or named == ["sandbox"] or not texts:
        raise Invalid('Send {"org": "<org>"} or {"org": "<org>", "sandbox": "<name>"}, or nothing to reset everything.')
    if named and "now" in body:
        raise Invalid("All orgs share one clock, so only a reset of everything may move it to now.", field="now")
    return Extent(body.get("org"), body.get("sandbox")), _instant(body["now"]) if "now" in body else None
