"""Recorded files as Iceberg data files: their footers checked, measured and, where needed, rewritten."""

import hashlib
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    MetricModeTypes,
    MetricsMode,
    StatisticsCollector,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record

from headrace.errors import FileDamaged
from headrace.files import FileRef
from headrace.lake.changes import TableRef
from headrace.lake.layout import DAY, EXTRACTED_AT, KEY, SCOPE, deleted_keys_folder, month_ordinal
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.removals import Condition, Removal, days_of, latest_extraction
from headrace.lake.schemas import file_schema, ids_in, ids_of
from headrace.lake.writer import MonthWriter, ParquetDraft

READ_ROWS = 32_768
READ_AHEAD = 4  # batches: a row group is read while another is written
Rows = np.ndarray[Any, np.dtype[np.uint32]]  # numbers of a file's rows, ascending
NO_ROWS: Rows = np.empty(0, np.uint32)

_FULL = MetricsMode(MetricModeTypes.FULL)
# A key may be of any length; its beginning is enough to leave files alone.
_BOUNDED = {SCOPE: _FULL, DAY: _FULL, EXTRACTED_AT: _FULL, KEY: MetricsMode(MetricModeTypes.TRUNCATE, 64)}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What is left of a file after rows were taken out of it, and how many went for each condition."""

    files: tuple[FileRef, ...]
    rows_deleted: tuple[int, ...]


@dataclass(slots=True)
class Rewriter:
    """Rewrites files for one commit; keeps what it wrote, so that a second attempt writes nothing twice."""

    files: LocalDirectory
    ref: TableRef
    batch: str
    kept: set[str] = field(default_factory=set)  # the names that the commit took
    obsolete: set[str] = field(default_factory=set)  # the names that stand nowhere since
    in_doubt: bool = False  # whether some attempt's answer was lost, so that nothing may be removed
    _renumbered: dict[tuple[str, tuple[int, ...]], tuple[FileRef, ...]] = field(default_factory=dict)
    _reduced: dict[tuple[str, tuple[Condition, ...], bytes], Rewritten] = field(default_factory=dict)
    _written: list[FileRef] = field(default_factory=list)

    def without(self, path: str, removals: Sequence[Removal], rows: Rows = NO_ROWS) -> Rewritten:
        """The file less these rows and those of the removals; WindowSuperseded when one of them was read later."""
        key = (path, tuple(removal.condition for removal in removals), hashlib.sha256(rows.tobytes()).digest())
        if key not in self._reduced:
            deleted = [0] * len(removals)
            first = 0

            def keep(batch: pa.RecordBatch) -> pa.RecordBatch:
                nonlocal first
                low, high = np.searchsorted(rows, (first, first + len(batch)))
                stays = np.ones(len(batch), bool)
                stays[rows[low:high].astype(np.int64) - first] = False
                first += len(batch)
                batch = batch.filter(pa.array(stays)) if high > low else batch
                for index, removal in enumerate(removals):
                    gone = removal.condition.mask(batch)
                    removal.require_not_later_than(latest_extraction(batch.filter(gone)))
                    deleted[index] += pc.sum(gone).as_py() or 0
                    batch = batch.filter(pc.invert(gone))
                return batch

            files = self._rewrite(Path(path), None, keep)
            self._reduced[key] = Rewritten(files, tuple(deleted))
        return self._reduced[key]

    def numbered(self, refs: Iterable[FileRef], table: Schema) -> Iterator[tuple[FileRef, tuple[FileRef, ...]]]:
        """Each file with itself when it declares the table's field ids, otherwise with its rows in files that do.

        A writer foresees the ids that its commit will assign; another commit may have taken them meanwhile.
        """
        known = ids_in(table)
        return ((ref, self._numbered(ref, table, known)) for ref in refs)

    def _numbered(self, ref: FileRef, table: Schema, known: Mapping[str, int]) -> tuple[FileRef, ...]:
        path = self.files.path(ref.name)
        columns = _footer(path, ref).schema.to_arrow_schema()
        declared = ids_of(columns)
        if all(known[name] == number for name, number in declared.items()):
            return (ref,)
        key = (ref.name, tuple(known[name] for name in declared))
        if key not in self._renumbered:
            self._renumbered[key] = self._rewrite(path, file_schema(columns, table), lambda batch: batch)
        return self._renumbered[key]

    def deleted_keys(self, rows: pa.RecordBatchReader) -> FileRef:
        """A file of the table's deleted keys."""
        name = f"{deleted_keys_folder(self.ref)}/{self._stem}{uuid.uuid4().hex}.parquet"
        draft = ParquetDraft(self.files, name, None, rows.schema)
        try:
            for batch in rows:
                draft.write(pa.Table.from_batches([batch]))
        except BaseException:
            draft.discard()
            raise
        self._written.append(draft.publish())
        return self._written[-1]

    def take(self, kept: set[str], obsolete: set[str]) -> None:
        """The commit went through with the ``kept`` files; the ``obsolete`` ones stand nowhere any more."""
        self.kept, self.obsolete = kept, obsolete - kept

    def sweep(self) -> None:
        """Removes what was written for attempts that did not become the commit."""
        attempts = [*self._renumbered.values(), *(rewritten.files for rewritten in self._reduced.values())]
        refs = [*self._written, *(ref for refs in attempts for ref in refs)]
        written = {ref.name for ref in refs if ref.file_name.startswith(self._stem)}
        if not self.in_doubt:
            self.files.remove((written - self.kept) | self.obsolete)

    @property
    def _stem(self) -> str:
        return f"{self.batch}-rewrite-"

    def _rewrite(
        self, path: Path, schema: pa.Schema | None, keep: Callable[[pa.RecordBatch], pa.RecordBatch]
    ) -> tuple[FileRef, ...]:
        stem = f"{self._stem}{uuid.uuid4().hex}"
        with pq.ParquetFile(path, pre_buffer=False) as source:  # else the whole file is in memory
            target = schema or source.schema_arrow
            months = MonthWriter(self.files, self.ref, target, lambda number: f"{stem}-{number}", lambda rows: rows)
            try:
                for batch in _read_ahead(map(keep, source.iter_batches(READ_ROWS, use_threads=False))):
                    kept = pa.Table.from_batches([batch]).cast(target)
                    months.write(kept, days_of(kept).combine_chunks())
                return tuple(months.close())
            except BaseException:
                months.discard()
                raise


