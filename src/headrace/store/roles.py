"""Which role an account has, in one sandbox or in the whole of its org."""

import sqlalchemy as sa

from headrace.errors import Invalid
from headrace.store import accounts, events
from headrace.store.metadata import metadata
from headrace.store.scope import ADMIN, NONE, ROLES, Caller, Roles

roles = sa.Table(
    "account_roles",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("sandbox", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
)
EVERYWHERE = ""


# Put together once, as each request asks it.
_OF_CLIENT = sa.select(roles).where(roles.c.client_id == sa.bindparam("client"))


def of(conn: sa.Connection, client_id: str) -> Roles:
    """What an account is, in its org and in each sandbox."""
    by_sandbox: dict[str, str] = {row.sandbox: row.role for row in conn.execute(_OF_CLIENT, {"client": client_id})}
    return Roles(by_sandbox.pop(EVERYWHERE, NONE), by_sandbox)


def listed(conn: sa.Connection) -> dict[str, dict[str, str]]:
    """By client id: the roles by sandbox; that of the whole org by an empty name."""
    by_client: dict[str, dict[str, str]] = {}
    for row in conn.execute(sa.select(roles).order_by(roles.c.client_id, roles.c.sandbox)):
        by_client.setdefault(row.client_id, {})[row.sandbox] = row.role
    return by_client


def give(conn: sa.Connection, client_id: str, role: str, at: int, sandbox: str = EVERYWHERE) -> None:
    """Gives an account a role, in place of the one that it had there; Invalid for a word that is none, NotFound."""
    if role not in ROLES:
        raise Invalid(f"{role} is no role; give {', '.join(ROLES)}.", field="role")
    org = accounts.get(conn, client_id).org
    which = (roles.c.client_id == client_id) & (roles.c.sandbox == sandbox)
    if conn.execute(roles.update().where(which).values(role=role)).rowcount == 0:
        conn.execute(roles.insert().values(client_id=client_id, sandbox=sandbox, role=role))
    events.append(
        conn, Caller(org, sandbox, "", "", accounts.OPERATOR), accounts.KIND, client_id, f"made {role}", None, at
    )


def forget(conn: sa.Connection, client_id: str) -> None:
    """What goes with an account."""
    conn.execute(roles.delete().where(roles.c.client_id == client_id))


def give_first(conn: sa.Connection, client_id: str, at: int) -> None:
    """What a new account is unless somebody says otherwise."""
    give(conn, client_id, ADMIN, at)
