"""The secure first start: an org, a technical account whose secret is shown once, and the sandbox ``prod``."""

import secrets
from typing import TYPE_CHECKING, Protocol

from headrace import sandboxes
from headrace.store import accounts, locks

if TYPE_CHECKING:
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
    with deployment.store.write() as conn:
        locks.hold(conn, "first account")  # several servers may start at once on one database
        if accounts.any_exists(conn):
            return None
        org = f"{secrets.token_hex(ORG_DIGITS).upper()}@AdobeOrg"
        now = deployment.clock.now()
        sandboxes.create_on_first_use(conn, org, sandboxes.DEFAULT, now, deployment.settings.tenant_id)
        client_id, secret = accounts.create(conn, org, now)
    return _shown_once(org, client_id, secret, deployment.settings.base_url)


def _shown_once(org: str, client_id: str, secret: str, base_url: str) -> str:
    return "\n".join(
        (
            "First start: this account was created. The secret is shown once; keep it.",
            f"  org            {org}",
            f"  client id      {client_id}",
            f"  client secret  {secret}",
            f"  tokens from    POST {base_url}/ims/token/v3",
        )
    )
