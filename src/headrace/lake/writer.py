"""Writing data files: one writer streams rows into Parquet files, one month each, with bounded buffers."""

from collections.abc import Callable, Iterator
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headrace.files import FileRef
from headrace.lake.changes import Stamp, TableRef
from headrace.lake.layout import KEY, KEYED, data_file, file_stem, month_name, tail_columns, with_tail
from headrace.lake.local_directory import LocalDirectory

ROW_GROUP_ROWS = 122_880
BUFFER_BYTES = 24 << 20  # what all open months may hold before the fullest is written out
FILE_BYTES = 128 << 20
OPEN_FILES = 64
SINK_BYTES = 1 << 18  # of each open file that go to it at once: Arrow writes each page of each column by itself

_COMPRESSION_LEVEL = 1  # more buys little on ad metrics
_BESIDE = ("_day", *(f"_{name}" for name in KEYED.names))  # carried beside the columns until they are written

Shape = Callable[[pa.Table], pa.Table]  # buffered rows -> rows as the file declares them


class ParquetDraft:
    """One Parquet file in the making."""

    def __init__(self, files: LocalDirectory, name: str, month: str | None, schema: pa.Schema) -> None:
        self.month = month
        self.rows = 0
        self._draft = files.draft(name)
        self._sink = pa.BufferedOutputStream(pa.PythonFile(self._draft, "w"), SINK_BYTES)
        self._parquet = pq.ParquetWriter(
            self._sink,
            schema,
            compression="zstd",
            compression_level=_COMPRESSION_LEVEL,
            # Numbers pack better without, and no key comes twice.
            use_dictionary=[path for path in _text_columns(pa.struct(list(schema)), "") if path != KEY],
            store_schema=False,
        )

    @property
    def size(self) -> int:
        """Bytes so far."""
        return int(self._sink.tell())

    def write(self, table: pa.Table) -> None:
        """Adds row groups."""
        self._parquet.write_table(table, row_group_size=ROW_GROUP_ROWS)
        self.rows += table.num_rows

    def publish(self) -> FileRef:
        """Ends the file and gives it its name."""
        self._parquet.close()
        self._sink.flush()
        return self._draft.publish(self.rows, self.month)

    def discard(self) -> None:
        """Leaves no trace."""
        self._parquet.close()
        self._draft.discard()


class MonthWriter:
    """Rows of any months in, one file per month (several when large) out; ``stem(n)`` names the n-th file."""

    def __init__(
        self, files: LocalDirectory, ref: TableRef, schema: pa.Schema, stem: Callable[[int], str], shape: Shape
    ) -> None:
        self._files, self._ref, self._schema, self._stem, self._shape = files, ref, schema, stem, shape
        self._buffers: dict[int | None, list[pa.Table]] = {}
        self._buffered: dict[int | None, int] = {}
        self._rows: dict[int | None, int] = {}
        self._open: dict[int | None, ParquetDraft] = {}
        self._published: list[FileRef] = []
        self._started = 0

    def write(self, table: pa.Table, days: pa.Array) -> None:
        """Takes rows whose ``_headrace.day`` is ``days``."""
        if table.num_rows == 0:
            return
        months = pc.add(pc.multiply(pc.subtract(pc.year(days), 1970), 12), pc.subtract(pc.month(days), 1))
        runs = pc.value_counts(months).to_pylist()
        if len(runs) == 1:
            self._take(runs[0]["values"], table)
        else:
            self._take_apart(table, months)
        while sum(self._buffered.values()) > BUFFER_BYTES:
            self._flush(max(self._buffered, key=lambda month: self._buffered[month]))

    def close(self) -> list[FileRef]:
        """Publishes every file."""
        for month in [month for month, parts in self._buffers.items() if parts]:
            self._flush(month)
        for month in list(self._open):
            self._publish(month)
        return self._published

    def drop_open(self) -> None:
        """Drops what is not published."""
        for draft in self._open.values():
            draft.discard()
        self._open.clear()

    def discard(self) -> None:
        """Leaves no file behind, published ones included."""
        self.drop_open()
        self._files.remove(ref.name for ref in self._published)

    def _take_apart(self, table: pa.Table, months: pa.Array) -> None:
        order = pc.sort_indices(months)
        start = 0
        for run in pc.value_counts(months.take(order)).to_pylist():
            # each month gets memory of its own: a slice would keep the other months' rows alive
            self._take(run["values"], table.take(order.slice(start, run["counts"])))
            start += run["counts"]

    def _take(self, month: int | None, rows: pa.Table) -> None:
        self._buffers.setdefault(month, []).append(rows)
        self._buffered[month] = self._buffered.get(month, 0) + rows.nbytes
        self._rows[month] = self._rows.get(month, 0) + rows.num_rows
        if self._rows[month] >= ROW_GROUP_ROWS:
            self._flush(month)

    def _flush(self, month: int | None) -> None:
        rows = pa.concat_tables(self._buffers.pop(month))
        del self._buffered[month], self._rows[month]
        draft = self._open.get(month) or self._start(month)
        draft.write(self._shape(rows))
        if draft.size >= FILE_BYTES:
            self._publish(month)

    def _start(self, month: int | None) -> ParquetDraft:
        if len(self._open) >= OPEN_FILES:
            self._publish(next(iter(self._open)))
        name = month_name(month)
        path = data_file(self._ref, name, self._stem(self._started))
        self._started += 1
        self._open[month] = ParquetDraft(self._files, path, name, self._schema)
        return self._open[month]

    def _publish(self, month: int | None) -> None:
        self._published.append(self._open.pop(month).publish())


