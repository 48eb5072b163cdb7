"""One snapshot in the making: the files that come, those that go, and what is told of the batches in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from headrace.files import FileRef
from headrace.lake.changes import COMMITTED, Change, Merge, Merged, Outcome, Replay, Revert
from headrace.lake.data_files import NO_ROWS, Rewriter, Rows
from headrace.lake.layout import DELETED_KEYS, part_of
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.merging import Merger, keyed_files
from headrace.lake.removals import matching_files, removals_of

Batch = tuple[Change, ...]  # every change of one batch: they are in one snapshot, or in none


@dataclass(slots=True)
class Step:
    """What batches do to one state of a table.

    files         the table's directory, in the spelling of its home
    removed       the table's files that go
    added         the files that come
    deleted_keys  the table's new file of them, if it changes
    obsolete      names of files that nothing needs once the step is taken
    """

    table: Table
    files: LocalDirectory
    rewriter: Rewriter
    merger: Merger
    schema: Schema
    removed: list[DataFile] = field(default_factory=list)
    added: list[FileRef] = field(default_factory=list)
    deleted_keys: FileRef | None = None
    obsolete: set[str] = field(default_factory=set)
    _come: dict[str, list[FileRef]] = field(default_factory=dict)  # by batch
    _rows_deleted: Counter[str] = field(default_factory=Counter)  # by batch
    _merged: dict[str, dict[int, Merged]] = field(default_factory=dict)  # by batch
    _leave: dict[str, tuple[DataFile, Rows]] = field(default_factory=dict)  # by path: rows that a merge takes out

    def make(self, batches: Sequence[Batch]) -> list[Outcome]:
        """Works out all of it; the outcomes have no snapshot yet."""
        self.merger.begin()
        deletes = [change.delete for batch in batches for change in batch]
        going = [delete.batch for delete in deletes if isinstance(delete, Replay | Revert)]
        arriving = [(change.batch, self._arrive(change, going)) for batch in batches for change in batch]
        self._bury(going)
        self.merger.release_memory()  # rewriting needs its own
        for name, files in arriving:
            come = [ref for file, rows in files.items() for ref in self._less(file, rows)]
            self._come.setdefault(name, []).extend(come)
            self.added += come
        self._depart(batches)
        return [self._outcome(batch[0].batch) for batch in batches]

    def _arrive(self, change: Change, going: Sequence[str]) -> dict[FileRef, Rows]:
        """The files of a change, each with the rows that stay out."""
        own: dict[FileRef, int] = {}
        for ref, numbered in self.rewriter.numbered(change.files, self.schema):
            self.obsolete |= {ref.name} - {each.name for each in numbered}
            own |= dict.fromkeys(numbered, part_of(ref.name) if isinstance(change.delete, Merge) else 0)
        return self._merge(change, own, going) if isinstance(change.delete, Merge) else dict.fromkeys(own, NO_ROWS)

    def _merge(self, change: Change, own: dict[FileRef, int], going: Sequence[str]) -> dict[FileRef, Rows]:
        """Decides a merged change: what it takes out of the table is noted, what of it stays out is given back."""
        paths = {str(self.files.path(ref.name)): ref for ref in own}
        parts = {path: own[ref] for path, ref in paths.items()}
        keys = self.merger.key_range(parts)
        standing = (
            {} if keys is None else {file.file_path: file for file in keyed_files(self.table, change.scope, *keys)}
        )
        decision = self.merger.decide(change.scope, parts, list(standing), self._deleted_keys_before(), going)
        self._leave |= {path: (standing[path], rows) for path, rows in decision.go.items()}
        merged = self._merged.setdefault(change.batch, {})
        for part, figures in decision.merged.items():
            merged[part] = figures
            self._rows_deleted[change.batch] += figures.replaced + figures.deleted
        return {ref: decision.stay_out.get(path, NO_ROWS) for path, ref in paths.items()}

    def _less(self, ref: FileRef, rows: Rows) -> Sequence[FileRef]:
        """A file that comes, less these rows."""
        if not len(rows):
            return [ref]
        self.obsolete.add(ref.name)
        return self.rewriter.without(str(self.files.path(ref.name)), (), rows).files

    def _depart(self, batches: Sequence[Batch]) -> None:
        removals = removals_of(change for batch in batches for change in batch)
        for match in matching_files(self.table, self.schema, removals):
            _, rows = self._leave.pop(match.file.file_path, (match.file, NO_ROWS))
            if match.whole is not None:
                self._rows_deleted[match.whole.change.batch] += match.file.record_count
            else:
                rest = self.rewriter.without(match.file.file_path, match.removals, rows)
                if not any(rest.rows_deleted) and not len(rows):
                    continue  # its bounds allowed a match, its rows hold none
                self.added += rest.files
                for removal, count in zip(match.removals, rest.rows_deleted, strict=True):
                    self._rows_deleted[removal.change.batch] += count
            self.removed.append(match.file)
        for file, rows in self._leave.values():
            self.added += self.rewriter.without(file.file_path, (), rows).files
            self.removed.append(file)

    def _bury(self, going: Sequence[str]) -> None:
        before = self._deleted_keys_before()
        rows = self.merger.deleted_keys(before, going)
        if rows is not None:
            self.deleted_keys = self.rewriter.deleted_keys(rows)
            self.obsolete |= {self.table.metadata.properties[DELETED_KEYS]} if before else set()

    def _deleted_keys_before(self) -> str | None:
        name = self.table.metadata.properties.get(DELETED_KEYS)
        return None if name is None else str(self.files.path(name))

    def _outcome(self, batch: str) -> Outcome:
        come = self._come[batch]
        return Outcome(
            batch=batch,
            state=COMMITTED,
            snapshot_id=None,
            rows_added=sum(ref.rows for ref in come),
            rows_deleted=self._rows_deleted[batch],
            files_added=len(come),
            bytes_added=sum(ref.bytes for ref in come),
            merged=self._merged.get(batch, {}),
        )
