"""Once, or never: a commit looks for its batches in the table's history, then commits, and looks again."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import sqlalchemy as sa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction

from headrace.errors import CommitContended
from headrace.lake.changes import ABORTED, COMMITTED, Change, FileRef, Outcome, Replay, TableRef
from headrace.lake.data_files import Rewriter, data_file
from headrace.lake.files import Files
from headrace.lake.history import outcome_of, summary_entry
from headrace.lake.removals import condition_of, matching_files, require_not_later
from headrace.lake.schemas import evolve

ATTEMPTS = 40
_LONGEST_PAUSE = 0.5

Load = Callable[[], Table]


@dataclass(slots=True)
class Step:
    """One snapshot in the making: the files that go, those that come, what it says of each batch."""

    removed: dict[str, DataFile] = field(default_factory=dict)
    added: list[DataFile] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def commit(load: Load, files: Files, ref: TableRef, schema: pa.Schema, changes: Sequence[Change]) -> dict[str, Outcome]:
    """Commits each change's batch unless history has it already; its Outcome says whether it was aborted before."""
    outcomes: dict[str, Outcome] = {}
    for group in _groups(changes):
        rewriter = Rewriter(files, ref, group[0].batch)

        def attempt(table: Table, pending: set[str]) -> list[Outcome]:
            chosen = [change for change in group if change.batch in pending]  # noqa: B023 - called in this turn
            return _commit_once(table, files, rewriter, schema, chosen)  # noqa: B023

        outcomes |= _look_then_do(load, [change.batch for change in group], attempt)
    return outcomes


def abort(load: Load, batch: str) -> Outcome:
    """Marks the batch aborted by an empty snapshot, unless history already says what became of it."""

    def attempt(table: Table, _pending: set[str]) -> list[Outcome]:
        transaction = table.transaction()
        marked = _take_snapshot(transaction, Step(outcomes=[Outcome(batch, ABORTED, None)]))
        transaction.commit_transaction()
        return marked

    return _look_then_do(load, [batch], attempt)[batch]


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


def _commit_once(
    table: Table, files: Files, rewriter: Rewriter, schema: pa.Schema, changes: Sequence[Change]
) -> list[Outcome]:
    transaction = table.transaction()
    evolved = evolve(transaction, schema)
    step = Step()
    try:
        for change in changes:
            _plan(step, table, files, rewriter, evolved, change)
        outcomes = _take_snapshot(transaction, step)
    except BaseException:
        rewriter.sweep(set())
        raise
    transaction.commit_transaction()
    rewriter.sweep({str(added.file_path) for added in step.added})
    return outcomes


def _plan(step: Step, table: Table, files: Files, rewriter: Rewriter, schema: Schema, change: Change) -> None:
    properties = table.metadata.properties
    refs: list[FileRef] = [part for ref in change.files for part in rewriter.numbered(ref, schema)]
    left, deleted = _removals(step, table, rewriter, schema, change)
    step.added += [data_file(files, ref, schema, properties) for ref in (*refs, *left)]
    step.outcomes.append(
        Outcome(
            batch=change.batch,
            state=COMMITTED,
            snapshot_id=None,
            rows_added=sum(ref.rows for ref in refs),
            rows_deleted=deleted,
            files_added=len(refs),
            bytes_added=sum(ref.bytes for ref in refs),
        )
    )


def _removals(
    step: Step, table: Table, rewriter: Rewriter, schema: Schema, change: Change
) -> tuple[list[FileRef], int]:
    condition = condition_of(change)
    left: list[FileRef] = []
    deleted = 0
    if condition is None:
        return left, deleted
    for match in matching_files(table, schema, condition):
        if match.whole:
            require_not_later(change, match.file, schema)
            deleted += match.file.record_count
        else:
            rest = rewriter.without(change, match.file.file_path, condition)
            if not rest.rows_deleted:
                continue  # its bounds allowed a match, its rows hold none
            left += rest.files
            deleted += rest.rows_deleted
        step.removed[match.file.file_path] = match.file
    return left, deleted


def _take_snapshot(transaction: Transaction, step: Step) -> list[Outcome]:
    summary: Mapping[str, str] = dict(summary_entry(outcome) for outcome in step.outcomes)
    update = transaction.update_snapshot(snapshot_properties=dict(summary))
    with update.overwrite() if step.removed else update.merge_append() as producer:
        for removed in step.removed.values():
            producer.delete_data_file(removed)
        for added in step.added:
            producer.append_data_file(added)
    return [_at(outcome, producer.snapshot_id) for outcome in step.outcomes]


def _at(outcome: Outcome, snapshot_id: int) -> Outcome:
    return Outcome(
        outcome.batch,
        outcome.state,
        snapshot_id,
        outcome.rows_added,
        outcome.rows_deleted,
        outcome.files_added,
        outcome.bytes_added,
    )


def _groups(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Runs of changes that one snapshot can hold: a scope, or a replay, would have to see what came before it."""
    group: list[Change] = []
    for change in changes:
        again = any(change.scope == other.scope or change.batch == other.batch for other in group)
        if group and (again or isinstance(change.delete, Replay) or isinstance(group[-1].delete, Replay)):
            yield group
            group = []
        group.append(change)
    if group:
        yield group
