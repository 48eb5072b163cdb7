"""Once, or never: a commit looks for its batches in the table's history, then commits, and looks again."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pyarrow as pa
import sqlalchemy as sa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction

from headrace.errors import CommitContended, FileDamaged
from headrace.lake.changes import ABORTED, Change, Outcome, Replay, Revert, TableRef
from headrace.lake.data_files import Description, Rewriter
from headrace.lake.history import outcome_of, summary_entry
from headrace.lake.home import home_of
from headrace.lake.layout import DELETED_KEYS
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.merging import Merger
from headrace.lake.schemas import evolve
from headrace.lake.steps import Batch, Step
from headrace.lake.transactions import SteadyTransaction, overwrite

ATTEMPTS = 40
_LONGEST_PAUSE = 0.5

Load = Callable[[], Table]


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
    with closing(Merger()) as merger:

        def attempt(table: Table, pending: set[str]) -> list[Outcome]:
            batches = [batch for batch in group if batch[0].batch in pending]
            return _commit_once(table, rewriter, merger, schema, batches)

        try:
            return _look_then_do(load, [batch[0].batch for batch in group], attempt)
        finally:
            rewriter.sweep()


def _look_then_do(
    load: Load, batches: Sequence[str], attempt: Callable[[Table, set[str]], list[Outcome]]
) -> dict[str, Outcome]:
    last: Exception | None = None
    for turn in range(ATTEMPTS):
        table = load()
        found = {batch: outcome for batch in batches if (outcome := outcome_of(table, batch))}
        pending = set(batches) - set(found)
        if not pending:
            return found
        try:
            return found | {outcome.batch: outcome for outcome in attempt(table, pending)}
        except (CommitFailedException, sa.exc.OperationalError) as error:
            last = error  # somebody was faster, or the answer was lost: history tells which
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.01 * 2**turn)))
        except (FileDamaged, FileNotFoundError):
            # Whoever was faster with the same batch may have removed what it wrote anew.
            if load().metadata_location == table.metadata_location:
                raise
    raise CommitContended(f"Others changed the table {ATTEMPTS} times in a row; try the commit again.") from last


def _commit_once(
    table: Table, rewriter: Rewriter, merger: Merger, schema: pa.Schema, batches: Sequence[Batch]
) -> list[Outcome]:
    transaction = SteadyTransaction(table)
    evolved = evolve(transaction, schema)
    # All in the spelling of the table's home, whichever this process knows the lake by.
    named = LocalDirectory(home_of(table.metadata_location))
    step = Step(table, named, rewriter, merger, evolved)
    outcomes = step.make(batches)
    description = Description.of(named, evolved, table.metadata.properties)
    added = [description.data_file(ref) for ref in step.added]
    if step.deleted_keys is not None:
        transaction.set_properties({DELETED_KEYS: step.deleted_keys.name})
    taken = _take_snapshot(transaction, step.removed, added, outcomes)
    _send(transaction, rewriter, step)
    return taken


def _send(transaction: Transaction, rewriter: Rewriter, step: Step) -> None:
    try:
        transaction.commit_transaction()
    except CommitFailedException:
        raise
    except BaseException:
        rewriter.in_doubt = True
        raise
    buried = {step.deleted_keys.name} if step.deleted_keys else set()
    rewriter.take({ref.name for ref in step.added} | buried, step.obsolete)


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
