"""The lake: a landing place for files, and tables in which a batch is committed once, or never."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from headrace.lake.changes import Change, DataFileFacts, Figures, Outcome, Stamp, TableRef
from headrace.lake.home import require_home, require_homes
from headrace.lake.landing import Landing
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.recorded import FileStore, RecordedFiles

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import Table

    from headrace.lake.merge_trials import MergeTrial
    from headrace.lake.writer import DataWriter

# pyiceberg takes most of a second to import, so the modules that need it are imported at their first use.


class Lake:
    """One warehouse directory and its catalog; safe to use from several threads and processes at once.

    landing     the landed files, in the warehouse unless another store is given for them
    data_files  the tables' data files, which readers of tables open by their paths in the warehouse
    """

    def __init__(self, database_url: str, warehouse: Path, landed: FileStore | None = None) -> None:
        self._warehouse = warehouse.absolute()
        self._files = LocalDirectory(self._warehouse)
        self.landing = Landing(self._files if landed is None else landed)
        self.data_files = RecordedFiles(self._files)
        self._database_url = database_url
        self._opening = threading.Lock()
        self._locks: dict[TableRef, threading.Lock] = {}

    @classmethod
    def open(cls, database_url: str, warehouse: Path, landed: FileStore | None = None) -> "Lake":
        """The lake whose catalog is at (SQLite: beside) ``database_url``; LakeMoved when it was made elsewhere."""
        require_homes(database_url, warehouse.absolute())
        return cls(database_url, warehouse, landed)

    def close(self) -> None:
        """Closes the catalog's connections."""
        if "_opened" in self.__dict__:
            self.catalog.close()

    @property
    def catalog(self) -> "SqlCatalog":
        """The Iceberg catalog."""
        with self._opening:
            return self._opened

    @cached_property
    def _opened(self) -> "SqlCatalog":
        from headrace.lake.tables import open_catalog

        return open_catalog(self._database_url, self._warehouse)

    # -- tables ----------------------------------------------------------------------------------------------

    def create_table(self, ref: TableRef, schema: pa.Schema) -> None:
        """Creates the dataset's table with these columns and the system tail, unless it exists."""
        from headrace.lake.tables import create_table

        create_table(self.catalog, self._warehouse, ref, schema)

    def drop_table(self, ref: TableRef) -> None:
        """Drops the dataset's table and its files, if it is there."""
        from headrace.lake.tables import drop_table

        drop_table(self.catalog, self._warehouse, ref)

    def drop_tables(self, org: str, sandbox: str) -> None:
        """Drops every table of a sandbox and its files."""
        from headrace.lake.tables import drop_tables

        drop_tables(self.catalog, self._warehouse, org, sandbox)

    def table(self, ref: TableRef) -> "Table":
        """The table as it is now; TableMissing, LakeMoved."""
        from headrace.lake.tables import load_table

        table = load_table(self.catalog, ref)
        require_home(table.metadata_location, self._warehouse)  # another process may have made it since the opening
        return table

    def figures(self, ref: TableRef) -> Figures:
        """How much the table holds now."""
        from headrace.lake.tables import figures

        return figures(self.table(ref))

    def metadata_location(self, ref: TableRef) -> str:
        """The path that DuckDB's ``iceberg_scan`` takes."""
        return str(self.table(ref).metadata_location)

    def scan(self, ref: TableRef, batch: str | None = None) -> pa.Table:
        """The table's rows, or those of one batch."""
        from headrace.lake.contents import scan

        return scan(self.table(ref), batch)

    def batch_files(self, ref: TableRef, batch: str) -> list[DataFileFacts]:
        """The current data files that hold rows of the batch."""
        from headrace.lake.contents import batch_files

        return batch_files(self.table(ref), batch)

    def observed_columns(self, ref: TableRef) -> frozenset[str]:
        """The dotted names of leaf columns with at least one value."""
        from headrace.lake.contents import observed_columns

        return observed_columns(self.table(ref))

    def first_rows(self, ref: TableRef, count: int) -> list[dict[str, object]]:
        """Up to ``count`` rows as they are stored, system tail included."""
        from headrace.lake.contents import first_rows

        return first_rows(self.table(ref), count)

    # -- batches ---------------------------------------------------------------------------------------------

    def writer(self, ref: TableRef, schema: pa.Schema, stamp: Stamp) -> "DataWriter":
        """A writer of the batch's rows; ``schema`` is the plan's, without the system tail."""
        return self.writers(ref, schema)(stamp)

    def writers(self, ref: TableRef, schema: pa.Schema) -> Callable[[Stamp], "DataWriter"]:
        """Makes a writer for each part of a batch; the table is looked at once."""
        from headrace.lake.layout import with_tail
        from headrace.lake.schemas import evolve, file_schema
        from headrace.lake.transactions import SteadyTransaction
        from headrace.lake.writer import DataWriter

        evolved = evolve(SteadyTransaction(self.table(ref)), schema)  # foreseen, not committed
        return partial(DataWriter, self._files, ref, schema, file_schema(with_tail(schema), evolved))

    def commit(self, ref: TableRef, schema: pa.Schema, changes: Sequence[Change]) -> dict[str, Outcome]:
        """Commits each batch unless history holds it; brings the table up to ``schema`` in the same transaction."""
        from headrace.lake.commits import commit

        with self._alone(ref):
            return commit(lambda: self.table(ref), self._files, ref, schema, changes)

    def abort(self, ref: TableRef, batch: str) -> Outcome:
        """Marks the batch aborted in the table's history, unless it is committed already."""
        from headrace.lake.commits import abort

        with self._alone(ref):
            return abort(lambda: self.table(ref), batch)

    def merge_trial(self, ref: TableRef, going: Sequence[str]) -> "MergeTrial":
        """Tries what a merge would decide now, were the ``going`` batches to leave; nothing is committed."""
        from headrace.lake.merge_trials import MergeTrial

        return MergeTrial(lambda: self.table(ref), going)

    def rows_deleted_by(self, ref: TableRef, change: Change) -> int:
        """How many rows a change would delete now; nothing is committed."""
        from headrace.lake.removals import rows_deleted_by

        return rows_deleted_by(self.table(ref), change)

    def outcome(self, ref: TableRef, batch: str) -> Outcome | None:
        """What history says about the batch; BatchUnproven when it cannot tell."""
        from headrace.lake.history import outcome_of

        return outcome_of(self.table(ref), batch)

    @contextmanager
    def _alone(self, ref: TableRef) -> Iterator[None]:
        """Threads of one process take turns at a table; other processes meet at the catalog."""
        with self._opening:
            lock = self._locks.setdefault(ref, threading.Lock())
        with lock:
            yield
