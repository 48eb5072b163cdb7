"""The sandboxes of every org, and the tenant id that each org got."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from headrace.store.metadata import Millis, metadata

sandboxes = sa.Table(
    "sandboxes",
    metadata,
    sa.Column("org", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("updated_at", Millis, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("updated_by", sa.Text, nullable=False),
    sa.UniqueConstraint("org", "id"),
)

tenants = sa.Table(
    "tenants",
    metadata,
    sa.Column("org", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One sandbox of an org; ``name`` never changes, times are epoch ms, ``version`` counts its changes from 0."""

    id: str
    name: str
    title: str
    type: str
    state: str
    is_default: bool
    region: str
    version: int
    created_at: int
    updated_at: int
    created_by: str
    updated_by: str


COLUMNS = [sandboxes.c[name] for name in Sandbox.__dataclass_fields__]
# Put together once, as each request asks it.
_BY_REFERENCE = sa.select(*COLUMNS).where(
    sandboxes.c.org == sa.bindparam("org"),
    (sandboxes.c.name == sa.bindparam("reference")) | (sandboxes.c.id == sa.bindparam("reference")),
)


def find(conn: sa.Connection, org: str, name_or_id: str, ids_first: bool = False) -> Sandbox | None:
    """The org's sandbox of this name or id, or None; a name goes before an id unless ``ids_first``."""
    rows = conn.execute(_BY_REFERENCE, {"org": org, "reference": name_or_id}).all()
    named = [Sandbox(*row) for row in rows]
    return min(named, key=lambda each: (each.id if ids_first else each.name) != name_or_id, default=None)


def listed(conn: sa.Connection, org: str) -> list[Sandbox]:
    """Every sandbox of an org, the default first, then by name."""
    order = (sandboxes.c.is_default.desc(), sandboxes.c.name)
    return [Sandbox(*row) for row in conn.execute(sa.select(*COLUMNS).where(sandboxes.c.org == org).order_by(*order))]


def orgs(conn: sa.Connection) -> list[str]:
    """Every org that has a sandbox, in order."""
    return list(conn.execute(sa.select(sandboxes.c.org).distinct().order_by(sandboxes.c.org)).scalars())


def add(conn: sa.Connection, org: str, sandbox: Sandbox) -> bool:
    """Stores a new sandbox; False, with nothing changed, when the org has one of that name."""
    try:
        with conn.begin_nested():
            conn.execute(sandboxes.insert().values(org=org, **asdict(sandbox)))
    except sa.exc.IntegrityError:
        return False
    return True


def retitle(conn: sa.Connection, org: str, sandbox: Sandbox, title: str, by: str, at: int) -> bool:
    """Changes the title of exactly the version that was read; False when another change came first."""
    which = (sandboxes.c.org == org) & (sandboxes.c.name == sandbox.name) & (sandboxes.c.version == sandbox.version)
    changes = {"title": title, "version": sandbox.version + 1, "updated_by": by, "updated_at": at}
    return conn.execute(sandboxes.update().where(which).values(changes)).rowcount == 1


def tenant(conn: sa.Connection, org: str) -> str | None:
    """The tenant id that an org got, or None."""
    return conn.execute(sa.select(tenants.c.tenant).where(tenants.c.org == org)).scalar_one_or_none()


def keep_tenant(conn: sa.Connection, org: str, value: str) -> None:
    """Stores the tenant id of an org unless it has one."""
    try:
        with conn.begin_nested():
            conn.execute(tenants.insert().values(org=org, tenant=value))
    except sa.exc.IntegrityError:
        return
