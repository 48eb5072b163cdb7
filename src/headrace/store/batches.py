"""Batches and their files: one row a batch, moved from status to status by compare-and-set.

How a run or an upload uses it (every function takes the caller's open transaction):

    batches.insert(conn, caller, id=…, dataset_id=…, at=now, status="staging", run_id=…, body={"tags": {…}})
    batches.move(conn, id, {"staging"}, "committing", at=now)
    batches.set_files(conn, id, "row_errors", files, at=now)
    batches.move(conn, id, {"committing"}, "success", at=now, metrics=…, errors=(…), completed_at=now)
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, UnsetType

from headrace.errors import Broken, Conflict, NotFound
from headrace.files import NO_FACTS, FileFacts, FileRef
from headrace.store import events
from headrace.store.column_queries import EVERYTHING, ColumnQuery, Columns, order, where
from headrace.store.metadata import Json, Millis, metadata
from headrace.store.portable import among
from headrace.store.scope import Caller

KIND = "batches"

# Only `committing` may commit; what leaves it otherwise has committed its own abort first.
NEXT: dict[str, frozenset[str]] = {
    "loading": frozenset({"loaded", "staging", "failed", "aborted"}),
    "loaded": frozenset({"staging", "failed", "aborted"}),
    "staging": frozenset({"committing", "failed", "aborted"}),
    "committing": frozenset({"success", "failed", "aborted"}),
    "success": frozenset({"inactive"}),
    "failed": frozenset(),
    "aborted": frozenset(),
    "inactive": frozenset(),
}
UNDER_WAY = ("loaded", "staging", "committing")  # complete, and not over
UNFINISHED = frozenset({"loading", "loaded", "staging", "committing"})
CHANGEABLE = frozenset({"run_id", "body", "metrics", "errors", "started_at", "completed_at", "updated_by"})
INPUT_FILES, ROW_ERRORS, DATA = "input_files", "row_errors", "data"

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("org", sa.Text, nullable=False),
    sa.Column("sandbox", sa.Text, nullable=False),
    sa.Column("dataset_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("metrics", Json, nullable=False),
    sa.Column("errors", Json, nullable=False),
    sa.Column("uploads", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Millis, nullable=False),
    sa.Column("updated_at", Millis, nullable=False),
    sa.Column("started_at", Millis),
    sa.Column("completed_at", Millis),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("updated_by", sa.Text, nullable=False),
    sa.Column("created_client", sa.Text, nullable=False),
    sa.Index("ix_batches_newest", "org", "sandbox", "created_at"),
    sa.Index("ix_batches_dataset", "org", "sandbox", "dataset_id", "created_at"),
)

COLUMNS: Columns = {column.name: column for column in batches.c}

# One client open batch per external id: what makes a retried POST give the same batch.
sa.Index(
    "uq_batches_open_external",
    batches.c.org,
    batches.c.sandbox,
    batches.c.dataset_id,
    batches.c.external_id,
    unique=True,
    sqlite_where=batches.c.status == "loading",
    postgresql_where=batches.c.status == "loading",
)

batch_files = sa.Table(
    "batch_files",
    metadata,
    sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("directory", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("ref", Json, nullable=False),
    sa.Column("facts", Json, nullable=False),
    sa.Column("at", Millis, nullable=False),
)


class Skipped(msgspec.Struct, frozen=True, rename="camel"):
    """How many rows one rule left out."""

    rule: str
    record_count: int


class BatchMetrics(msgspec.Struct, frozen=True, rename="camel"):
    """Platform's counters of a batch, and what its rows did beside them: kept with it, so that lists need no parts.

    The latter are unset where there is nothing to tell. Whatever else is counted goes into ``Counts`` and is shown with
    the run.

    skipped_info               the skipped rows by the rule that left them out
    replaced_record_count      rows of the table that went for merged ones
    deleted_record_count       rows of the table that went for deletions
    emptied_record_count       rows of the table that went because the source gave none for their days
    reverted_record_count      of a batch that was taken back: the rows of it that went then
    already_gone_record_count  of a batch that was taken back: the rows of it that had gone before
    """

    input_file_count: int = 0
    input_byte_size: int = 0
    input_record_count: int = 0
    output_file_count: int = 0
    output_byte_size: int = 0
    output_record_count: int = 0
    failed_record_count: int = 0
    skipped_record_count: int = 0
    skipped_info: tuple[Skipped, ...] | UnsetType = UNSET
    replaced_record_count: int | UnsetType = UNSET
    deleted_record_count: int | UnsetType = UNSET
    emptied_record_count: int | UnsetType = UNSET
    reverted_record_count: int | UnsetType = UNSET
    already_gone_record_count: int | UnsetType = UNSET


class BatchError(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Why a batch, or some rows of it, did not go in. Clients read both code and description.

    rows         always empty, where a client looks for it
    replayed_by  the run that promoted the rejected rows again
    """

    code: str
    description: str
    rows: tuple[int, ...] | None = None
    record_count: int | None = None
    replayed_by: str | None = None


