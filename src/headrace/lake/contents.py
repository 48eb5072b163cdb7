"""What a table holds: its rows, the files of a batch, the batches of its history, files that nothing refers to."""

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
from headrace.lake.changes import DataFileFacts, FileRef, Outcome, TableRef
from headrace.lake.files import TEMPORARY
from headrace.lake.history import outcomes
from headrace.lake.home import home_of
from headrace.lake.lake import Lake
from headrace.lake.layout import BATCH, month_name, table_folder
from headrace.lake.schemas import arrow_schema_of


@dataclass(frozen=True, slots=True)
class FilesOnDisk:
    """Data files by name: what the table refers to and is missing, what lies there and no snapshot refers to."""

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


def rows_by_batch(lake: Lake, ref: TableRef) -> dict[str, int]:
    """How many rows of each batch the table holds now, read a slice at a time; FileDamaged."""
    counted: Counter[str] = Counter()
    try:
        for slice in lake.table(ref).scan(selected_fields=(BATCH,)).to_arrow_batch_reader():
            for value in slice.column(BATCH).value_counts().to_pylist():
                counted[value["values"]] += value["counts"]
    except (OSError, pa.ArrowInvalid) as error:
        raise FileDamaged(f"The rows of dataset {ref.dataset_id} cannot be read: {error}") from error
    return dict(counted)


def batches_in_history(lake: Lake, ref: TableRef) -> list[Outcome]:
    """Every batch that the table's snapshots name, oldest first."""
    return list(outcomes(lake.table(ref)))


def files_on_disk(lake: Lake, ref: TableRef) -> FilesOnDisk:
    """Compares the data files that any snapshot refers to with those in the table's directory."""
    table = lake.table(ref)
    home = home_of(table.metadata_location)
    current = _names(home, (task.file.file_path for task in table.scan().plan_files()))
    known = current | _names(home, _ever_referenced(table))
    folder = home / table_folder(ref) / "data"
    present = _names(home, (str(path) for path in folder.rglob("*") if path.is_file()))
    unfinished = {name for name in present if Path(name).name.startswith(TEMPORARY)}
    return FilesOnDisk(
        referenced=tuple(sorted(current)),
        missing=tuple(sorted(known - present)),
        orphans=tuple(sorted(present - known - unfinished)),
    )


def _ever_referenced(table: Table) -> set[str]:
    """The data files of every snapshot; each manifest is read once. A table of empty commits has none at all."""
    listed = (manifest for snapshot in table.metadata.snapshots for manifest in snapshot.manifests(table.io))
    manifests = {manifest.manifest_path: manifest for manifest in listed}
    return {entry.data_file.file_path for one in manifests.values() for entry in one.fetch_manifest_entry(table.io)}


def damaged(lake: Lake, refs: Iterable[FileRef]) -> list[str]:
    """The names of those recorded files that are missing or do not hold their recorded bytes."""
    return [ref.name for ref in refs if not _intact(lake, ref)]


def _intact(lake: Lake, ref: FileRef) -> bool:
    try:
        return lake.files.sha256(ref) == ref.sha256
    except FileDamaged:
        return False


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