class DataWriter:
    """The rows of one part of a batch on their way into the lake; ``close`` gives the files to record."""

    def __init__(
        self, files: LocalDirectory, ref: TableRef, columns: pa.Schema, schema: pa.Schema, stamp: Stamp
    ) -> None:
        self._names = columns.names
        self._schema = schema
        self._stored = with_tail(columns)
        self._stamp = stamp
        self._months = MonthWriter(files, ref, schema, lambda number: file_stem(stamp, number), self._shape)

    def write(self, table: pa.Table, days: pa.Array, keyed: pa.Table | None = None) -> None:
        """Adds rows in the schema's columns (``_row`` is left out).

        days   their date32 day, or null
        keyed  of rows that are merged: the columns of KEYED
        """
        rows = table.select(self._names)
        beside = [pa.nulls(len(days), kind) for kind in KEYED.types] if keyed is None else keyed.columns
        for name, column in zip(_BESIDE, (days, *beside), strict=True):
            rows = rows.append_column(name, column)
        self._months.write(rows, days.combine_chunks() if isinstance(days, pa.ChunkedArray) else days)

    def close(self) -> list[FileRef]:
        """Publishes the files, one month each."""
        return self._months.close()

    def abort(self) -> None:
        """Leaves no file behind."""
        self._months.discard()

    def __enter__(self) -> "DataWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.abort()
        else:
            self._months.drop_open()

    def _shape(self, rows: pa.Table) -> pa.Table:
        days, *keyed = (rows.column(name).combine_chunks() for name in _BESIDE)
        columns = [*rows.columns[: -len(_BESIDE)], *tail_columns(self._stamp, days, keyed)]
        stored = pa.Table.from_arrays(columns, schema=self._stored)
        return stored if self._stored.types == self._schema.types else stored.cast(self._schema)


def _text_columns(kind: pa.DataType, path: str) -> Iterator[str]:
    if pa.types.is_struct(kind):
        for child in kind:
            yield from _text_columns(child.type, f"{path}.{child.name}".lstrip("."))
    elif pa.types.is_list(kind):
        yield from _text_columns(kind.value_type, f"{path}.list.element")
    elif pa.types.is_map(kind):
        yield from _text_columns(kind.key_type, f"{path}.key_value.key")
        yield from _text_columns(kind.item_type, f"{path}.key_value.value")
    elif pa.types.is_string(kind):
        yield path
