"""Which sandboxes an org has, how one comes to be, and the org's tenant id."""

import hashlib
import re
from dataclasses import replace

import sqlalchemy as sa

from headrace.errors import Broken, Conflict, Invalid, NotFound, RevisionStale
from headrace.ids import new_uuid
from headrace.store import events
from headrace.store import sandboxes as rows
from headrace.store.sandboxes import Sandbox, find, listed
from headrace.store.scope import READ, Caller

__all__ = ["DEFAULT", "TYPES", "create", "create_on_first_use", "find", "get", "listed", "retitle", "tenant_of",
           "unknown", "usable"]  # fmt: skip

DEFAULT = "prod"
PATH = "/data/foundation/sandbox-management/sandboxes"
REGION = "VA7"
SYSTEM = "system"
KIND = "sandboxes"
TYPES = {"production": "Production", "development": "Development"}
TENANT_DIGITS = 10
# Both end up in the names of tables and directories.
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ORG = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,127}")


def create_on_first_use(conn: sa.Connection, org: str, name: str, now: int, tenant: str | None = None) -> Sandbox:
    """The org's sandbox ``name``, made now unless it exists; an org's first sandbox brings ``prod`` with it.

    ``tenant``: the tenant id that a new org gets (default: derived from the org).
    """
    _check_name(name)
    if not ORG.fullmatch(org):
        raise Invalid(f"The org id {org} may hold letters, digits, @, dot, hyphen and underscore only.", field="org")
    rows.keep_tenant(conn, org, tenant or _derived_tenant(org))
    for wanted in dict.fromkeys((DEFAULT, name)):
        if find(conn, org, wanted) is None:
            rows.add(conn, org, _new(wanted, wanted.capitalize(), _type_of(wanted), SYSTEM, now))
    found = find(conn, org, name)
    if found is None:
        raise Broken(f"Sandbox {name} of org {org} vanished while it was being created.")
    return found


def get(conn: sa.Connection, caller: Caller, name_or_id: str) -> Sandbox:
    """As ``find``; NotFound when the caller's org has no such sandbox, or the caller no role in it."""
    found = find(conn, caller.org, name_or_id)
    if found is None or not caller.may_within(found.name, READ, KIND):
        raise unknown(caller.org, name_or_id)
    return found


def usable(conn: sa.Connection, caller: Caller) -> list[Sandbox]:
    """The sandboxes of the caller's org in which it has a role, the default first, then by name."""
    return [sandbox for sandbox in listed(conn, caller.org) if caller.may_within(sandbox.name, READ, KIND)]


def unknown(org: str, name_or_id: str) -> NotFound:
    """The error for a sandbox that the org does not have: whoever asks is told where to find those there are."""
    return NotFound(
        f"Sandbox {name_or_id} does not exist in org {org}. GET {PATH} (without x-sandbox-name) lists those there are; "
        "POST there makes another.",
        kind=KIND,
        id=name_or_id,
    )


def create(conn: sa.Connection, caller: Caller, name: str, title: str, type: str, now: int) -> Sandbox:
    """A new sandbox of the caller's org; Conflict when the name is taken."""
    _check_name(name)
    _check_title(title)
    if type not in TYPES:
        raise Invalid(f"Sandbox type {type} is not known; use {' or '.join(TYPES)}.", field="type")
    made = _new(name, title, type, caller.user, now)
    if not rows.add(conn, caller.org, made):
        raise Conflict(f"The org has a sandbox {name} already; choose another name.", kind=KIND, id=name)
    events.append(conn, replace(caller, sandbox=name), KIND, made.id, "created", None, now)
    return made


def retitle(conn: sa.Connection, caller: Caller, name: str, title: str, now: int) -> Sandbox:
    """Gives a sandbox another title, the only thing that may change."""
    _check_title(title)
    found = get(conn, caller, name)
    if not rows.retitle(conn, caller.org, found, title, caller.user, now):
        raise RevisionStale(kind=KIND, id=name)
    events.append(conn, replace(caller, sandbox=found.name), KIND, found.id, "replaced", None, now)
    return get(conn, caller, name)


def tenant_of(conn: sa.Connection, org: str) -> str:
    """The org's tenant id without its underscore, as it was stored when the org came to be."""
    return rows.tenant(conn, org) or _derived_tenant(org)


def _derived_tenant(org: str) -> str:
    # A letter first: the tenant id is part of field names and of schema URIs.
    return f"t{hashlib.sha256(org.encode()).hexdigest()[:TENANT_DIGITS]}"


def _new(name: str, title: str, type: str, by: str, now: int) -> Sandbox:
    return Sandbox(new_uuid(), name, title, type, "active", name == DEFAULT, REGION, 0, now, now, by, by)


def _type_of(name: str) -> str:
    return "production" if name == DEFAULT else "development"


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise Invalid(
            f"A sandbox name holds 1 to 63 lower-case letters, digits and hyphens, unlike {name}.", field="name"
        )
    if _ID.fullmatch(name):
        raise Invalid(
            f"{name} has the form of a sandbox's id, which a sandbox cannot be named by; choose another name.",
            field="name",
        )


def _check_title(title: str) -> None:
    if not title.strip():
        raise Invalid("A sandbox needs a title that is not blank.", field="title")
