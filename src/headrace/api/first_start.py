"""The secure first start: an org, a technical account whose secret is shown once, and the sandbox ``prod``."""

import secrets
from typing import TYPE_CHECKING, Protocol

from headrace import sandboxes
from headrace.store import accounts, locks, roles

if TYPE_CHECKING:
    import sqlalchemy as sa

    from headrace.clock import Clock
    from headrace.settings import Settings
    from headrace.store.engine import Store

ORG_DIGITS = 12


class Opened(Protocol):
    """What a first start needs of a deployment, which need not be complete."""

    @property
    def settings(self) -> "Settings": ...
    @property
    def store(self) -> "Store": ...
    @property
    def clock(self) -> "Clock": ...


def first_account(deployment: Opened) -> str | None:
    """Creates the first org and account of an empty, non-emulator deployment; the text to show once, else None."""
    if deployment.settings.emulator:
        return None
    with deployment.store.read() as conn:
        if accounts.any_exists(conn):
            return None
    secret = accounts.new_secret()
    with deployment.store.write() as conn:
        locks.hold(conn, "first account")  # several servers may start at once on one database
        if accounts.any_exists(conn):
            return None
        now = deployment.clock.now()
        org = new_org_id(conn, now, deployment.settings.tenant_id)
        client_id = accounts.create(conn, org, secret, now)
        roles.give_first(conn, client_id, now)
    shown = shown_once("First start: this account was created.", org, client_id, secret.text)
    return f"{shown}\n  tokens from    POST {deployment.settings.base_url}/ims/token/v3"


def new_org_id(conn: "sa.Connection", now: int, tenant_id: str | None = None) -> str:
    """The id of a new org, which has the sandbox ``prod``."""
    org = f"{secrets.token_hex(ORG_DIGITS).upper()}@AdobeOrg"
    sandboxes.create_on_first_use(conn, org, sandboxes.DEFAULT, now, tenant_id)
    return org


def shown_once(said: str, org: str, client_id: str, secret: str) -> str:
    """What an operator must write down."""
    told = {"org": org, "client id": client_id, "client secret": secret}
    lines = (f"  {name:14} {value}" for name, value in told.items())
    return "\n".join((f"{said} The secret is shown once; keep it.", *lines))
