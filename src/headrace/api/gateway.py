"""The gateway in front of every service: token, key, org and sandbox headers become a Caller."""

import hmac
from collections.abc import Mapping

import sqlalchemy as sa

from headrace import sandboxes
from headrace.clock import Clock
from headrace.errors import (
    ApiKeyInvalid,
    ApiKeyMissing,
    OrgMissing,
    OrgRefused,
    TokenInvalid,
    TokenMissing,
)
from headrace.sandboxes import scopes
from headrace.settings import Settings
from headrace.store import accounts, roles
from headrace.store.emulator_clock import wall_ms
from headrace.store.engine import Store
from headrace.store.scope import Caller

EMULATOR_USER = "emulator@techacct.adobe.com"


def has_token(settings: Settings, store: Store, headers: Mapping[str, str]) -> bool:
    """Whether an emulator that has a token was sent one that it issued for it. Raises when it was sent none at all."""
    with store.read() as conn:
        return accounts.grant_of(conn, _bearer(headers), wall_ms(), settings.emulator_token) is not None


def is_operator(settings: Settings, headers: Mapping[str, str]) -> bool:
    """Whether an emulator was sent its own token."""
    return hmac.compare_digest(_bearer(headers).encode(), settings.emulator_token.encode())


def not_a_token() -> TokenInvalid:
    """What an emulator that has a token says to any other one."""
    return TokenInvalid(
        "This emulator was started with a token; the one that was sent was not issued for it.",
        literal="Oauth token is not valid",
        hint="Fetch one from POST /ims/token/v3 with the emulator's token as client_secret.",
    )


def admit(settings: Settings, store: Store, clock: Clock, headers: Mapping[str, str]) -> Caller:
    """Who calls, in which sandbox. Raises the gateway's errors in Platform's order: token, key, org, sandbox."""
    token = _bearer(headers)
    client = headers.get("x-api-key", "").strip()
    if not client:
        raise ApiKeyMissing(literal="Api Key is required", hint="Send the client id in x-api-key.")
    org = claimed_org(headers)
    if not org:
        raise OrgMissing("Header x-gw-ims-org-id is missing.", literal="Missing header", hint="Send your IMS org id.")
    if settings.emulator_token and not has_token(settings, store, headers):
        raise not_a_token()
    name = headers.get("x-sandbox-name", "").strip()
    id = "" if name else headers.get("x-sandbox-id", "").strip()
    reference, by_id = name or id or sandboxes.DEFAULT, bool(id)
    if settings.emulator:
        sandbox = _on_first_use(settings, store, clock, org, reference, by_id)
        return Caller(org, sandbox.name, sandbox.id, client, EMULATOR_USER)
    with store.read() as conn:
        user = _known_user(conn, token, client, org)
        sandbox = _sandbox(conn, org, reference, by_id)
        return Caller(org, sandbox.name, sandbox.id, client, user, roles.of(conn, client))


def claimed_org(headers: Mapping[str, str]) -> str:
    """The org that a request names; whether it may is another question."""
    return headers.get("x-gw-ims-org-id", "").strip()


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if not scheme:
        raise TokenMissing(literal="Oauth token is missing.", hint="Send Authorization: Bearer {ACCESS_TOKEN}.")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenInvalid(
            "The Authorization header does not hold a bearer token.",
            literal="Oauth token is not valid",
            hint="Use Bearer {TOKEN}.",
        )
    return token.strip()


def _known_user(conn: sa.Connection, token: str, client: str, org: str) -> str:
    grant = accounts.grant_of(conn, token, wall_ms())
    known = accounts.client_known(conn, client)
    if grant is None:
        raise TokenInvalid(
            "The token is unknown here or expired.",
            literal="Oauth token is not valid",
            hint="Fetch a new one from POST /ims/token/v3.",
        )
    if not known:
        raise ApiKeyInvalid(
            f"x-api-key {client} is not a client id known here.",
            literal="Api Key is invalid",
            hint="Send the client id.",
        )
    if grant.client_id != client or grant.org != org:
        wrong = "x-api-key" if grant.client_id != client else "x-gw-ims-org-id"
        raise OrgRefused(
            f"The token was not issued for this {wrong}.",
            literal="Profile is not valid",
            hint=f"Check {wrong}.",
        )
    return grant.user


def _sandbox(conn: sa.Connection, org: str, reference: str, by_id: bool) -> sandboxes.Sandbox:
    sandbox = sandboxes.find(conn, org, reference, by_id)
    if sandbox is None:
        raise scopes.unknown(org, reference)
    return sandbox


def _on_first_use(
    settings: Settings, store: Store, clock: Clock, org: str, reference: str, by_id: bool
) -> sandboxes.Sandbox:
    with store.read() as conn:
        sandbox = sandboxes.find(conn, org, reference, by_id)
    if sandbox is not None:
        return sandbox
    with store.write() as conn:
        return sandboxes.create_on_first_use(conn, org, reference, clock.now(), settings.tenant_id)
