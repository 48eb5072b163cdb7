"""The IMS-compatible token endpoints: client credentials in, a bearer token for 24 hours out."""

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl

import sqlalchemy as sa

from headrace.api.operation import CREATE, OK, SIGN_IN, Answer
from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.store import accounts
from headrace.store.emulator_clock import wall_ms

LIFE_SECONDS = 86_399
GRANTS = ("client_credentials",)
LONGEST_CLIENT_ID = 256
MOST_SHOWN = 100

ims = Routes("/ims", GATEWAY)

# A refusal has the form of OAuth, not of a service.
REFUSED = (Answer(400), Answer(401), Answer(429))


@ims.post("/token/v3", verb=CREATE, kind="tokens", answers=OK + REFUSED, open=True, room=SIGN_IN)
@ims.post("/token/v2", verb=CREATE, kind="tokens", answers=OK + REFUSED, open=True, room=SIGN_IN)
def issue(request: Request) -> Reply:
    """Issues a token. Fields come in a form body, in the query string, or some in each."""
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"))) | dict(request.query.pairs)
    grant_type = fields.get("grant_type", "")
    if grant_type not in GRANTS:
        return _refused(
            "unsupported_grant_type", f"grant_type must be client_credentials, not '{grant_type[:MOST_SHOWN]}'."
        )
    if any("\0" in value for value in fields.values()):
        return _refused("invalid_request", "A parameter holds a NUL character (%00); remove it.")
    missing = [name for name in ("client_id", "client_secret") if not fields.get(name)]
    if missing:
        return _refused("invalid_request", f"Parameter {missing[0]} is missing.")
    if len(fields["client_id"]) > LONGEST_CLIENT_ID:
        return _refused("invalid_request", f"client_id is longer than {LONGEST_CLIENT_ID} characters.")
    if request.settings.emulator and not request.settings.emulator_token:
        with request.store.write() as conn:
            return _token(conn, _stranger(fields["client_id"]))
    return _grant(request, fields["client_id"], fields["client_secret"])


def _grant(request: Request, client_id: str, secret: str) -> Reply:
    sign_ins, address = request.sign_ins, request.address
    if wait := sign_ins.wait(client_id, address, request.timer.seconds()):
        refused = f"Too many sign-ins have failed; try again in {wait} second{'s' if wait > 1 else ''}."
        return _refused("temporarily_unavailable", refused, 429, {"retry-after": str(wait)})
    granted = _granted(request, client_id, secret)
    if granted is not None:
        sign_ins.succeeded(client_id, address)
        return granted
    sign_ins.failed(client_id, address, request.timer.seconds())
    with request.store.write() as conn:
        accounts.note_refused(conn, client_id, address, wall_ms())
    return _refused("invalid_client", f"client_id {client_id} is unknown or its client_secret is wrong.", 401)


def _granted(request: Request, client_id: str, secret: str) -> Reply | None:
    """A token; None when the secret is wrong, or no longer the account's by now."""
    settings, store = request.settings, request.store
    if settings.emulator:
        if not hmac.compare_digest(secret.encode(), settings.emulator_token.encode()):
            return None
        with store.write() as conn:
            return _token(conn, _stranger(client_id), settings.emulator_token)
    with store.read() as conn:  # hashing takes a while: whoever guesses does not hold the write lock
        proof = accounts.authenticate(conn, client_id, secret)
    if proof is None:
        return None
    with store.write() as conn:
        return _token(conn, proof.grant) if accounts.still_holds(conn, proof) else None


def _stranger(client_id: str) -> accounts.Grant:
    """Whom an emulator's token stands for: there any client id is somebody, of every org."""
    return accounts.Grant(client_id, "", client_id)


def _token(conn: sa.Connection, grant: accounts.Grant, under: str = "") -> Reply:
    accounts.forget_expired(conn, wall_ms())
    token = accounts.issue_token(conn, grant, wall_ms() + LIFE_SECONDS * 1000, under)
    return Reply({"access_token": token, "token_type": "bearer", "expires_in": LIFE_SECONDS})


def _refused(
    error: str, description: str, status: int = 400, headers: Mapping[str, str] = MappingProxyType({})
) -> Reply:
    return Reply({"error": error, "error_description": description}, status=status, headers=headers)
