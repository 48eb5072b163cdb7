"""The catalog of tables: opening it on SQLite or PostgreSQL, creating, loading and dropping tables."""

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog, SqlCatalogBaseTable
from pyiceberg.exceptions import (
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableRequirement, TableUpdate

from headrace.errors import TableMissing
from headrace.lake.changes import Figures, TableRef
from headrace.lake.home import catalog_url
from headrace.lake.layout import PROPERTIES, namespace, namespace_folder, table_folder, table_name
from headrace.lake.local_directory import make_directory, sync_directory
from headrace.lake.schemas import new_table_schema, partition_spec

CATALOG = "headrace"
REMEMBERED = 16  # metadata files, one for each table that runs commit to at once
BUSY_SECONDS = 60


class DurableFileIO(PyArrowFileIO):
    """Metadata files that survive a power cut: each is on disk before the catalog points to it."""

    def new_output(self, location: str) -> PyArrowFile:
        """A file whose ``create`` gives a stream that syncs when it is closed."""
        scheme, netloc, path = self.parse_location(location, self.properties)
        return _DurableFile(location, path, self.fs_by_scheme(scheme, netloc))


class _DurableFile(PyArrowFile):
    def create(self, overwrite: bool = False) -> "_SyncedStream":
        path = Path(self._path)
        make_directory(path.parent)
        return _SyncedStream(path, "wb" if overwrite else "xb")


class _SyncedStream:
    def __init__(self, path: Path, mode: str) -> None:
        self._path = path
        self._file = path.open(mode)

    def write(self, data: bytes) -> int:
        return int(self._file.write(data))

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            sync_directory(self._path.parent)

    @property
    def closed(self) -> bool:
        return self._file.closed

    def __enter__(self) -> "_SyncedStream":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Shared(list[Any]):
    """A list that all copies of a metadata share: nothing in it changes, and each commit would copy all of it twice."""

    def __deepcopy__(self, _memo: dict[int, Any]) -> "_Shared":
        return self

    def __add__(self, more: list[Any]) -> "_Shared":
        return _Shared([*self, *more])


class RememberingCatalog(SqlCatalog):
    """Reads each metadata file once, or never when it wrote it: a commit loads its table three times, and such a file
    never changes."""

    def __init__(self, name: str, **properties: str) -> None:
        super().__init__(name, **properties)
        self._lock = threading.Lock()
        self._read: dict[str, TableMetadata] = {}

    def _convert_orm_to_iceberg(self, orm_table: IcebergTables) -> Table:
        location = str(orm_table.metadata_location)
        with self._lock:
            metadata = self._read.get(location)
        if metadata is None:
            metadata = self._remember(location, super()._convert_orm_to_iceberg(orm_table).metadata)
        identifier = (*self.identifier_to_tuple(orm_table.table_namespace), orm_table.table_name)
        return Table(identifier, metadata, location, self._load_file_io(metadata.properties, location), self)

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Commits, and remembers what it wrote."""
        response = super().commit_table(table, requirements, updates)
        self._remember(response.metadata_location, response.metadata)
        return response

    def _remember(self, location: str, metadata: TableMetadata) -> TableMetadata:
        shared = {name: _Shared(getattr(metadata, name)) for name in ("snapshots", "snapshot_log")}
        kept: TableMetadata = metadata.model_copy(update=shared)
        with self._lock:
            self._read[location] = kept
            while len(self._read) > REMEMBERED:
                del self._read[next(iter(self._read))]
        return kept


def open_catalog(database_url: str, warehouse: Path) -> SqlCatalog:
    """The catalog in its own SQLite file beside the database (each file has one write lock), or in PostgreSQL."""
    url = catalog_url(database_url)
    if url.get_backend_name() == "sqlite":
        make_directory(Path(str(url.database)).parent)
        engine = sa.create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS})
        sa.event.listen(engine, "connect", _configure_sqlite)
    else:
        engine = sa.create_engine(url, pool_pre_ping=True)
    _create_catalog_tables(engine)
    return _catalog(engine, url, warehouse)


def create_table(catalog: SqlCatalog, warehouse: Path, ref: TableRef, schema: pa.Schema) -> None:
    """Creates the dataset's table unless it exists."""
    space = namespace(ref.org, ref.sandbox)
    with suppress(NamespaceAlreadyExistsError, sa.exc.IntegrityError):
        catalog.create_namespace(space)
    columns = new_table_schema(schema)
    with suppress(TableAlreadyExistsError):
        catalog.create_table(
            (space, table_name(ref)),
            columns,
            location=str(warehouse / table_folder(ref)),
            partition_spec=partition_spec(columns),
            properties=PROPERTIES,
        )


def load_table(catalog: SqlCatalog, ref: TableRef) -> Table:
    """The table as it is now, on a handle that never retries a commit by itself; TableMissing."""
    try:
        table = catalog.load_table((namespace(ref.org, ref.sandbox), table_name(ref)))
    except NoSuchTableError:
        raise TableMissing(f"The dataset '{ref.dataset_id}' has no table in this org and sandbox.") from None
    table.metadata.properties["commit.retry.num-retries"] = "0"
    return table


def drop_table(catalog: SqlCatalog, warehouse: Path, ref: TableRef) -> None:
    """Drops the dataset's table with its files, if it is there."""
    with suppress(NoSuchTableError):
        catalog.drop_table((namespace(ref.org, ref.sandbox), table_name(ref)))
    shutil.rmtree(warehouse / table_folder(ref), ignore_errors=True)


def drop_tables(catalog: SqlCatalog, warehouse: Path, org: str, sandbox: str) -> None:
    """Drops every table of a sandbox, with its files."""
    space = namespace(org, sandbox)
    with suppress(NoSuchNamespaceError):
        for identifier in catalog.list_tables(space):
            with suppress(NoSuchTableError):
                catalog.drop_table(identifier)
    shutil.rmtree(warehouse / namespace_folder(org, sandbox), ignore_errors=True)


def figures(table: Table) -> Figures:
    """What the current snapshot's summary counts."""
    snapshot = table.current_snapshot()
    summary = snapshot.summary if snapshot else None
    rows, size, files = (
        int((summary and summary[f"total-{name}"]) or 0) for name in ("records", "files-size", "data-files")
    )
    return Figures(rows, size, files, snapshot.snapshot_id if snapshot else None, table.metadata_location)


def _catalog(engine: sa.Engine, url: sa.URL, warehouse: Path) -> SqlCatalog:
    catalog = RememberingCatalog(
        CATALOG,
        **{
            "uri": url.render_as_string(hide_password=False),
            "warehouse": str(warehouse),
            "init_catalog_tables": "false",
            "py-io-impl": f"{DurableFileIO.__module__}.{DurableFileIO.__name__}",
        },
    )
    catalog.engine.dispose()
    catalog.engine = engine  # the catalog's own has neither WAL nor a patient lock
    return catalog


def _create_catalog_tables(engine: sa.Engine) -> None:
    for _ in range(2):  # another process may create them between the look and the creation
        with suppress(sa.exc.DBAPIError):
            SqlCatalogBaseTable.metadata.create_all(engine)
            return
    SqlCatalogBaseTable.metadata.create_all(engine)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
