"""Secret values: sealed rows beside the documents, with versions of their own so that a refresh changes no etag."""

from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.errors import NotFound
from headrace.store import portable
from headrace.store.keyring import Keyring, key_of
from headrace.store.metadata import Millis, metadata
from headrace.store.scope import Caller

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("org", sa.Text, primary_key=True),
    sa.Column("sandbox", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("blob", sa.LargeBinary, nullable=False),
    sa.Column("updated_at", Millis, nullable=False),
)


def put(conn: sa.Connection, keyring: Keyring, caller: Caller, owner: str, values: dict[str, Any], at: int) -> None:
    """Seals ``values`` for ``owner`` (such as ``connections/<id>``), replacing what it held."""
    blob = keyring.seal(msgspec.json.encode(values), _row_name(caller, owner))
    row = {"org": caller.org, "sandbox": caller.sandbox, "owner": owner, "version": 0, "blob": blob, "updated_at": at}
    conn.execute(_put(conn.dialect.name), row)


@cache
def _put(dialect: str) -> sa.Insert:
    return portable.put(dialect, secrets, {"version": secrets.c.version + 1})


def get(conn: sa.Connection, keyring: Keyring, caller: Caller, owner: str) -> dict[str, Any]:
    """The values that ``owner`` holds, opened; NotFound when it holds none."""
    blob = conn.execute(sa.select(secrets.c.blob).where(_key(caller, owner))).scalar_one_or_none()
    if blob is None:
        raise NotFound(f"No credentials are stored for {owner}.", kind="secrets", id=owner)
    values: dict[str, Any] = msgspec.json.decode(keyring.open(blob, _row_name(caller, owner)))
    return values


def owners(conn: sa.Connection) -> list[tuple[Caller, str]]:
    """Everybody who holds something, with the caller that reads it."""
    rows = conn.execute(sa.select(secrets.c.org, secrets.c.sandbox, secrets.c.owner)).all()
    return [(Caller(org, sandbox, "", "", ""), owner) for org, sandbox, owner in rows]


def reseal(conn: sa.Connection, keyring: Keyring, caller: Caller, owner: str) -> bool:
    """Seals what ``owner`` holds with the current key; whether it was sealed with another one."""
    statement = sa.select(secrets.c.blob).where(_key(caller, owner)).with_for_update()
    blob = conn.execute(statement).scalar_one_or_none()
    if blob is None or key_of(blob) == keyring.current:
        return False
    row = _row_name(caller, owner)
    conn.execute(secrets.update().where(_key(caller, owner)).values(blob=keyring.seal(keyring.open(blob, row), row)))
    return True


def keys_in_use(conn: sa.Connection) -> set[str]:
    """The ids of the keys that something is sealed with."""
    return {key_of(blob) for blob in conn.execute(sa.select(secrets.c.blob)).scalars()}


def delete(conn: sa.Connection, caller: Caller, owner: str) -> None:
    """Forgets what ``owner`` holds."""
    conn.execute(secrets.delete().where(_key(caller, owner)))


def _key(caller: Caller, owner: str) -> sa.ColumnElement[bool]:
    return sa.and_(secrets.c.org == caller.org, secrets.c.sandbox == caller.sandbox, secrets.c.owner == owner)


def _row_name(caller: Caller, owner: str) -> str:
    return f"{caller.org}/{caller.sandbox}/{owner}"
