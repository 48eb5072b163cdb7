"""Whether a data directory is whole: the store, the tables and the files say the same about every batch and row."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from headrace.catalog.uploads import REVERT
from headrace.counts import total
from headrace.errors import Conflict, FileDamaged, HeadraceError, NotFound, TableMissing
from headrace.lake import Lake, Outcome, TableRef
from headrace.lake.contents import FilesOnDisk, files_on_disk, rows_by_batch
from headrace.lake.history import outcomes
from headrace.lake.landing import folder
from headrace.store import batches, documents, parts, runs, sandboxes
from headrace.store.batches import Batch, BatchMetrics
from headrace.store.engine import Store
from headrace.store.parts import PartRecord
from headrace.store.runs import FAILED, SUCCESS, Run
from headrace.store.scope import Caller

BATCH_ID_LENGTH = 26
STEADY_LOOKS = 5
DIRECTORIES = (batches.INPUT_FILES, batches.ROW_ERRORS, batches.DATA)

Watch = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be: what kind of thing, which one, what is wrong with it."""

    kind: str
    id: str
    message: str


@dataclass(slots=True)
class Report:
    """What was looked at, what is wrong, and which files an interrupted or failed attempt left to be swept."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """What one dataset's table says: its history, the rows it holds by batch, its files.

    damage  why the rows cannot be counted, if they cannot
    """

    ref: TableRef
    history: dict[str, Outcome]
    rows: dict[str, int]
    damage: str | None
    files: FilesOnDisk


@dataclass(frozen=True, slots=True)
class Records:
    """What the store says of one sandbox."""

    caller: Caller
    datasets: list[str]
    batches: dict[str, Batch]
    runs: dict[str, Run]
    parts: dict[str, list[PartRecord]]


def verify(store: Store, lake: Lake, watch: Watch) -> Report:
    """Checks every sandbox of every org; ``watch`` is told (what, done, total) as it goes on."""
    report = Report()
    with store.read() as conn:
        scopes = [_records(conn, caller) for caller in _callers(conn)]
    for records in scopes:
        tables = {}
        for n, dataset in enumerate(records.datasets):
            watch("tables", n, len(records.datasets))
            ref = TableRef(records.caller.org, records.caller.sandbox, dataset)
            try:
                tables[dataset] = _table(lake, ref)
                report.findings += _table_findings(store, tables[dataset], records)
                report.leftovers += _leftovers(store, tables[dataset].files.orphans, report)
            except TableMissing as error:
                report.findings.append(Finding("dataset", dataset, error.message))
        _check_batches(store, lake, records, tables, report, watch)
        for run in records.runs.values():
            report.findings += _run_findings(run, records)
        report.counts += Counter(tables=len(tables), batches=len(records.batches), runs=len(records.runs))
        report.counts["rows"] += sum(sum(table.rows.values()) for table in tables.values())
    report.leftovers += _landed_leftovers(store, lake, report)
    return report


def _callers(conn: sa.Connection) -> Iterator[Caller]:
    for org in sandboxes.orgs(conn):
        for sandbox in sandboxes.listed(conn, org):
            yield Caller(org, sandbox.name, sandbox.id, "", "verify")


def _records(conn: sa.Connection, caller: Caller) -> Records:
    datasets = [found.id for found in documents.select(conn, caller, "dataSets")]
    known = {batch.id: batch for batch in batches.select(conn, caller)}
    known_runs = {run.id: run for run in runs.of_sandbox(conn, caller)}
    # An uploaded batch is the owner of its own parts, also where an earlier release made no run for it.
    owners = {*known_runs, *(batch.run for batch in known.values())}
    return Records(caller, datasets, known, known_runs, parts.of_owners(conn, owners))


# -- tables ----------------------------------------------------------------------------------------------------


def _table(lake: Lake, ref: TableRef) -> Table:
    """One state of the table, also while a server goes on committing."""
    for _ in range(STEADY_LOOKS):
        before = lake.figures(ref).snapshot_id
        history = {outcome.batch: outcome for outcome in outcomes(lake.table(ref))}
        table = Table(ref, history, *_rows(lake, ref), files_on_disk(lake.table(ref)))
        if lake.figures(ref).snapshot_id == before:
            return table
    raise Conflict(f"The table of dataset {ref.dataset_id} kept changing; verify again when fewer runs are at work.")


def _rows(lake: Lake, ref: TableRef) -> tuple[dict[str, int], str | None]:
    try:
        return rows_by_batch(lake.table(ref)), None
    except FileDamaged as error:
        return {}, error.message


def _table_findings(store: Store, table: Table, records: Records) -> Iterator[Finding]:
    id = table.ref.dataset_id
    for name in table.files.missing:
        yield Finding("file", name, f"The table of dataset {id} refers to this file and it is missing.")
    for batch in sorted({*table.history, *table.rows} - set(records.batches)):
        if _status(store, batch) is None:
            rows = table.rows.get(batch, 0)
            yield Finding("batch", batch, f"The table of dataset {id} holds {rows} rows of it, and no record names it.")
    if table.damage is not None:
        yield Finding("dataset", id, table.damage)
        return
    added = sum(outcome.rows_added for outcome in table.history.values())
    deleted = sum(outcome.rows_deleted for outcome in table.history.values())
    held = sum(table.rows.values())
    whole = set(table.rows) <= set(table.history)  # else snapshots have expired, and the sum says nothing
    if whole and held != added - deleted:
        said = f"History says {added} rows came and {deleted} went; the table holds {held}."
        yield Finding("dataset", id, said)


# -- batches ---------------------------------------------------------------------------------------------------


def _check_batches(
    store: Store, lake: Lake, records: Records, tables: dict[str, Table], report: Report, watch: Watch
) -> None:
    for n, batch in enumerate(records.batches.values()):
        watch("batches", n, len(records.batches))
        report.findings += _status_findings(batch, records)
        table = tables.get(batch.dataset_id)
        if table is not None:
            report.findings += _lake_findings(lake, batch, table)
        report.findings += _file_findings(store, lake, batch, table, report)


def _status_findings(batch: Batch, records: Records) -> Iterator[Finding]:
    run = records.runs.get(batch.run)
    if batch.run_id is not None and run is None:
        yield Finding("batch", batch.id, f"It belongs to run {batch.run_id}, which is not recorded.")
    if batch.status in batches.UNDER_WAY and run is not None and run.finished:
        doubt = "; whether its rows are in the table is not proved" if run.in_doubt else ""
        yield Finding(
            "batch", batch.id, f"It is {batch.status} although its run {run.id} is over ({run.state}){doubt}."
        )
    if batch.status == "success":
        yield from _balance_of_batch(batch, records)


def _balance_of_batch(batch: Batch, records: Records) -> Iterator[Finding]:
    metrics = batch.metrics or BatchMetrics()
    recorded = {
        "read": metrics.input_record_count,
        "written": metrics.output_record_count,
        "rejected": metrics.failed_record_count,
        "dropped": metrics.skipped_record_count,
    }
    if recorded["read"] != recorded["written"] + recorded["rejected"] + recorded["dropped"]:
        yield Finding("batch", batch.id, f"Its counters do not balance: {_spoken(recorded)}.")
    counts = total(part.counts for part in records.parts.get(batch.run, []))
    dropped = sum(counts.dropped.values())
    summed = {"read": counts.read, "written": counts.written, "rejected": counts.rejected, "dropped": dropped}
    if recorded != summed:
        said = f"Its counters say {_spoken(recorded)}; its parts add up to {_spoken(summed)}."
        yield Finding("batch", batch.id, said)


def _lake_findings(lake: Lake, batch: Batch, table: Table) -> Iterator[Finding]:
    try:
        outcome = table.history.get(batch.id) or lake.outcome(table.ref, batch.id)
    except HeadraceError as error:
        yield Finding("batch", batch.id, error.message)
        return
    committed = outcome is not None and outcome.state == "committed"
    if batch.status == "success" and not committed:
        said = "aborted" if outcome is not None else "nothing"
        yield Finding("batch", batch.id, f"It is recorded as a success; the table's history says {said} of it.")
    elif batch.status in ("failed", "aborted") and committed:
        yield Finding("batch", batch.id, f"It is recorded as {batch.status}, and the table holds it as committed.")
    elif batch.status == "success" and outcome is not None and outcome.snapshot_id is not None:
        yield from _rows_of_batch(batch, outcome, table)


def _rows_of_batch(batch: Batch, outcome: Outcome, table: Table) -> Iterator[Finding]:
    written = batch.metrics.output_record_count if batch.metrics else 0
    if written != outcome.rows_added:
        said = f"It is recorded with {written} rows; its snapshot added {outcome.rows_added}."
        yield Finding("batch", batch.id, said)
    held = table.rows.get(batch.id, 0)
    if table.damage is None and held < outcome.rows_added and not _successors(batch.id, table):
        said = f"Its snapshot added {outcome.rows_added} rows, the table holds {held}, and no later batch replaced any."
        yield Finding("batch", batch.id, said)


def _successors(batch: str, table: Table) -> list[str]:
    later = list(table.history)[list(table.history).index(batch) + 1 :]
    return [id for id in later if table.history[id].rows_deleted]


def _file_findings(store: Store, lake: Lake, batch: Batch, table: Table | None, report: Report) -> Iterator[Finding]:
    current = set(table.files.referenced) if table is not None else set()
    with store.read() as conn:
        listed = [(directory, file) for directory in DIRECTORIES for file in batches.files(conn, batch.id, directory)]
    landed = {file.ref.name: file.ref for directory, file in listed if directory != batches.DATA}  # pages share files
    data = [file.ref for directory, file in listed if directory == batches.DATA]
    # A data file that was replaced or rewritten since may be gone; one that the table reads may not.
    needed = [ref for ref in data if ref.name in current]
    report.counts["files"] += len(landed) + len(needed)
    for name in [*lake.landing.damaged(landed.values()), *lake.data_files.damaged(needed)]:
        yield Finding("file", name, f"It is missing or does not hold what batch {batch.id} recorded of it.")


# -- runs ------------------------------------------------------------------------------------------------------


def _run_findings(run: Run, records: Records) -> Iterator[Finding]:
    for part in records.parts.get(run.id, []):
        if part.state == parts.PROMOTED:
            yield from _balance_of_part(run, part)
    batch = records.batches.get(run.batch_id)
    if run.state == SUCCESS and batch is None:
        yield Finding("run", run.id, f"It succeeded, and its batch {run.batch_id} is not recorded.")
    if run.state == SUCCESS and batch is not None and batch.status not in ("success", "inactive"):
        yield Finding("run", run.id, f"It succeeded, and its batch {batch.id} is {batch.status}.")
    if run.state == FAILED and batch is not None and batch.status in ("success", "inactive"):
        yield Finding("run", run.id, f"It failed, and its batch {batch.id} is {batch.status}.")
    if not run.finished and batch is not None and batch.status not in batches.UNFINISHED:
        yield Finding("run", run.id, f"It is {run.state}, and its batch {batch.id} is {batch.status} already.")


def _balance_of_part(run: Run, part: PartRecord) -> Iterator[Finding]:
    try:
        part.counts.require_balance(f"Part {part.n}")
    except HeadraceError as error:
        yield Finding("run", run.id, error.message)


# -- files that nothing refers to --------------------------------------------------------------------------------


def _leftovers(store: Store, orphans: tuple[str, ...], report: Report) -> Iterator[str]:
    """Orphans of finished batches, which a sweep removes; those of no batch become findings."""
    for name in orphans:
        status = _status(store, name.rpartition("/")[2].removeprefix(REVERT)[:BATCH_ID_LENGTH])
        if status is not None:
            yield from () if status in batches.UNFINISHED else (name,)
        else:
            report.findings.append(Finding("file", name, "Nothing refers to it, and its name belongs to no batch."))


def _landed_leftovers(store: Store, lake: Lake, report: Report) -> Iterator[str]:
    for batch in lake.landing.batches():
        present = lake.landing.listed(batch)
        status = _status(store, batch)
        if status is None:
            said = f"It holds {len(present)} files, and no record names this batch."
            report.findings.append(Finding("directory", folder(batch), said))
        elif status not in batches.UNFINISHED:
            yield from sorted(set(present) - _landed(store, batch))


def _landed(store: Store, batch_id: str) -> set[str]:
    with store.read() as conn:
        listed = [file.ref for directory in DIRECTORIES for file in batches.files(conn, batch_id, directory)]
        records = parts.listed(conn, batches.by_id(conn, batch_id).run)
        of_parts = [file.ref for part in records for file in (*part.raw, *part.errors)]
    return {ref.name for ref in [*listed, *of_parts]}


def _status(store: Store, batch_id: str) -> str | None:
    # Asked now, not when the records were read: a running server goes on.
    with store.read() as conn:
        try:
            return batches.by_id(conn, batch_id.removeprefix(REVERT)).status
        except NotFound:
            return None


def _spoken(counted: dict[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counted.items())
