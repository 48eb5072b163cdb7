"""Technical accounts (client id and secret) and the tokens they were given."""

import hashlib
import hmac
import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from headrace.errors import Conflict, NotFound
from headrace.store import events, locks
from headrace.store.metadata import Millis, metadata
from headrace.store.scope import Caller

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("org", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("created_at", Millis, nullable=False),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("org", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("expires_at", Millis, nullable=False),
)


KIND = "accounts"
OPERATOR = "operator@headrace"
NO_SALT = bytes(16)
MOST_NAMED = 100  # characters of a client id that nobody has


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a token stands for."""

    client_id: str
    org: str
    user: str


@dataclass(frozen=True, slots=True)
class Account:
    """One technical account, without its secret, which nobody keeps."""

    client_id: str
    org: str
    user: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret, and what is stored of it."""

    text: str = field(repr=False)
    stored: Mapping[str, bytes] = field(repr=False)


def new_secret() -> Secret:
    """A secret for ``create`` or ``rotate``. It takes a while, and 16 MB: not within the transaction that stores it."""
    text, salt = f"p8e-{randomness.token_urlsafe(24)}", randomness.token_bytes(16)
    return Secret(text, {"secret_hash": _hash(text, salt), "salt": salt})


def create(conn: sa.Connection, org: str, secret: Secret, at: int) -> str:
    """The client id of a new technical account of ``org``."""
    client_id = randomness.token_hex(16)
    user = f"{randomness.token_hex(12).upper()}@techacct.adobe.com"
    row = {"client_id": client_id, "org": org, "user": user, "created_at": at}
    conn.execute(accounts.insert().values(**row, **secret.stored))
    _note(conn, org, client_id, "created", at)
    return client_id


def rotate(conn: sa.Connection, client_id: str, secret: Secret, at: int) -> Account:
    """Gives an account another secret; the old one and every token that was issued open nothing from now on."""
    account = get(conn, client_id)
    conn.execute(accounts.update().where(accounts.c.client_id == client_id).values(**secret.stored))
    _revoke(conn, client_id)
    _note(conn, account.org, client_id, "rotated", at)
    return account


def remove(conn: sa.Connection, client_id: str, at: int) -> Account:
    """Removes an account and its tokens; Conflict for the last one, without which nobody could come in."""
    locks.hold(conn, "the last account")  # each of two would see the other one's
    account = get(conn, client_id)
    if len(listed(conn)) == 1:
        raise Conflict(f"{client_id} is the last account; add another one first.", kind=KIND, id=client_id)
    conn.execute(accounts.delete().where(accounts.c.client_id == client_id))
    _revoke(conn, client_id)
    _note(conn, account.org, client_id, "deleted", at)
    return account


def listed(conn: sa.Connection) -> list[Account]:
    """Every account, by org, the oldest first."""
    columns = [accounts.c[name] for name in Account.__dataclass_fields__]
    order = (accounts.c.org, accounts.c.created_at, accounts.c.client_id)
    return [Account(*row) for row in conn.execute(sa.select(*columns).order_by(*order))]


def any_exists(conn: sa.Connection) -> bool:
    """Whether at least one technical account was ever made."""
    return conn.execute(sa.select(accounts.c.client_id).limit(1)).one_or_none() is not None


# Put together once, as each request asks them.
_BY_CLIENT = sa.select(accounts.c.client_id).where(accounts.c.client_id == sa.bindparam("client"))
_BY_TOKEN = sa.select(tokens).where(tokens.c.token_hash == sa.bindparam("digest"))


def client_known(conn: sa.Connection, client_id: str) -> bool:
    """Whether ``client_id`` (the x-api-key) belongs to an account."""
    return conn.execute(_BY_CLIENT, {"client": client_id}).one_or_none() is not None


@dataclass(frozen=True, slots=True)
class Proof:
    """That a secret was the account's: whom it stands for, and the hash that it was held to."""

    grant: Grant
    secret_hash: bytes


def authenticate(conn: sa.Connection, client_id: str, secret: str) -> Proof | None:
    """Whom this client id and secret stand for, or None. It takes a while, and 16 MB."""
    row = conn.execute(sa.select(accounts).where(accounts.c.client_id == client_id)).one_or_none()
    # An unknown client takes as long as a wrong secret: the time tells nobody which ids exist.
    salt, expected = (row.salt, row.secret_hash) if row is not None else (NO_SALT, b"")
    if not hmac.compare_digest(expected, _hash(secret, salt)) or row is None:
        return None
    return Proof(Grant(row.client_id, row.org, row.user), row.secret_hash)


def still_holds(conn: sa.Connection, proof: Proof) -> bool:
    """Whether the account still has the secret that was proved: it may be rotated or removed meanwhile."""
    secret_hash = sa.select(accounts.c.secret_hash).where(accounts.c.client_id == proof.grant.client_id)
    return conn.execute(secret_hash.with_for_update()).scalar_one_or_none() == proof.secret_hash


def note_refused(conn: sa.Connection, client_id: str, address: str, at: int) -> None:
    """Records that a sign-in with this client id, known or not, failed."""
    org = conn.execute(sa.select(accounts.c.org).where(accounts.c.client_id == client_id)).scalar_one_or_none()
    nobody = Caller(org or "", "", "", "", address, address=address)
    shown = client_id.encode("unicode_escape").decode()  # a stranger's text, which ends up on an operator's terminal
    events.append_refused(conn, nobody, KIND, shown[:MOST_NAMED], at)


def issue_token(conn: sa.Connection, grant: Grant, expires_at: int, under: str = "") -> str:
    """A bearer token for ``grant`` until ``expires_at`` (wall ms); only its hash is stored.

    ``under``: the secret that all tokens of an emulator stand for; they end when another one is chosen.
    """
    token = f"eyJ{randomness.token_urlsafe(48)}"
    conn.execute(
        tokens.insert().values(
            token_hash=_digest(token, under),
            client_id=grant.client_id,
            org=grant.org,
            user=grant.user,
            expires_at=expires_at,
        )
    )
    return token


def grant_of(conn: sa.Connection, token: str, now: int, under: str = "") -> Grant | None:
    """Whom a live token stands for; None when it is unknown, expired (``now`` in wall ms) or of another secret."""
    row = conn.execute(_BY_TOKEN, {"digest": _digest(token, under)}).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    return Grant(row.client_id, row.org, row.user)


@dataclass(frozen=True, slots=True)
class HeldTokens:
    """How many valid tokens an account has, and until when the last one is."""

    org: str
    client_id: str
    count: int
    until: int


def held_tokens(conn: sa.Connection, now: int) -> list[HeldTokens]:
    """The valid tokens by account, by org (``now`` in wall ms)."""
    columns = (tokens.c.org, tokens.c.client_id, sa.func.count(), sa.func.max(tokens.c.expires_at))
    grouped = sa.select(*columns).where(tokens.c.expires_at > now).group_by(tokens.c.org, tokens.c.client_id)
    return [HeldTokens(*row) for row in conn.execute(grouped.order_by(tokens.c.org, tokens.c.client_id))]


def revoke(conn: sa.Connection, client_id: str, at: int) -> int:
    """Ends every token of an account, and says how many; its secret stays. NotFound."""
    account = get(conn, client_id)
    count = _revoke(conn, client_id)
    _note(conn, account.org, client_id, "revoked", at)
    return count


def forget_expired(conn: sa.Connection, now: int) -> None:
    """Removes the tokens that no longer open anything (``now`` in wall ms)."""
    conn.execute(tokens.delete().where(tokens.c.expires_at <= now))


def get(conn: sa.Connection, client_id: str) -> Account:
    """The account of this client id; NotFound."""
    found = next((one for one in listed(conn) if one.client_id == client_id), None)
    if found is None:
        raise NotFound(f"There is no account with the client id {client_id}.", kind=KIND, id=client_id)
    return found


def _revoke(conn: sa.Connection, client_id: str) -> int:
    return conn.execute(tokens.delete().where(tokens.c.client_id == client_id)).rowcount


def _note(conn: sa.Connection, org: str, client_id: str, action: str, at: int) -> None:
    events.append(conn, Caller(org, "", "", "", OPERATOR), KIND, client_id, action, None, at)


def _hash(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1)


def _digest(token: str, under: str) -> str:
    return hashlib.sha256(token.encode() + under.encode()).hexdigest()
