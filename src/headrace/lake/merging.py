"""Merging by key: which rows of a batch hold, which rows of the table go for them, which keys are deleted.

Rows are ranked by version, then by when they were read, then by where (their position); of each key the highest holds.
A deleted key outlives its row, for a row of it that is older than its deletion must not come back. DuckDB decides in
bounded memory, on the columns of keys alone, and only the numbers of rows come back.
"""

import re
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, LessThanOrEqual, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from headrace.errors import FileDamaged
from headrace.lake.changes import Merged
from headrace.lake.data_files import Rows
from headrace.lake.layout import BATCH, EXTRACTED_AT, IS_DELETED, KEY, POSITION, SCOPE, VERSION

MEMORY = "96MB"  # beyond it DuckDB goes on in files
_TURNS = threading.RLock()  # merges of a process are decided one after the other, so that the memory is that of one
THREADS = 2
BATCH_ROWS = 65_536
MOST_PASSES = 4096  # over the keys, each time over a share of them, where they do not fit that memory

_STORED = f"""{KEY} AS key, coalesce({VERSION}, '') AS version, epoch_us({EXTRACTED_AT}) AS instant,
    {POSITION} AS place, {BATCH} AS batch"""
_PLACE = "file_index::BIGINT AS file, file_row_number::UINTEGER AS row"  # file_index counts the paths, from 0
_READ = "read_parquet($paths, file_row_number = true)"
_RANKED = "key VARCHAR, version VARCHAR, instant BIGINT, place BIGINT, batch VARCHAR"
_BEATS = "({0}.version, {0}.instant, {0}.place, {0}.batch) > ({1}.version, {1}.instant, {1}.place, {1}.batch)"

_TABLES = f"""
CREATE OR REPLACE TEMP TABLE stay_out (file BIGINT, row UINTEGER);
CREATE OR REPLACE TEMP TABLE go (file BIGINT, row UINTEGER);
CREATE OR REPLACE TEMP TABLE figures (part INT, superseded BIGINT, deletions BIGINT, replaced BIGINT, deleted BIGINT);
CREATE TEMP TABLE IF NOT EXISTS deleted (scope VARCHAR, {_RANKED});
DELETE FROM deleted WHERE scope = $scope
"""  # noqa: S608 - of our own names
# What came of some of the keys: all of it, what loses to another of its rows, and the best row of each key.
_CAME = f"""
CREATE OR REPLACE TEMP TABLE came AS
SELECT {_PLACE}, ($parts)[file_index::BIGINT + 1] AS part, {IS_DELETED} AS gone, {_STORED}
FROM {_READ} WHERE {KEY} IS NOT NULL AND hash({KEY}) % $passes::UBIGINT = $pass::UBIGINT;
CREATE OR REPLACE TEMP TABLE lost AS
SELECT file, row, part FROM came SEMI JOIN (SELECT key FROM came GROUP BY key HAVING count(*) > 1) USING (key)
QUALIFY row_number() OVER (PARTITION BY key ORDER BY version DESC, instant DESC, place DESC) > 1;
CREATE OR REPLACE TEMP TABLE best AS SELECT * FROM came ANTI JOIN lost USING (file, row);
CREATE OR REPLACE TEMP TABLE stood (file BIGINT, row UINTEGER, {_RANKED});
CREATE OR REPLACE TEMP TABLE buried ({_RANKED})
"""  # noqa: S608 - of our own names
_STOOD = f"""
INSERT INTO stood SELECT {_PLACE}, {_STORED} FROM {_READ}
WHERE {SCOPE} = $scope AND NOT list_contains($going, {BATCH}) AND {KEY} IN (SELECT key FROM best)
"""  # noqa: S608 - of our own names
_BURIED = """
INSERT INTO buried SELECT key, coalesce(version, ''), extracted_at, "position", batch FROM read_parquet($deleted_keys)
WHERE scope = $scope AND NOT list_contains($going, batch) AND key IN (SELECT key FROM best)
"""
_DECIDED = f"""
CREATE OR REPLACE TEMP TABLE beaten AS
SELECT DISTINCT key FROM best JOIN (
    SELECT key, version, instant, place, batch FROM stood UNION ALL SELECT * FROM buried
) AS other USING (key) WHERE {_BEATS.format("other", "best")};
CREATE OR REPLACE TEMP TABLE holds AS SELECT * FROM best ANTI JOIN beaten USING (key);
INSERT INTO stay_out
SELECT file, row FROM lost UNION ALL SELECT file, row FROM best SEMI JOIN beaten USING (key)
UNION ALL SELECT file, row FROM holds WHERE gone;
INSERT INTO go SELECT stood.file, stood.row FROM stood SEMI JOIN holds USING (key);
INSERT INTO figures
SELECT part, count(*), 0, 0, 0 FROM (
    SELECT part FROM lost UNION ALL SELECT part FROM best SEMI JOIN beaten USING (key)
) GROUP BY part
UNION ALL SELECT part, 0, count(*), 0, 0 FROM holds WHERE gone GROUP BY part
UNION ALL SELECT part, 0, 0, count(*) FILTER (NOT gone), count(*) FILTER (gone)
FROM stood JOIN holds USING (key) GROUP BY part;
INSERT INTO deleted SELECT $scope, key, version, instant, place, batch FROM holds WHERE gone
"""  # noqa: S608 - of our own names
_PASSING = ("came", "lost", "best", "stood", "buried", "beaten", "holds")
_FORGET = "; ".join(f"DROP TABLE IF EXISTS {name}" for name in _PASSING)
_ROWS = "SELECT file, row FROM {table} ORDER BY file, row"
_FIGURES = """
SELECT part, sum(superseded)::BIGINT, sum(deletions)::BIGINT, sum(replaced)::BIGINT, sum(deleted)::BIGINT
FROM figures GROUP BY part ORDER BY part
"""
_DELETED_NOW = """
SELECT scope, key, version, instant AS extracted_at, place AS "position", batch FROM deleted
"""
# Of what was deleted before, a key that is deleted anew is left out.
_DELETED_BEFORE = """
UNION ALL SELECT scope, key, version, extracted_at, "position", batch FROM read_parquet($earlier)
ANTI JOIN deleted USING (scope, key) WHERE NOT list_contains($going, batch)
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a merge does to its scope, against one state of the table.

    stay_out  by path of the batch's own files: rows that are not stored
    go        by path of the table's files: rows that go
    merged    the figures of each part
    """

    stay_out: Mapping[str, Rows]
    go: Mapping[str, Rows]
    merged: Mapping[int, Merged]