def _read_ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches; the next ones are read while those before them are written."""
    with ThreadPoolExecutor(1, thread_name_prefix="headrace-rewrite") as reader:
        coming = deque(reader.submit(next, batches, None) for _ in range(READ_AHEAD))
        while (batch := coming.popleft().result()) is not None:
            coming.append(reader.submit(next, batches, None))
            yield batch


@dataclass(frozen=True, slots=True)
class Description:
    """How data files of a table are described to Iceberg, with metrics from their footers.

    measured  what is measured of each column, by field id
    ids       field ids by the column's path in a file
    """

    files: LocalDirectory
    measured: Mapping[int, StatisticsCollector]
    ids: Mapping[str, int]

    @classmethod
    def of(cls, files: LocalDirectory, schema: Schema, properties: dict[str, str]) -> "Description":
        """For a table with this schema and these properties."""
        return cls(files, _measured(schema, properties), parquet_path_to_id_mapping(schema))

    def data_file(self, ref: FileRef) -> DataFile:
        """The Iceberg description of a recorded file; FileDamaged."""
        path = self.files.path(ref.name)
        metrics = data_file_statistics_from_parquet_metadata(
            parquet_metadata=_footer(path, ref),
            stats_columns=dict(self.measured),
            parquet_column_mapping=dict(self.ids),
        )
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=str(path),
            file_format=FileFormat.PARQUET,
            partition=Record(month_ordinal(ref.partition)),
            file_size_in_bytes=ref.bytes,
            sort_order_id=None,
            spec_id=0,
            equality_ids=None,
            key_metadata=None,
            **metrics.to_serialized_dict(),
        )


def _measured(schema: Schema, properties: dict[str, str]) -> dict[int, StatisticsCollector]:
    """What is measured of each column.

    pyiceberg bounds no nested column, and without these bounds every replaced window would have to open files that
    it leaves as they are, and rewrite those that it takes whole; every merge would read the keys of every file.
    """
    plan = compute_statistics_plan(schema, properties)
    for column, mode in _BOUNDED.items():
        number = schema.find_field(column).field_id
        plan[number] = replace(plan[number], mode=mode)
    return plan


def _footer(path: Path, ref: FileRef) -> pq.FileMetaData:
    try:
        size = path.stat().st_size
        footer = pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise FileDamaged(f"The data file '{ref.name}' cannot be read: {error}.") from error
    if size != ref.bytes or footer.num_rows != ref.rows:
        raise FileDamaged(
            f"The data file '{ref.name}' has {size} bytes and {footer.num_rows} rows; "
            f"recorded were {ref.bytes} bytes and {ref.rows} rows."
        )
    return footer
