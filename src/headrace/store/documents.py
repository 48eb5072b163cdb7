"""Scoped documents with revisions: the JSON a client sent, changed only from the version that was read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from headrace.errors import Conflict, NotFound, RevisionStale
from headrace.ids import new_etag
from headrace.store import events, portable
from headrace.store.metadata import Json, Millis, metadata
from headrace.store.scope import Caller

# What a floor above answers, in the transaction that asks: the ids of those that use the document with this id.
Users = Callable[[sa.Connection, Caller, str], list[str]]
_MOST_NAMED = 5

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("org", sa.Text, primary_key=True),
    sa.Column("sandbox", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("updated_at", Millis, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("updated_by", sa.Text, nullable=False),
    sa.Column("created_client", sa.Text, nullable=False),
    sa.Column("updated_client", sa.Text, nullable=False),
    sa.Index("ix_documents_newest", "org", "sandbox", "kind", "updated_at"),
)

# Every body that a document ever had; a deleted document's revisions stay for runs that froze one of them.
revisions = sa.Table(
    "document_revisions",
    metadata,
    sa.Column("org", sa.Text, primary_key=True),
    sa.Column("sandbox", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("at", Millis, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Document:
    """One document as read: ``body`` is the client's JSON, times are epoch ms, ``revision`` counts from 0."""

    kind: str
    id: str
    org: str
    sandbox: str
    revision: int
    etag: str
    body: dict[str, Any]
    created_at: int
    updated_at: int
    created_by: str
    updated_by: str
    created_client: str
    updated_client: str


@dataclass(slots=True)
class Readings:
    """Which documents were read, or looked for and missing (None), and which kinds as a whole: by their etags."""

    single: dict[tuple[str, str, str, str], str | None] = field(default_factory=dict)
    whole: dict[tuple[str, str, str], frozenset[tuple[str, str]]] = field(default_factory=dict)

    def stand(self, conn: sa.Connection) -> bool:
        """Whether all of it is as it was read."""
        etags = sa.select(documents.c.id, documents.c.etag)
        for (org, sandbox, kind, id), etag in self.single.items():
            key = _scope(org, sandbox, kind) & (documents.c.id == id)
            if [etag_now for _, etag_now in conn.execute(etags.where(key))] != ([etag] if etag else []):
                return False
        return all(
            {(id, etag) for id, etag in conn.execute(etags.where(_scope(*scope)))} == read
            for scope, read in self.whole.items()
        )


@contextmanager
def readings() -> Iterator[Readings]:
    """Notes what ``find``, ``get`` and ``select`` read inside."""
    noted = Readings()
    token = _READINGS.set(noted)
    try:
        yield noted
    finally:
        _READINGS.reset(token)


def new(caller: Caller, kind: str, id: str, body: dict[str, Any], at: int) -> Document:
    """A document at revision 0, which is not stored yet."""
    return Document(
        kind, id, caller.org, caller.sandbox, 0, new_etag(at), body, at, at,
        caller.user, caller.user, caller.client, caller.client,
    )  # fmt: skip


def insert(conn: sa.Connection, caller: Caller, created: Sequence[Document]) -> None:
    """Stores ``new`` documents; Conflict when the id of any is taken in this scope."""
    if not _inserted(conn, [_row(document) for document in created]):
        kind, id = created[0].kind, ", ".join(document.id for document in created[:_MOST_NAMED])
        raise Conflict(f"{kind} {id} exists already.", kind=kind, id=id)
    _keep_revisions(conn, created)
    events.append_all(conn, caller, "created", [_event(document, document.created_at) for document in created])


def _inserted(conn: sa.Connection, rows: Sequence[dict[str, Any]]) -> bool:
    """Whether no id was taken; where one was, whoever handles the Conflict goes on with the transaction."""
    if len(rows) == 1:
        return conn.execute(_unless_taken(conn.dialect.name), rows[0]).rowcount == 1
    try:
        with conn.begin_nested():
            conn.execute(documents.insert(), rows)
    except sa.exc.IntegrityError:
        return False
    return True


@cache
def _unless_taken(dialect: str) -> sa.Insert:
    return portable.unless_taken(dialect, documents)


def create(conn: sa.Connection, caller: Caller, kind: str, id: str, body: dict[str, Any], at: int) -> Document:
    """Stores a new document at revision 0; Conflict when the id is taken in this scope."""
    document = new(caller, kind, id, body, at)
    insert(conn, caller, [document])
    return document


def find(conn: sa.Connection, caller: Caller, kind: str, id: str) -> Document | None:
    """The document with this id in the caller's org and sandbox, or None."""
    values = {"org": caller.org, "sandbox": caller.sandbox, "kind": kind, "id": id}
    row = conn.execute(_BY_KEY, values).one_or_none()
    if readings := _READINGS.get():
        readings.single[caller.org, caller.sandbox, kind, id] = row.etag if row is not None else None
    return _document(row) if row is not None else None


def get(conn: sa.Connection, caller: Caller, kind: str, id: str) -> Document:
    """As ``find``; NotFound (facts kind, id) when there is none."""
    document = find(conn, caller, kind, id)
    if document is None:
        raise NotFound(f"{kind} not found with id = [{id}].", kind=kind, id=id)
    return document


