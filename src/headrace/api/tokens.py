"""The IMS-compatible token endpoints: client credentials in, a bearer token for 24 hours out."""

from urllib.parse import parse_qsl

from headrace.api.operation import CREATE, OK, Answer
from headrace.api.problems import GATEWAY
from headrace.api.request import Reply, Request
from headrace.api.routing import Routes
from headrace.store import accounts
from headrace.store.emulator_clock import wall_ms

LIFE_SECONDS = 86_399
GRANTS = ("client_credentials",)

ims = Routes("/ims", GATEWAY)

# A refusal has the form of OAuth, not of a service.
REFUSED = (Answer(400), Answer(401))


@ims.post("/token/v3", verb=CREATE, kind="tokens", answers=OK + REFUSED, open=True)
@ims.post("/token/v2", verb=CREATE, kind="tokens", answers=OK + REFUSED, open=True)
def issue(request: Request) -> Reply:
    """Issues a token. Fields come in a form body, in the query string, or some in each."""
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"))) | dict(request.query.pairs)
    grant_type = fields.get("grant_type", "")
    if grant_type not in GRANTS:
        return _refused("unsupported_grant_type", f"grant_type must be client_credentials, not '{grant_type}'.")
    if any("\0" in value for value in fields.values()):
        return _refused("invalid_request", "A parameter holds a NUL character (%00); remove it.")
    missing = [name for name in ("client_id", "client_secret") if not fields.get(name)]
    if missing:
        return _refused("invalid_request", f"Parameter {missing[0]} is missing.")
    return _grant(request, fields["client_id"], fields["client_secret"])


def _grant(request: Request, client_id: str, secret: str) -> Reply:
    with request.store.read() as conn:  # hashing takes a while, and whoever guesses must not hold the write lock
        grant = accounts.authenticate(conn, client_id, secret)
    if grant is None and request.settings.emulator:
        grant = accounts.Grant(client_id, "", client_id)
    if grant is None:
        return _refused("invalid_client", f"client_id {client_id} is unknown or its client_secret is wrong.", 401)
    with request.store.write() as conn:
        accounts.forget_expired(conn, wall_ms())
        token = accounts.issue_token(conn, grant, wall_ms() + LIFE_SECONDS * 1000)
    return Reply({"access_token": token, "token_type": "bearer", "expires_in": LIFE_SECONDS})


def _refused(error: str, description: str, status: int = 400) -> Reply:
    return Reply({"error": error, "error_description": description}, status=status)
