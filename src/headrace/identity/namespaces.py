"""Identity namespaces of an org: what kind of identity a field holds. A code names one for good."""

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.errors import Conflict, Invalid, NotFound
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.scope import Caller

KIND = "namespaces"
FIRST_CUSTOM_ID = 10_000_001
STANDARD_SINCE = 1_551_688_425_455
KINDS = ("COOKIE", "CROSS_DEVICE", "DEVICE", "EMAIL", "MOBILE", "NON_PEOPLE", "PHONE")
B2B_KINDS = ("B2B_ACCOUNT", "B2B_CAMPAIGN", "B2B_CAMPAIGN_MEMBER", "B2B_MARKETING_LIST", "B2B_MARKETING_LIST_MEMBER",
             "B2B_OPPORTUNITY", "B2B_OPPORTUNITY_PERSON", "B2B_PERSON", "B2B_ACCOUNT_PERSON_RELATION")  # fmt: skip
FIXED = ("code", "idType")
CHANGEABLE = ("name", "description", "status")
_CODE = re.compile(r"[A-Za-z0-9_]{1,255}")

Namespace = dict[str, Any]


def listed(conn: sa.Connection, caller: Caller) -> list[Namespace]:
    """The standard namespaces, then the org's own, oldest first."""
    own = sorted(documents.select(conn, _org(caller), KIND), key=lambda found: int(found.id))
    return [*(dict(one) for one in _standard()), *(_rendered(found) for found in own)]


def get(conn: sa.Connection, caller: Caller, id: str) -> Namespace:
    """The namespace of this numeric id; NotFound when the org has none."""
    found = next((one for one in listed(conn, caller) if str(one["id"]) == id), None)
    if found is None:
        raise NotFound(f"There is no identity namespace {id} in this org.", kind=KIND, id=id)
    return found


def create(conn: sa.Connection, caller: Caller, body: Mapping[str, Any], now: int) -> Namespace:
    """A namespace of the org's own; Conflict when its code is taken, in whatever case."""
    wanted = {name: _text(body, name) for name in ("name", "code", "idType")}
    if not _CODE.fullmatch(wanted["code"]):
        raise Invalid(f"The code {wanted['code']} may hold letters, digits and underscores only.", field="code")
    if wanted["idType"].upper() not in KINDS + B2B_KINDS:
        raise Invalid(f"The idType {wanted['idType']} is not one of {', '.join(KINDS)}.", field="idType")
    present = listed(conn, caller)
    if any(one["code"].lower() == wanted["code"].lower() for one in present):
        raise Conflict(f"The code {wanted['code']} is taken in this org; choose another.", kind=KIND)
    id = max([FIRST_CUSTOM_ID - 1, *(one["id"] for one in present)]) + 1
    stored = {**wanted, "description": _text(body, "description", ""), "status": "ACTIVE"}
    return _rendered(documents.create(conn, _org(caller), KIND, str(id), stored, now))


def change(conn: sa.Connection, caller: Caller, id: str, body: Mapping[str, Any], now: int) -> Namespace:
    """Another name, description or status for one of the org's own namespaces; code and idType never change."""
    present = get(conn, caller, id)
    if not present["custom"]:
        raise Invalid(f"{present['code']} is a standard namespace; those cannot be changed.", field="id")
    for name in FIXED:
        if body.get(name) not in (None, present[name]):
            raise Invalid(f"The {name} of a namespace cannot change from {present[name]}.", field=name)
    found = documents.get(conn, _org(caller), KIND, id)
    changes = {name: _text(body, name) for name in CHANGEABLE if body.get(name) is not None}
    return _rendered(documents.replace_body(conn, _org(caller), found, {**found.body, **changes}, now))


@functools.cache
def _standard() -> tuple[Namespace, ...]:
    text = resources.files("headrace.identity").joinpath("standard_namespaces.json").read_bytes()
    moments = {"createTime": STANDARD_SINCE, "updateTime": STANDARD_SINCE}
    return tuple({**one, "status": "ACTIVE", "custom": False, **moments} for one in msgspec.json.decode(text))


def _org(caller: Caller) -> Caller:
    # Namespaces belong to the org: every sandbox sees the same ones.
    return replace(caller, sandbox="", sandbox_id="")


def _rendered(found: Document) -> Namespace:
    moments = {"createTime": found.created_at, "updateTime": found.updated_at}
    return {"id": int(found.id), **found.body, "custom": True, **moments}


def _text(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise Invalid(f"A namespace needs {name}, text that is not blank.", field=name)
    return value