def select(conn: sa.Connection, caller: Caller, kind: str) -> list[Document]:
    """Every document of a kind in the caller's scope, newest change first."""
    newest_first = (documents.c.updated_at.desc(), documents.c.id.desc())
    scope = _scope(caller.org, caller.sandbox, kind)
    rows = conn.execute(sa.select(documents).where(scope).order_by(*newest_first)).all()
    if readings := _READINGS.get():
        readings.whole[caller.org, caller.sandbox, kind] = frozenset((row.id, row.etag) for row in rows)
    return [_document(row) for row in rows]


def orgs_with(conn: sa.Connection, kind: str) -> list[str]:
    """Every org that has a document of this kind, in order."""
    found = sa.select(documents.c.org).where(documents.c.kind == kind).distinct().order_by(documents.c.org)
    return list(conn.execute(found).scalars())


def revised(caller: Caller, document: Document, body: dict[str, Any], at: int) -> Document:
    """The document's next revision, which is not stored yet."""
    return replace(
        document,
        revision=document.revision + 1,
        etag=new_etag(at),
        body=body,
        updated_at=at,
        updated_by=caller.user,
        updated_client=caller.client,
    )


def update(conn: sa.Connection, caller: Caller, changed: Sequence[Document]) -> None:
    """Writes what is ``revised`` over exactly the revision before each; RevisionStale when another write came first."""
    key = _key(caller, sa.bindparam("of_kind"), sa.bindparam("of_id"))
    statement = documents.update().where(key & (documents.c.revision == sa.bindparam("before")))
    rows = [
        {**_row(document), "of_kind": document.kind, "of_id": document.id, "before": document.revision - 1}
        for document in changed
    ]
    if conn.execute(statement, rows).rowcount != len(changed):
        raise RevisionStale(kind=changed[0].kind, id=changed[0].id)
    _keep_revisions(conn, changed)
    events.append_all(conn, caller, "replaced", [_event(document, document.updated_at) for document in changed])


def replace_body(conn: sa.Connection, caller: Caller, document: Document, body: dict[str, Any], at: int) -> Document:
    """Writes a new body over exactly the revision that was read; RevisionStale when another write came first."""
    changed = revised(caller, document, body, at)
    update(conn, caller, [changed])
    return changed


def delete(conn: sa.Connection, caller: Caller, document: Document, at: int) -> None:
    """Removes exactly the revision that was read; its earlier bodies stay readable through ``revision``."""
    key = _key(caller, document.kind, document.id) & (documents.c.revision == document.revision)
    if conn.execute(documents.delete().where(key)).rowcount != 1:
        raise RevisionStale(kind=document.kind, id=document.id)
    events.append(conn, caller, document.kind, document.id, "deleted", document.etag, at)


def revision(conn: sa.Connection, caller: Caller, kind: str, id: str, n: int) -> dict[str, Any]:
    """The body that the document had at revision ``n``; NotFound when it never had one."""
    scope = (revisions.c.org == caller.org) & (revisions.c.sandbox == caller.sandbox)
    which = (revisions.c.kind == kind) & (revisions.c.id == id) & (revisions.c.revision == n)
    body = conn.execute(sa.select(revisions.c.body).where(scope & which)).scalar_one_or_none()
    if body is None:
        raise NotFound(f"{kind} {id} has no version {n}.", kind=kind, id=id, version=n)
    decoded: dict[str, Any] = msgspec.json.decode(body)
    return decoded


def _scope(org: str, sandbox: str, kind: str) -> sa.ColumnElement[bool]:
    return (documents.c.org == org) & (documents.c.sandbox == sandbox) & (documents.c.kind == kind)


def _keep_revisions(conn: sa.Connection, written: Sequence[Document]) -> None:
    rows = ((_row(document), document.updated_at) for document in written)
    conn.execute(_KEEP, [{**{name: row[name] for name in _KEPT}, "at": at} for row, at in rows])


def _event(document: Document, at: int) -> events.Subject:
    return events.Subject(document.kind, document.id, document.etag, at)


def _key(caller: Caller, kind: str | sa.BindParameter[str], id: str | sa.BindParameter[str]) -> sa.ColumnElement[bool]:
    return sa.and_(
        documents.c.org == caller.org,
        documents.c.sandbox == caller.sandbox,
        documents.c.kind == kind,
        documents.c.id == id,
    )


def _row(document: Document) -> dict[str, Any]:
    row = {name: getattr(document, name) for name in Document.__dataclass_fields__}
    row["body"] = msgspec.json.encode(document.body).decode()
    return row


def _document(row: sa.Row[Any]) -> Document:
    values = dict(row._mapping)
    values["body"] = msgspec.json.decode(values["body"])
    return Document(**values)


# Put together once: to do so takes longer than to run them.
_KEPT = ("org", "sandbox", "kind", "id", "revision", "etag", "body")
_KEEP = revisions.insert()
_BY_KEY = sa.select(documents).where(
    *(documents.c[name] == sa.bindparam(name) for name in ("org", "sandbox", "kind", "id"))
)
_READINGS: ContextVar[Readings | None] = ContextVar("readings", default=None)
