"""Once, or never: a commit looks for its batches in the table's history, then commits, and looks again."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import sqlalchemy as sa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction

from headrace.errors import CommitContended
from headrace.files import FileRef
from headrace.lake.changes import ABORTED, COMMITTED, Change, Outcome, Replay, Revert, TableRef
from headrace.lake.data_files import Rewriter, data_file
from headrace.lake.history import outcome_of, summary_entry
from headrace.lake.home import home_of
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.removals import matching_files, removals_of
from headrace.lake.schemas import evolve
from headrace.lake.transactions import SteadyTransaction, overwrite

ATTEMPTS = 40
_LONGEST_PAUSE = 0.5

Load = Callable[[], Table]
Batch = tuple[Change, ...]  # every change of one batch: they are in one snapshot, or in none


@dataclass(slots=True)
class Step:
    """One snapshot in the making: the files that go and those that come."""

    removed: list[DataFile] = field(default_factory=list)
    added: list[FileRef] = field(default_factory=list)
    rows_deleted: Counter[str] = field(default_factory=Counter)  # by batch


def commit(
    load: Load, files: LocalDirectory, ref: TableRef, schema: pa.Schema, changes: Sequence[Change]
) -> dict[str, Outcome]:
    """Commits each batch unless history has it already; its Outcome says whether it was aborted before."""
    outcomes: dict[str, Outcome] = {}
    for group in _groups(changes):
        outcomes |= _commit_group(load, Rewriter(files, ref, group[0][0].batch), schema, group)
    return outcomes


def abort(load: Load, batch: str) -> Outcome:
    """Marks the batch aborted by an empty snapshot, unless history already says what became of it."""

    def attempt(table: Table, _pending: set[str]) -> list[Outcome]:
        transaction = SteadyTransaction(table)
        marked = _take_snapshot(transaction, [], [], [Outcome(batch, ABORTED, None)])
        transaction.commit_transaction()
        return marked

    return _look_then_do(load, [batch], attempt)[batch]


def _commit_group(load: Load, rewriter: Rewriter, schema: pa.Schema, group: Sequence[Batch]) -> dict[str, Outcome]:
    def attempt(table: Table, pending: set[str]) -> list[Outcome]:
        return _commit_once(table, rewriter, schema, [batch for batch in group if batch[0].batch in pending])

    try:
        return _look_then_do(load, [batch[0].batch for batch in group], attempt)
    finally:
        rewriter.sweep()


def _look_then_do(
    load: Load, batches: Sequence[str], attempt: Callable[[Table, set[str]], list[Outcome]]
) -> dict[str, Outcome]:
    for turn in range(ATTEMPTS):
        table = load()
        found = {batch: outcome for batch in batches if (outcome := outcome_of(table, batch))}
        pending = set(batches) - set(found)
        if not pending:
            return found
        try:
            return found | {outcome.batch: outcome for outcome in attempt(table, pending)}
        except (CommitFailedException, sa.exc.OperationalError):
            # Somebody was faster, or the answer was lost: history tells which.
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.01 * 2**turn)))
    raise CommitContended(f"Others changed the table {ATTEMPTS} times in a row; try the commit again.")


def _commit_once(table: Table, rewriter: Rewriter, schema: pa.Schema, batches: Sequence[Batch]) -> list[Outcome]:
    transaction = SteadyTransaction(table)
    evolved = evolve(transaction, schema)
    step = Step()
    outcomes = [_arrival(step, rewriter, evolved, batch) for batch in batches]
    _departures(step, table, rewriter, evolved, batches)
    # All in the spelling of the table's home, whichever this process knows the lake by.
    named = LocalDirectory(home_of(table.metadata_location))
    added = [data_file(named, ref, evolved, table.metadata.properties) for ref in step.added]
    counted = [replace(outcome, rows_deleted=step.rows_deleted[outcome.batch]) for outcome in outcomes]
    taken = _take_snapshot(transaction, step.removed, added, counted)
    _send(transaction, rewriter, {ref.name for ref in step.added})
    return taken


def _send(transaction: Transaction, rewriter: Rewriter, names: set[str]) -> None:
    try:
        transaction.commit_transaction()
    except CommitFailedException:
        raise
    except BaseException:
        rewriter.in_doubt = True
        raise
    rewriter.kept = names


def _arrival(step: Step, rewriter: Rewriter, schema: Schema, batch: Batch) -> Outcome:
    refs = [part for change in batch for ref in change.files for part in rewriter.numbered(ref, schema)]
    step.added += refs
    return Outcome(
        batch=batch[0].batch,
        state=COMMITTED,
        snapshot_id=None,
        rows_added=sum(ref.rows for ref in refs),
        files_added=len(refs),
        bytes_added=sum(ref.bytes for ref in refs),
    )


def _departures(step: Step, table: Table, rewriter: Rewriter, schema: Schema, batches: Sequence[Batch]) -> None:
    removals = removals_of(change for batch in batches for change in batch)
    for match in matching_files(table, schema, removals):
        if match.whole is not None:
            step.rows_deleted[match.whole.change.batch] += match.file.record_count
        else:
            rest = rewriter.without(match.file.file_path, match.removals)
            if not any(rest.rows_deleted):
                continue  # its bounds allowed a match, its rows hold none
            step.added += rest.files
            for removal, count in zip(match.removals, rest.rows_deleted, strict=True):
                step.rows_deleted[removal.change.batch] += count
        step.removed.append(match.file)


def _take_snapshot(
    transaction: Transaction, removed: Sequence[DataFile], added: Sequence[DataFile], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    summary = dict(summary_entry(outcome) for outcome in outcomes)
    appended = transaction.update_snapshot(snapshot_properties=summary).merge_append
    with overwrite(transaction, summary) if removed else appended() as producer:
        for file in removed:
            producer.delete_data_file(file)
        for file in added:
            producer.append_data_file(file)
    return [replace(outcome, snapshot_id=producer.snapshot_id) for outcome in outcomes]


def _groups(changes: Sequence[Change]) -> Iterator[list[Batch]]:
    """Runs of batches that one snapshot can hold: of two batches in one scope, the later must see the earlier."""
    group: list[Batch] = []
    for batch in _by_batch(changes):
        scopes = {change.scope for other in group for change in other}
        alone = any(isinstance(change.delete, Replay | Revert) for change in (*batch, *(group[-1] if group else ())))
        if group and (alone or any(change.scope in scopes for change in batch)):
            yield group
            group = []
        group.append(batch)
    if group:
        yield group


def _by_batch(changes: Sequence[Change]) -> list[Batch]:
    batches: dict[str, list[Change]] = {}
    for change in changes:
        batches.setdefault(change.batch, []).append(change)
    return [tuple(batch) for batch in batches.values()]
