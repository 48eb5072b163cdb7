"""Mapping sets as documents: each change makes the next version, and every version stays readable."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.dataprep import checking, drafts
from headrace.dataprep.drafts import Draft, Item, Schema
from headrace.errors import InUse, Invalid, NotFound, RevisionStale
from headrace.ids import new_hex
from headrace.store import documents
from headrace.store.documents import Document, Users
from headrace.store.engine import Store
from headrace.store.scope import Caller

KIND = "mappingSets"
ID_DIGITS = 32
REWRITTEN = (*drafts.OWN_MEMBERS, "outputSchema", "schemaRef", "xdmSchema", "xdmVersion", "mappings")

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pinned:
    """One version of a mapping set as a run freezes it: its schema and its items in the engine's spelling."""

    id: str
    version: int
    schema_id: str
    major: int
    items: list[Item]


@dataclass(frozen=True, slots=True)
class MappingSet:
    """One version of a mapping set: ``body`` is the client's JSON, each of its mappings with an id of its own."""

    id: str
    version: int
    body: Body
    created_at: int
    created_by: str
    modified_at: int
    modified_by: str

    @property
    def draft(self) -> Draft:
        """The set as its client could have sent it."""
        return drafts.read(self.body)

    @property
    def schema(self) -> Schema:
        """The schema that the set fills."""
        return self.draft.schema


def create(store: Store, caller: Caller, body: Body, tenant: str, now: int) -> MappingSet:
    """A new set at version 0, once every item fits the schema."""
    draft = drafts.read(drafts.anew(body))
    with store.read() as conn:
        full = checking.composed(conn, caller, draft.schema, tenant).full
    checking.require(draft, full, now)
    with store.write() as conn:
        made = documents.create(conn, caller, KIND, new_hex(ID_DIGITS), _stored(draft, caller, now), now)
    return _newest(made)


def replace(store: Store, caller: Caller, id: str, body: Body, tenant: str, now: int) -> MappingSet:
    """The set's next version: name, schema and items are those of ``body`` (the schema stays when left out)."""
    if body.get("id") not in (None, "", id):
        raise Invalid(f"The body's id is {body['id']}, the path's is {id}; send the same or none.", field="id")
    found = _read(store, caller, id)
    return _next(store, caller, found, drafts.read(drafts.anew(body), found.schema), tenant, now)


def add_item(store: Store, caller: Caller, id: str, added: Item, tenant: str, now: int) -> MappingSet:
    """The set's next version, with one more mapping at its end."""
    return _change_items(store, caller, id, lambda items: [*items, drafts.fresh(added)], tenant, now)


def replace_item(
    store: Store, caller: Caller, id: str, mapping_id: str, sent: Item, tenant: str, now: int
) -> MappingSet:
    """The set's next version, in which ``sent`` stands for the mapping ``mapping_id`` and takes its id."""
    other = {**drafts.fresh(sent), "id": mapping_id}
    return _change_item(store, caller, id, mapping_id, [other], tenant, now)


def remove_item(store: Store, caller: Caller, id: str, mapping_id: str, tenant: str, now: int) -> MappingSet:
    """The set's next version, without the mapping ``mapping_id``."""
    return _change_item(store, caller, id, mapping_id, [], tenant, now)


def _change_item(
    store: Store, caller: Caller, id: str, mapping_id: str, instead: list[Item], tenant: str, now: int
) -> MappingSet:
    def changed(items: list[Item]) -> list[Item]:
        at = next((n for n, one in enumerate(items) if one["id"] == mapping_id), None)
        if at is None:
            raise NotFound(f"Mapping set {id} has no mapping {mapping_id}.", kind="mappings", id=mapping_id)
        return [*items[:at], *instead, *items[at + 1 :]]

    return _change_items(store, caller, id, changed, tenant, now)


def _change_items(
    store: Store, caller: Caller, id: str, change: Callable[[list[Item]], list[Item]], tenant: str, now: int
) -> MappingSet:
    """The set's next version, whose items are what ``change`` makes of the present ones; kept items keep their ids."""
    found = _read(store, caller, id)
    draft = drafts.read({**found.body, "mappings": change(found.body["mappings"])})
    return _next(store, caller, found, draft, tenant, now)


def _read(store: Store, caller: Caller, id: str) -> MappingSet:
    with store.read() as conn:
        return get(conn, caller, id)


def _next(store: Store, caller: Caller, found: MappingSet, draft: Draft, tenant: str, now: int) -> MappingSet:
    with store.read() as conn:
        full = checking.composed(conn, caller, draft.schema, tenant).full
    checking.require(draft, full, now)
    with store.write() as conn:
        current = documents.get(conn, caller, KIND, found.id)
        if current.revision != found.version:
            raise RevisionStale(f"Mapping set {found.id} changed in between; read it again.", kind=KIND, id=found.id)
        return _newest(documents.replace_body(conn, caller, current, _stored(draft, caller, now), now))


def get(conn: sa.Connection, caller: Caller, id: str, version: int | None = None) -> MappingSet:
    """The set's newest version, or exactly ``version``; NotFound when there is none."""
    found = documents.get(conn, caller, KIND, id)
    if version is None or version == found.revision:
        return _newest(found)
    body = documents.revision(conn, caller, KIND, id, version)
    return _version(found, version, body)


def listed(conn: sa.Connection, caller: Caller) -> list[MappingSet]:
    """The newest version of every set in the caller's scope, newest change first."""
    return [_newest(found) for found in documents.select(conn, caller, KIND)]


def delete(store: Store, caller: Caller, id: str, flows_mapping_with: Users, now: int) -> None:
    """Removes a set with its versions; InUse while a flow maps with it."""
    with store.write() as conn:
        found = documents.get(conn, caller, KIND, id)
        flows = flows_mapping_with(conn, caller, id)
        if flows:
            raise InUse(f"Mapping set {id} is used by flow {', '.join(flows)}; delete the flow first.", id=id)
        documents.delete(conn, caller, found, now)


def pinned(conn: sa.Connection, caller: Caller, mapping_id: str, version: int | None = None) -> Pinned:
    """What a run that pins ``version`` (None: the newest) maps with; NotFound when there is no such version."""
    found = get(conn, caller, mapping_id, version)
    draft = found.draft
    return Pinned(found.id, found.version, draft.schema.id, draft.schema.major, draft.items)


def item(found: MappingSet, mapping_id: str) -> Item:
    """One mapping of a set by its id; NotFound when the set's version has none."""
    for one in found.body["mappings"]:
        if one["id"] == mapping_id:
            mapped: Item = one
            return mapped
    raise NotFound(f"Mapping set {found.id} has no mapping {mapping_id}.", kind="mappings", id=mapping_id)


def _newest(found: Document) -> MappingSet:
    return _version(found, found.revision, found.body)


def _version(found: Document, version: int, body: Body) -> MappingSet:
    changed = (body["modifiedDate"], body["modifiedBy"])
    return MappingSet(found.id, version, body, found.created_at, found.created_by, *changed)


def _stored(draft: Draft, caller: Caller, now: int) -> Body:
    kept = {name: value for name, value in draft.body.items() if name not in REWRITTEN}
    schema = {"xdmSchema": draft.schema.id, "xdmVersion": draft.schema.version}
    # The moment is inside the body, because a version's own must outlive the next change.
    moment = {"modifiedDate": now, "modifiedBy": caller.user}
    return {**kept, **schema, "mappings": [_with_id(one) for one in draft.body["mappings"]], **moment}


def _with_id(one: Item) -> Item:
    return {**one, "id": one.get("id") or new_hex(ID_DIGITS)}
