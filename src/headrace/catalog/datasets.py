"""Datasets: documents that each own one table of the lake."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, count

import sqlalchemy as sa

from headrace import registry
from headrace.catalog import drafts
from headrace.catalog.drafts import ALIAS, FIXED, Body, SchemaRef
from headrace.errors import Conflict, InUse, Invalid, NotFound, RevisionStale, TableMissing
from headrace.ids import new_hex
from headrace.lake import Lake, TableRef
from headrace.registry import Composed
from headrace.store import batches, documents, locks
from headrace.store.documents import Document, Users
from headrace.store.engine import Store
from headrace.store.scope import Caller
from headrace.xdm import arrow_schema, require_told_apart

KIND = "dataSets"
ID_DIGITS = 24
DEFAULTS: Body = {"tags": {}, "fileDescription": {"format": "parquet"}, "enableErrorDiagnostics": False}
BEHAVIOURS = {
    "https://ns.adobe.com/xdm/data/time-series": "time-series",
    "https://ns.adobe.com/xdm/data/adhoc": "adhoc",
    "https://ns.adobe.com/xdm/data/record": "record",
}

Changed = Callable[[Body], Body]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a flow or an upload writes to: the dataset, its schema and its table."""

    dataset_id: str
    schema_id: str
    major: int
    table: TableRef


def create(store: Store, lake: Lake, caller: Caller, sent: Body, tenant: str, now: int) -> Document:
    """A new dataset and its empty table; nothing of either stays when one cannot be made.

    SchemaUnstorable when the schema has fields that SQL could not tell apart.
    """
    body = drafts.read(sent)
    schema = _schema(store, caller, drafts.schema_ref(body), tenant)
    require_told_apart(schema.full)
    table = TableRef(caller.org, caller.sandbox, new_hex(ID_DIGITS))
    lake.create_table(table, arrow_schema(schema.full))
    try:
        with store.write() as conn:
            stored = _named(conn, caller, {**DEFAULTS, **_fixed(schema), **body}, None)
            return documents.create(conn, caller, KIND, table.dataset_id, stored, now)
    except BaseException:
        lake.drop_table(table)
        raise


def get(conn: sa.Connection, caller: Caller, id: str) -> Document:
    """The dataset; NotFound when the caller's sandbox has none of this id."""
    found = documents.find(conn, caller, KIND, id)
    if found is None:
        raise NotFound(f"Dataset {id} does not exist in this sandbox.", kind=KIND, id=id)
    return found


def listed(conn: sa.Connection, caller: Caller) -> list[Document]:
    """Every dataset of the caller's sandbox, newest first."""
    found = documents.select(conn, caller, KIND)
    return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)


def of_schema(conn: sa.Connection, caller: Caller, schema_id: str) -> list[str]:
    """The ids of the datasets whose rows this schema describes."""
    datasets = documents.select(conn, caller, KIND)
    return [dataset.id for dataset in datasets if drafts.schema_ref(dataset.body).id == schema_id]


def holding_rows(lake: Lake) -> Users:
    """Which of a schema's datasets hold rows, or have a batch that is being written."""

    def holding(conn: sa.Connection, caller: Caller, schema_id: str) -> list[str]:
        return [id for id in of_schema(conn, caller, schema_id) if _holds_rows(conn, lake, caller, id)]

    return holding


def _holds_rows(conn: sa.Connection, lake: Lake, caller: Caller, id: str) -> bool:
    if batches.select(conn, caller, dataset_ids=[id], statuses=batches.UNDER_WAY, limit=1):
        return True
    try:
        return lake.figures(TableRef(caller.org, caller.sandbox, id)).rows > 0
    except TableMissing:  # made or deleted just now
        return False


def target(conn: sa.Connection, caller: Caller, id: str) -> Target:
    """Where rows for this dataset go; NotFound as ``get``."""
    found = get(conn, caller, id)
    schema = drafts.schema_ref(found.body)
    return Target(found.id, schema.id, schema.major, table_of(found))


def table_of(found: Document) -> TableRef:
    """The dataset's table."""
    return TableRef(found.org, found.sandbox, found.id)


def change(
    store: Store,
    caller: Caller,
    id: str,
    changed: Changed,
    if_match: str | None,
    tenant: str,
    now: int,
) -> Document:
    """Stores what ``changed`` makes of the dataset's body. The schema may get another version, never another id."""
    with store.read() as conn:
        found = get(conn, caller, id)
    if if_match not in (None, "*", found.etag.strip('"')):
        raise RevisionStale(kind=KIND, id=id)
    body = drafts.read(changed(found.body))
    old, new = drafts.schema_ref(found.body), drafts.schema_ref(body)
    if new.id != old.id:
        raise Invalid(f"Dataset {id} holds rows of schema {old.id}; create another dataset.", field="schemaRef.id")
    if new != old:
        _schema(store, caller, new, tenant)
    with store.write() as conn:
        stored = _named(conn, caller, {**DEFAULTS, **{key: found.body[key] for key in FIXED}, **body}, found)
        return documents.replace_body(conn, caller, found, stored, now)


def delete(store: Store, lake: Lake, caller: Caller, id: str, force: bool, flows_into: Users, now: int) -> None:
    """Removes a dataset and its table. InUse while a batch is written or, unless ``force``, a flow writes to it."""
    with store.write() as conn:
        found = get(conn, caller, id)
        flows = [] if force else flows_into(conn, caller, id)
        if flows:
            message = f"Dataset {id} is the target of flow {', '.join(flows)}; delete the flow first."
            raise InUse(message, kind=KIND, id=id, flows=flows)
        busy = batches.select(conn, caller, dataset_ids=[id], statuses=batches.UNDER_WAY, limit=1)
        if busy:
            message = f"Batch {busy[0].id} is being written to dataset {id}; delete the dataset when it is done."
            raise InUse(message, kind=KIND, id=id)
        documents.delete(conn, caller, found, now)
    lake.drop_table(table_of(found))


def _schema(store: Store, caller: Caller, wanted: SchemaRef, tenant: str) -> Composed:
    try:
        with store.read() as conn:
            return registry.composed(conn, caller, wanted.id, wanted.major, tenant)
    except NotFound as error:
        message = f"schemaRef {wanted.id} version {wanted.major} does not exist in this sandbox; create the schema."
        raise Invalid(message, field="schemaRef") from error


def _fixed(schema: Composed) -> Body:
    extended = schema.full.get("meta:extends", [])
    behaviour = next((word for uri, word in BEHAVIOURS.items() if uri in extended), "record")
    return {"classification": {"dataBehavior": behaviour, "managedBy": "CUSTOMER"}, "viewId": new_hex(ID_DIGITS)}


def _named(conn: sa.Connection, caller: Caller, body: Body, found: Document | None) -> Body:
    """The body with an SQL name that no other dataset of the sandbox has."""
    locks.hold(conn, f"table names of {caller.org}/{caller.sandbox}")
    others = [one for one in documents.select(conn, caller, KIND) if found is None or one.id != found.id]
    taken = {name for one in others for name in one.body["tags"][ALIAS]}
    wanted = drafts.table_name(body)
    if wanted in taken:
        raise Conflict(f"Another dataset is called {wanted} in SQL; choose another {ALIAS}.", kind=KIND, id=wanted)
    kept = found.body["tags"][ALIAS][0] if found else None
    name = wanted or kept or _free(drafts.slug(body["name"]), taken)
    return {**body, "tags": {**body.get("tags", {}), ALIAS: [name]}}


def _free(slug: str, taken: set[str]) -> str:
    return next(name for name in chain([slug], (f"{slug}_{n}" for n in count(2))) if name not in taken)
