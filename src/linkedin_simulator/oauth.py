"""The OAuth endpoints: refresh of an access token, introspection."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from linkedin_simulator.exchange import Answer, Request
from linkedin_simulator.tokens import Token, TokenBook
from linkedin_simulator.worlds.model import World

EXCHANGE = "/oauth/v2/accessToken"
INTROSPECT = "/oauth/v2/introspectToken"
FORM = "application/x-www-form-urlencoded"


class OauthRefusal(Exception):
    """A refusal in OAuth's own shape."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.answer = Answer(status, {"error": error, "error_description": description})


def answer(request: Request, world: World, tokens: TokenBook, now: datetime) -> Answer | None:
    """The answer of an OAuth endpoint, or None when the path is none."""
    handlers = {EXCHANGE: _access_token, INTROSPECT: _introspect}
    handler = handlers.get(request.path)
    if handler is None:
        return None
    try:
        if request.method != "POST":
            raise OauthRefusal(405, "invalid_request", f"{request.path} takes POST")
        form = _form(request)
        return Answer(200, handler(form, world, tokens, now))
    except OauthRefusal as refusal:
        return refusal.answer


def _access_token(form: dict[str, str], world: World, tokens: TokenBook, now: datetime) -> dict[str, object]:
    grant = _required(form, "grant_type")
    if grant == "authorization_code":
        text = "Unable to retrieve access token: authorization code not found"
        raise OauthRefusal(401, "invalid_request", text)
    if grant != "refresh_token":
        raise OauthRefusal(400, "invalid_request", f"The grant type {grant!r} is not supported")
    refresh_token = _required(form, "refresh_token")
    _check_client(form, world, 401)
    token = tokens.refresh(refresh_token, now)
    if token is None:
        text = "The provided authorization grant or refresh token is invalid, expired or revoked"
        raise OauthRefusal(400, "invalid_request", text)
    return {
        "access_token": token.token,
        "expires_in": _seconds(token.expires - now),
        "refresh_token": token.refresh_token,
        "refresh_token_expires_in": _seconds(token.consent_ends - now),
        "scope": ",".join(token.scopes),
    }


def _introspect(form: dict[str, str], world: World, tokens: TokenBook, now: datetime) -> dict[str, object]:
    text = _required(form, "token")
    _check_client(form, world, 400)
    token = tokens.find(text)
    return {"active": False} if token is None else _described(token, world, now)


def _described(token: Token, world: World, now: datetime) -> dict[str, object]:
    status = token.status(now)
    return {
        "active": status == "active",
        "status": status,
        "client_id": world.client_id,
        "created_at": int(token.issued.timestamp()),
        "authorized_at": int(token.consented.timestamp()),
        "expires_at": int(token.expires.timestamp()),
        "scope": ",".join(token.scopes),
        "auth_type": "3L",
    }


def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OauthRefusal(400, "invalid_request", f"The content type must be {FORM}")
    return dict(parse_qsl(request.body.decode("latin-1"), keep_blank_values=True))


def _required(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise OauthRefusal(400, "invalid_request", f'A required parameter "{name}" is missing')
    return form[name]


def _check_client(form: dict[str, str], world: World, unknown_id_status: int) -> None:
    if _required(form, "client_id") != world.client_id:
        raise OauthRefusal(unknown_id_status, "invalid_client", "Client authentication failed")
    if _required(form, "client_secret") != world.client_secret:
        raise OauthRefusal(401, "invalid_client", "Client authentication failed")


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
