"""Access and refresh tokens on the virtual clock: issue, refresh, expiry, revocation."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from linkedin_simulator import errors
from linkedin_simulator.worlds.model import Access

ACCESS_LIFE = timedelta(60)
CONSENT_LIFE = timedelta(365)


@dataclass(frozen=True, slots=True)
class Token:
    """One access token. ``consented`` starts the 365 days that no refresh extends."""

    token: str
    refresh_token: str
    purpose: str
    scopes: tuple[str, ...]
    accounts: tuple[int, ...]
    issued: datetime
    consented: datetime
    revoked: bool = False

    @property
    def expires(self) -> datetime:
        """60 days after its issue, never later than the consent."""
        return min(self.issued + ACCESS_LIFE, self.consent_ends)

    @property
    def consent_ends(self) -> datetime:
        """When the member must consent again."""
        return self.consented + CONSENT_LIFE

    def status(self, now: datetime) -> str:
        """``active``, ``expired`` or ``revoked``."""
        if self.revoked:
            return "revoked"
        return "active" if now < self.expires else "expired"


class TokenBook:
    """All tokens ever issued."""

    def __init__(self, accesses: Iterable[Access], seed: int) -> None:
        self._seed = seed
        self._tokens = {access.token: _first(access) for access in accesses}

    def all(self) -> list[Token]:
        """Every token, the oldest entry first."""
        return list(self._tokens.values())

    def find(self, token: str) -> Token | None:
        """The token with this text."""
        return self._tokens.get(token)

    def admit(self, authorization: str | None, now: datetime) -> Token:
        """The token of an ``Authorization`` header, or the Refusal it deserves."""
        scheme, _, text = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise errors.empty_token()
        token = self.find(text.strip())
        if token is None:
            raise errors.invalid_token()
        if token.revoked:
            raise errors.revoked_token()
        if now >= token.expires:
            raise errors.expired_token()
        return token

    def refresh(self, refresh_token: str, now: datetime) -> Token | None:
        """A new access token of the same consent; None when that is unknown, revoked or over."""
        family = [token for token in self._tokens.values() if token.refresh_token == refresh_token]
        if not family or family[0].revoked or now >= family[0].consent_ends:
            return None
        text = _text(f"{self._seed}/{refresh_token}/{len(family)}")
        fresh = replace(family[0], token=text, purpose=f"{family[0].purpose} (refreshed)", issued=now)
        self._tokens[text] = fresh
        return fresh

    def revoke(self, token: str) -> bool:
        """The member takes a token back; with the first of a consent its refresh token goes too."""
        found = self._tokens.get(token)
        if found is not None:
            self._tokens[token] = replace(found, revoked=True)
        return found is not None


def _first(access: Access) -> Token:
    return Token(
        access.token,
        access.refresh_token,
        access.purpose,
        access.scopes,
        access.accounts,
        access.issued,
        access.issued,
        access.revoked,
    )


def _text(source: str) -> str:
    return f"AQ{hashlib.sha512(source.encode()).hexdigest()}"[:60]
