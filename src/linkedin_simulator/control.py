"""The control plane below ``/_control``: what a test asks of the simulator, without a token."""

from collections.abc import Callable
from datetime import date

import msgspec

from linkedin_simulator.clock import epoch_ms, iso
from linkedin_simulator.exchange import Answer, Request
from linkedin_simulator.faults import Fault
from linkedin_simulator.simulator import Simulator
from linkedin_simulator.tokens import Token
from linkedin_simulator.worlds.model import Account

PREFIX = "/_control/"


class ClockChange(msgspec.Struct, forbid_unknown_fields=True):
    """How the clock moves: by a duration, or to an instant."""

    advance: str | None = None
    now: str | None = None


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """Several faults at once."""

    faults: list[Fault]


class Revocation(msgspec.Struct, forbid_unknown_fields=True):
    """The access token that its member takes back."""

    revoke: str


def answer(simulator: Simulator, request: Request) -> Answer:
    """The answer of a control endpoint; 400 with a message when the body is wrong."""
    name = request.path.removeprefix(PREFIX)
    methods = {method for known, method in _ENDPOINTS if known == name}
    handler = _ENDPOINTS.get((name, request.method))
    if handler is None:
        known = ", ".join(sorted({f"{PREFIX}{name}" for name, _ in _ENDPOINTS}))
        text = f"{request.path} takes {', '.join(sorted(methods))}." if methods else f"The control plane has {known}."
        return Answer(405 if methods else 404, {"message": text})
    try:
        return Answer(200, handler(simulator, request.body))
    except (msgspec.DecodeError, ValueError) as error:
        return Answer(400, {"message": str(error)})


def _world(simulator: Simulator, body: bytes) -> object:
    world, now = simulator.world, simulator.clock.now()
    return {
        "world": world.name,
        "seed": world.seed,
        "now": iso(now),
        "client": {"id": world.client_id, "secret": world.client_secret},
        "tokens": [_token(simulator, token) for token in simulator.tokens.all()],
        "accounts": [_account(account, now.date()) for account in world.accounts],
    }


def _token(simulator: Simulator, token: Token) -> dict[str, object]:
    return {
        "token": token.token,
        "refreshToken": token.refresh_token,
        "purpose": token.purpose,
        "status": token.status(simulator.clock.now()),
        "scopes": token.scopes,
        "accounts": token.accounts,
        "issued": iso(token.issued),
        "expires": iso(token.expires),
        "consentEnds": iso(token.consent_ends),
    }


def _account(account: Account, day: date) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "currency": account.currency,
        "status": account.status.on(day),
        "campaignGroups": [
            {
                "id": group.id,
                "status": group.status.on(day),
                "campaigns": [
                    {
                        "id": campaign.id,
                        "status": campaign.status.on(day),
                        "creatives": [creative.id for creative in campaign.creatives],
                    }
                    for campaign in group.campaigns
                ],
            }
            for group in account.groups
        ],
    }


def _clock(simulator: Simulator, body: bytes) -> object:
    now = simulator.clock.now()
    return {"now": iso(now), "epochMs": epoch_ms(now)}


def _move_clock(simulator: Simulator, body: bytes) -> object:
    change = msgspec.json.decode(body, type=ClockChange)
    if (change.advance is None) == (change.now is None):
        raise ValueError('send either {"advance": "PT1H"} or {"now": "2022-08-10T05:00:00Z"}')
    if change.advance is not None:
        simulator.clock.advance(change.advance)
    if change.now is not None:
        simulator.clock.set(change.now)
    return _clock(simulator, body)


def _faults(simulator: Simulator, body: bytes) -> object:
    return {"faults": simulator.faults.pending()}


def _add_faults(simulator: Simulator, body: bytes) -> object:
    """One fault, a list of them, or an object with ``faults``."""
    start = body.lstrip()[:1]
    if start == b"[":
        simulator.faults.add(*msgspec.json.decode(body, type=list[Fault]))
    elif start == b"{" and b'"faults"' in body:
        simulator.faults.add(*msgspec.json.decode(body, type=Faults).faults)
    else:
        simulator.faults.add(msgspec.json.decode(body, type=Fault))
    return _faults(simulator, body)


def _clear_faults(simulator: Simulator, body: bytes) -> object:
    simulator.faults.clear()
    return _faults(simulator, body)


def _requests(simulator: Simulator, body: bytes) -> object:
    return {"requests": simulator.journal.entries()}


def _clear_requests(simulator: Simulator, body: bytes) -> object:
    simulator.journal.clear()
    return _requests(simulator, body)


def _revoke(simulator: Simulator, body: bytes) -> object:
    if not simulator.tokens.revoke(msgspec.json.decode(body, type=Revocation).revoke):
        raise ValueError("there is no such access token; GET /_control/world lists them")
    return {"tokens": [_token(simulator, token) for token in simulator.tokens.all()]}


_ENDPOINTS: dict[tuple[str, str], Callable[[Simulator, bytes], object]] = {
    ("world", "GET"): _world,
    ("clock", "GET"): _clock,
    ("clock", "POST"): _move_clock,
    ("faults", "GET"): _faults,
    ("faults", "POST"): _add_faults,
    ("faults", "DELETE"): _clear_faults,
    ("requests", "GET"): _requests,
    ("requests", "DELETE"): _clear_requests,
    ("tokens", "POST"): _revoke,
}
