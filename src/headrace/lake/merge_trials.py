"""What a commit would decide of rows that are merged by key, on the table as it is now; nothing of it stays."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.table import Table

from headrace.errors import FileDamaged
from headrace.lake.changes import Merged, Stamp
from headrace.lake.home import home_of
from headrace.lake.layout import DELETED_KEYS, TAIL, tail_columns
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.merging import Merger, keyed_files

Add = Callable[[pa.Array, pa.Table], None]  # days of rows, and their columns of KEYED


class MergeTrial:
    """Rows that would come, by their keys alone: in files of a temporary directory, however many there are.

    going  batches whose rows would leave the table in the same commit
    """

    def __init__(self, load: Callable[[], Table], going: Sequence[str]) -> None:
        self._load = load
        self._going = going
        self._folder = tempfile.TemporaryDirectory(prefix="headrace-merge-trial-")
        self._files: defaultdict[str, dict[str, int]] = defaultdict(dict)  # by scope: each file's part

    @contextmanager
    def part(self, stamp: Stamp) -> Iterator[Add]:
        """Takes the rows of one part, deletions among them."""
        path = Path(self._folder.name) / f"{stamp.part}.parquet"
        with pq.ParquetWriter(path, TAIL, compression="zstd") as writer:

            def add(days: pa.Array, keyed: pa.Table) -> None:
                columns = [column.combine_chunks() for column in keyed.columns]
                writer.write_table(pa.Table.from_arrays(tail_columns(stamp, days, columns), schema=TAIL))

            yield add
        self._files[stamp.scope][str(path)] = stamp.part

    def decided(self) -> Merged:
        """The figures of all rows. FileDamaged when one of the table's files cannot be read."""
        while True:
            table = self._load()
            try:
                return self._decided(table)
            except FileDamaged:  # a commit removes the file of deleted keys that it replaces
                if self._load().metadata_location == table.metadata_location:
                    raise

    def close(self) -> None:
        """Forgets everything."""
        self._folder.cleanup()

    def _decided(self, table: Table) -> Merged:
        name = table.metadata.properties.get(DELETED_KEYS)
        deleted_keys = None if name is None else str(LocalDirectory(home_of(table.metadata_location)).path(name))
        figures: list[Merged] = []
        with closing(Merger()) as merger:
            for scope, own in self._files.items():
                keys = merger.key_range(own)
                standing = [] if keys is None else [file.file_path for file in keyed_files(table, scope, *keys)]
                figures += merger.decide(scope, own, standing, deleted_keys, self._going).merged.values()
        return Merged(*map(sum, zip(*map(msgspec.structs.astuple, figures), strict=True)))