@dataclass(slots=True)
class Merger:
    """Decides the merges of one commit."""

    _folder: "tempfile.TemporaryDirectory[str] | None" = None
    _opened: "duckdb.DuckDBPyConnection | None" = None
    _turn: bool = False

    def begin(self) -> None:
        """Forgets what an earlier attempt decided."""
        if self._opened is not None:
            self._run("DELETE FROM deleted")

    def key_range(self, own: Iterable[str]) -> tuple[str, str] | None:
        """The smallest and the greatest key in files of these paths."""
        paths = list(own)
        query = f"SELECT min({KEY}), max({KEY}) FROM read_parquet($paths)"  # noqa: S608 - of our own names
        low, high = (self._run(query, paths=paths).fetchone() if paths else None) or (None, None)
        return None if low is None else (low, high)

    def decide(
        self, scope: str, own: Mapping[str, int], standing: Sequence[str], deleted_keys: str | None,
        going: Iterable[str],
    ) -> Decision:  # fmt: skip
        """Who holds among the rows of a scope that came, those of the ``standing`` files, and the deleted keys.

        own    the files of what came, by path, each with its part
        going  batches whose rows leave the table anyway
        """
        passes = 1
        while True:
            try:
                for n in range(passes):
                    self._decide(n, passes, scope, own, standing, deleted_keys, list(going))
                break
            except duckdb.OutOfMemoryException:
                if passes >= MOST_PASSES:
                    raise
                passes *= 4
        self._run(_FORGET)
        return Decision(
            _by_file(self._run(_ROWS.format(table="stay_out")), list(own)),
            _by_file(self._run(_ROWS.format(table="go")), list(standing)),
            {part: Merged(*counts) for part, *counts in self._run(_FIGURES).fetchall()},
        )

    def _decide(
        self, n: int, passes: int, scope: str, own: Mapping[str, int], standing: Sequence[str],
        deleted_keys: str | None, going: list[str],
    ) -> None:  # fmt: skip
        """Decides for one share of the keys, by their hashes."""
        if n == 0:
            self._run(_TABLES, scope=scope)
        if not own:
            return
        self._run(_CAME, paths=list(own), parts=list(own.values()), **{"passes": passes, "pass": n})
        if standing:
            self._run(_STOOD, paths=list(standing), scope=scope, going=going)
        if deleted_keys is not None:
            self._run(_BURIED, deleted_keys=deleted_keys, scope=scope, going=going)
        self._run(_DECIDED, scope=scope)

    def deleted_keys(self, earlier: str | None, going: Sequence[str]) -> pa.RecordBatchReader | None:
        """The deleted keys after these decisions, as they are stored; None where the ``earlier`` file says it already.

        scope, key, version, extracted_at (epoch µs), position, batch
        """
        more = self._opened is not None and self._run("SELECT 1 FROM deleted LIMIT 1").fetchone() is not None
        if not more and not (earlier and going and self._holds(earlier, going)):
            return None
        query = _DELETED_NOW + (_DELETED_BEFORE if earlier else "")
        return self._run(query, earlier=earlier, going=list(going)).to_arrow_reader(BATCH_ROWS)

    def release_memory(self) -> None:
        """Gives back what the decisions took, and forgets which keys they deleted."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def close(self) -> None:
        """Forgets everything, and lets the next merge begin."""
        self.release_memory()
        if self._folder is not None:
            self._folder.cleanup()
        if self._turn:
            _TURNS.release()
            self._turn = False

    def _holds(self, earlier: str, going: Sequence[str]) -> bool:
        query = "SELECT 1 FROM read_parquet($earlier) WHERE list_contains($going, batch) LIMIT 1"
        return self._run(query, earlier=earlier, going=list(going)).fetchone() is not None

    def _run(self, statements: str, **values: object) -> "duckdb.DuckDBPyConnection":
        try:
            result = self._connection
            for statement in statements.split(";"):
                used = {name: value for name, value in values.items() if re.search(rf"\${name}\b", statement)}
                result = self._connection.execute(statement, used)
            return result
        except duckdb.IOException as error:
            raise FileDamaged(f"A data file cannot be read: {error}.") from error

    @property
    def _connection(self) -> "duckdb.DuckDBPyConnection":
        if self._opened is None:
            self._turn = self._turn or _TURNS.acquire()
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="headrace-merge-")
            config: dict[str, str | bool | int | float | list[str]] = {
                "memory_limit": MEMORY,
                "threads": THREADS,
                "temp_directory": self._folder.name,
                "preserve_insertion_order": False,
            }
            self._opened = duckdb.connect(":memory:", config=config)
            self._run(_TABLES, scope="")
        return self._opened


def keyed_files(table: Table, scope: str, low: str, high: str) -> list[DataFile]:
    """The current files that may hold rows of the scope with a key between the two."""
    if KEY not in table.schema().column_names:
        return []  # nothing in it was ever merged
    between = And(
        GreaterThanOrEqual(term=Reference(KEY), value=literal(low)),
        LessThanOrEqual(term=Reference(KEY), value=literal(high)),
    )
    held = And(EqualTo(term=Reference(SCOPE), value=literal(scope)), between)
    number = table.schema().find_field(KEY).field_id
    files = (task.file for task in table.scan(row_filter=held).plan_files())
    return [file for file in files if number in (file.lower_bounds or {})]  # older files have no such column


def _by_file(found: "duckdb.DuckDBPyConnection", paths: Sequence[str]) -> dict[str, Rows]:
    columns = found.fetchnumpy()
    files, rows = np.asarray(columns["file"]), np.asarray(columns["row"], np.uint32)
    if not len(files):
        return {}
    numbers, starts = np.unique(files, return_index=True)
    return {paths[int(n)]: each for n, each in zip(numbers, np.split(rows, starts[1:]), strict=True)}
