"""What a table holds: its rows, the columns with values, the files of a batch, files that nothing refers to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.expressions import AlwaysTrue, BooleanExpression, EqualTo, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.table import Table

from headrace.errors import FileDamaged
from headrace.lake.changes import DataFileFacts
from headrace.lake.home import home_of
from headrace.lake.layout import BATCH, DELETED_KEYS, FOLDERS, month_name
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.schemas import arrow_schema_of


@dataclass(frozen=True, slots=True)
class FilesOnDisk:
    """The table's files by name: what it refers to and is missing, what lies there and no snapshot refers to.

    Its data files, and the file of deleted keys.
    """

    referenced: tuple[str, ...]
    missing: tuple[str, ...]
    orphans: tuple[str, ...]


def scan(table: Table, batch: str | None) -> pa.Table:
    """The table's rows, or those of one batch.

    pyiceberg plans the files but does not read them: its reader turns a null list of structs into an empty one.
    """
    schema = arrow_schema_of(table.schema())
    files = [task.file.file_path for task in table.scan(row_filter=_rows_of(batch)).plan_files()]
    rows = pa.concat_tables([schema.empty_table(), *(_read(path, schema) for path in files)])
    return rows if batch is None else rows.filter(pc.equal(rows.column(BATCH), batch))


def batch_files(table: Table, batch: str) -> list[DataFileFacts]:
    """The current data files that hold, by their bounds, rows of the batch."""
    home = home_of(table.metadata_location)
    found = [task.file for task in table.scan(row_filter=_rows_of(batch)).plan_files()]
    facts = [
        DataFileFacts(
            name=Path(file.file_path).relative_to(home).as_posix(),
            bytes=file.file_size_in_bytes,
            rows=file.record_count,
            partition=month_name(file.partition[0]),
        )
        for file in found
    ]
    return sorted(facts, key=lambda fact: fact.name)


def rows_by_batch(table: Table) -> dict[str, int]:
    """How many rows of each batch the table holds now, read a slice at a time; FileDamaged."""
    counted: Counter[str] = Counter()
    try:
        for slice in table.scan(selected_fields=(BATCH,)).to_arrow_batch_reader():
            for value in slice.column(BATCH).value_counts().to_pylist():
                counted[value["values"]] += value["counts"]
    except (OSError, pa.ArrowInvalid) as error:
        raise FileDamaged(f"The rows of dataset {table.name()[-1]} cannot be read: {error}") from error
    return dict(counted)


def observed_columns(table: Table) -> frozenset[str]:
    """The dotted names of leaf columns with at least one value in a current file, by the files' own counts."""
    seen: set[int] = set()
    for task in table.scan().plan_files():
        nulls = task.file.null_value_counts or {}
        counts = task.file.value_counts or {}
        seen |= {field for field, count in counts.items() if count > nulls.get(field, 0)}
    names = (table.schema().find_column_name(field) for field in seen)
    return frozenset(name for name in names if name is not None)


def first_rows(table: Table, count: int) -> list[dict[str, object]]:
    """Up to ``count`` rows as they are stored, system tail included."""
    rows: list[dict[str, object]] = table.scan(limit=count).to_arrow().to_pylist(maps_as_pydicts="lossy")
    return rows


def files_on_disk(table: Table) -> FilesOnDisk:
    """Compares the files that any snapshot or the table itself refers to with those in its directory."""
    home = home_of(table.metadata_location)
    current = _names(home, (task.file.file_path for task in table.scan().plan_files()))
    if (deleted_keys := table.metadata.properties.get(DELETED_KEYS)) is not None:
        current.add(deleted_keys)
    known = current | _names(home, _ever_referenced(table))
    (folder,) = _names(home, [table.location()])
    present = {name for kind in FOLDERS for name in LocalDirectory(home).names(f"{folder}/{kind}")}
    return FilesOnDisk(
        referenced=tuple(sorted(current)),
        missing=tuple(sorted(known - present)),
        orphans=tuple(sorted(present - known)),
    )


def _ever_referenced(table: Table) -> set[str]:
    """The data files of every snapshot; each manifest is read once. A table of empty commits has none at all."""
    listed = (manifest for snapshot in table.metadata.snapshots for manifest in snapshot.manifests(table.io))
    manifests = {manifest.manifest_path: manifest for manifest in listed}
    return {
        entry.data_file.file_path
        for manifest in manifests.values()
        for entry in manifest.fetch_manifest_entry(table.io)
    }


def _read(path: str, schema: pa.Schema) -> pa.Table:
    with pq.ParquetFile(path) as file:
        rows = file.read()
    for field in schema:
        if field.name not in rows.column_names:
            rows = rows.append_column(field.name, pa.nulls(rows.num_rows, field.type))
    return rows.select(schema.names).cast(schema)


def _rows_of(batch: str | None) -> BooleanExpression:
    return AlwaysTrue() if batch is None else EqualTo(term=Reference(BATCH), value=literal(batch))


def _names(home: Path, paths: Iterable[str]) -> set[str]:
    return {Path(path).relative_to(home).as_posix() for path in paths}