NO_FILE = FileRef("", 0, "")  # of a name that is announced, and nothing has come yet


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as read. Times are epoch ms; ``version`` counts writes from 0.

    run_id   the flow run that writes it; None for an upload, whose run has the batch's own id
    body     what the creator said, in Platform's words: inputFormat, tags, replay, enableErrorDiagnostics, …
    metrics  None until its rows are counted
    uploads  how many uploads were ever begun; each takes its number from here
    """

    id: str
    org: str
    sandbox: str
    dataset_id: str
    status: str
    run_id: str | None
    external_id: str
    body: dict[str, Any]
    metrics: BatchMetrics | None
    errors: tuple[BatchError, ...]
    uploads: int
    version: int
    created_at: int
    updated_at: int
    started_at: int | None
    completed_at: int | None
    created_by: str
    updated_by: str
    created_client: str

    @property
    def run(self) -> str:
        """The id of the run that brings it into the lake, which owns its parts."""
        return self.run_id or self.id

    @property
    def caller(self) -> Caller:
        """The scope of the batch, and who opened it."""
        return Caller(self.org, self.sandbox, "", self.created_client, self.created_by)


@dataclass(frozen=True, slots=True)
class BatchFile:
    """One file of a batch under the name that clients see.

    directory  ``input_files`` (what was landed), ``row_errors`` (quarantine) or ``data`` (what was committed)
    name       the public name: ``F1.json``, ``conversion_errors_0.json``, ``part-00000.parquet``
    n          order within the directory; of two uploads of one name the one with the higher number counts
    """

    directory: str
    name: str
    ref: FileRef
    facts: FileFacts = NO_FACTS
    n: int = 0


# Made here, while one thread imports: two threads that use a Struct for the first time at once crash the process.
_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    "body": msgspec.json.Decoder(dict[str, Any]),
    "metrics": msgspec.json.Decoder(BatchMetrics | None),
    "errors": msgspec.json.Decoder(tuple[BatchError, ...]),
}
_file_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    "ref": msgspec.json.Decoder(FileRef),
    "facts": msgspec.json.Decoder(FileFacts),
}


def insert(
    conn: sa.Connection,
    caller: Caller,
    *,
    id: str,
    dataset_id: str,
    at: int,
    status: str = "loading",
    run_id: str | None = None,
    external_id: str | None = None,
    body: dict[str, Any] | None = None,
) -> Batch:
    """Stores a new batch (a run's: ``status="staging"``, ``ids.batch_id(run, at)``); Conflict when the id is taken."""
    batch = Batch(
        id, caller.org, caller.sandbox, dataset_id, status, run_id, external_id or id, body or {}, None, (),
        0, 0, at, at, at if status == "staging" else None, None, caller.user, caller.user, caller.client,
    )  # fmt: skip
    try:
        with conn.begin_nested():  # whoever handles the Conflict goes on with the transaction
            conn.execute(batches.insert().values(_row(batch)))
    except sa.exc.IntegrityError as error:
        raise Conflict(f"Batch {id} (externalId {batch.external_id}) exists already.", kind=KIND, id=id) from error
    events.append(conn, caller, KIND, id, status, None, at)
    return batch


def find(conn: sa.Connection, caller: Caller, id: str) -> Batch | None:
    """The batch with this id in the caller's org and sandbox, or None."""
    where = _scope(caller) & (batches.c.id == id)
    row = conn.execute(sa.select(batches).where(where)).one_or_none()
    return _batch(row) if row is not None else None


def get(conn: sa.Connection, caller: Caller, id: str) -> Batch:
    """As ``find``; NotFound (facts kind, id) when there is none."""
    batch = find(conn, caller, id)
    if batch is None:
        raise NotFound(f"Batch {id} does not exist in this sandbox.", kind=KIND, id=id)
    return batch


def by_id(conn: sa.Connection, id: str) -> Batch:
    """The batch with this id in whatever scope: for workers, which act for no caller. NotFound otherwise."""
    row = conn.execute(sa.select(batches).where(batches.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"Batch {id} does not exist.", kind=KIND, id=id)
    return _batch(row)


def open_with_external_id(conn: sa.Connection, caller: Caller, dataset_id: str, external_id: str) -> Batch | None:
    """The batch that a client is still loading under this external id."""
    where = (batches.c.dataset_id == dataset_id) & (batches.c.external_id == external_id)
    where &= _scope(caller) & (batches.c.status == "loading")
    row = conn.execute(sa.select(batches).where(where)).one_or_none()
    return _batch(row) if row is not None else None


def select(
    conn: sa.Connection,
    caller: Caller,
    *,
    ids: Collection[str] | None = None,
    dataset_ids: Collection[str] | None = None,
    statuses: Collection[str] | None = None,
    query: ColumnQuery = EVERYTHING,
    limit: int | None = None,
    start: int = 0,
) -> list[Batch]:
    """Batches of the caller's scope, newest first or as the query orders; it and each given collection narrow."""
    statement = sa.select(batches).where(_scope(caller))
    for column, values in ((batches.c.id, ids), (batches.c.dataset_id, dataset_ids), (batches.c.status, statuses)):
        if values is not None:
            statement = statement.where(among(column, values))
    newest_first = (batches.c.created_at.desc(), batches.c.id.desc())
    statement = statement.where(where(COLUMNS, query)).order_by(*order(COLUMNS, query), *newest_first)
    if limit is not None:
        statement = statement.limit(limit).offset(start)
    return [_batch(row) for row in conn.execute(statement)]


def move(
    conn: sa.Connection, id: str, from_statuses: Collection[str], to_status: str, *, at: int, **changes: Any
) -> Batch:
    """Moves the batch to ``to_status`` if it is in one of ``from_statuses`` right now, in this transaction.

    ``changes``: run_id, body, metrics, errors, started_at, completed_at, updated_by. Conflict (facts kind, id,
    status) when it is in another status by now; NotFound; Broken for a step that no batch may take.
    """
    unknown = set(changes) - CHANGEABLE
    forbidden = [status for status in from_statuses if to_status not in NEXT[status]]
    if unknown or forbidden:
        raise Broken(f"No batch moves from {forbidden} to {to_status} with {sorted(unknown)}.", kind=KIND, id=id)
    batch = by_id(conn, id)
    moved = replace(batch, status=to_status, version=batch.version + 1, updated_at=at, **changes)
    where = (batches.c.id == id) & (batches.c.version == batch.version) & among(batches.c.status, from_statuses)
    # Only what changes is written: a concurrent upload's number must survive.
    written = _row(moved, ("status", "version", "updated_at", *changes))
    if conn.execute(batches.update().where(where).values(written)).rowcount != 1:
        status = by_id(conn, id).status
        message = f"Batch {id} is {status}; it must be {' or '.join(sorted(from_statuses))} to become {to_status}."
        raise Conflict(message, kind=KIND, id=id, status=status)
    events.append(conn, _actor(moved), KIND, id, to_status, None, at)
    return moved


def hold(conn: sa.Connection, id: str) -> Batch:
    """The batch, kept from other writers until the transaction ends. NotFound."""
    conn.execute(sa.select(batches.c.id).where(batches.c.id == id).with_for_update())
    return by_id(conn, id)


def annotate(conn: sa.Connection, held: Batch, at: int, **changes: Any) -> None:
    """Rewrites the body or the errors of a batch that is held in this transaction; its status stays."""
    noted = replace(held, version=held.version + 1, updated_at=at, **changes)
    written = _row(noted, ("version", "updated_at", *changes))
    conn.execute(batches.update().where(batches.c.id == held.id).values(written))


# -- files ---------------------------------------------------------------------------------------------------


def begin_upload(conn: sa.Connection, id: str) -> int:
    """The number of a new upload (from 1, never given twice), if the batch is still loading; Conflict otherwise."""
    where = (batches.c.id == id) & (batches.c.status == "loading")
    if conn.execute(batches.update().where(where).values(uploads=batches.c.uploads + 1)).rowcount != 1:
        batch = by_id(conn, id)
        message = f"Batch {id} is {batch.status}; files can be uploaded only while it is loading."
        raise Conflict(message, kind=KIND, id=id, status=batch.status)
    return by_id(conn, id).uploads


def record_upload(conn: sa.Connection, id: str, file: BatchFile, at: int) -> None:
    """Records a landed upload under its name; an upload begun later under the same name stays in force.

    Conflict when the batch is no longer loading: the file then belongs to nothing.
    """
    where = (batches.c.id == id) & (batches.c.status == "loading")
    if conn.execute(batches.update().where(where).values(updated_at=at)).rowcount != 1:
        batch = by_id(conn, id)
        message = f"Batch {id} became {batch.status} while {file.name} was uploaded; the file was not taken."
        raise Conflict(message, kind=KIND, id=id, status=batch.status)
    key = (batch_files.c.batch_id == id) & (batch_files.c.directory == file.directory)
    key &= batch_files.c.name == file.name
    recorded = conn.execute(sa.select(batch_files.c.n).where(key)).scalar_one_or_none()
    if recorded is None or recorded < file.n:
        conn.execute(batch_files.delete().where(key))
        conn.execute(batch_files.insert().values(_file_row(id, file, at)))


def set_files(conn: sa.Connection, id: str, directory: str, files: Iterable[BatchFile], at: int) -> None:
    """Makes ``files`` the directory's only ones, in their order: repeating it changes nothing."""
    conn.execute(batch_files.delete().where((batch_files.c.batch_id == id) & (batch_files.c.directory == directory)))
    rows = [_file_row(id, replace(file, directory=directory, n=n), at) for n, file in enumerate(files)]
    if rows:
        conn.execute(batch_files.insert(), rows)


def files(conn: sa.Connection, id: str, directory: str) -> list[BatchFile]:
    """The files of a batch's directory, in order."""
    where = (batch_files.c.batch_id == id) & (batch_files.c.directory == directory)
    rows = conn.execute(sa.select(batch_files).where(where).order_by(batch_files.c.n, batch_files.c.name))
    return [_file(row) for row in rows]


def file(conn: sa.Connection, id: str, directory: str, name: str) -> BatchFile | None:
    """One file by its public name, or None."""
    where = (batch_files.c.batch_id == id) & (batch_files.c.directory == directory) & (batch_files.c.name == name)
    row = conn.execute(sa.select(batch_files).where(where)).one_or_none()
    return _file(row) if row is not None else None


def _scope(caller: Caller) -> sa.ColumnElement[bool]:
    return (batches.c.org == caller.org) & (batches.c.sandbox == caller.sandbox)


def _actor(batch: Batch) -> Caller:
    return Caller(batch.org, batch.sandbox, "", batch.created_client, batch.updated_by)


def _row(batch: Batch, names: Iterable[str] = tuple(Batch.__dataclass_fields__)) -> dict[str, Any]:
    row = {name: getattr(batch, name) for name in names}
    return row | {name: _encoder.encode(row[name]).decode() for name in _decoders if name in row}


def _batch(row: sa.Row[Any]) -> Batch:
    values = dict(row._mapping)
    return Batch(**values | {name: decoder.decode(values[name]) for name, decoder in _decoders.items()})


def _file_row(id: str, file: BatchFile, at: int) -> dict[str, Any]:
    encoded = {name: _encoder.encode(getattr(file, name)).decode() for name in _file_decoders}
    return {"batch_id": id, "directory": file.directory, "name": file.name, "n": file.n, "at": at, **encoded}


def _file(row: sa.Row[Any]) -> BatchFile:
    values = {name: decoder.decode(row._mapping[name]) for name, decoder in _file_decoders.items()}
    return BatchFile(row.directory, row.name, **values, n=row.n)
