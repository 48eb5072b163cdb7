"""What a commit made of a merged run's rows, part by part: some were superseded, some were deletions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from headrace.counts import Counts
from headrace.lake import Outcome
from headrace.lake.changes import Merged
from headrace.store.parts import PartRecord

SUPERSEDED, DELETION = "superseded", "deletion"  # the rules by which a merge drops rows


def merged(records: Sequence[PartRecord], outcome: Outcome) -> Iterator[PartRecord]:
    """The parts with their counts after the commit. Promotion counted all rows as written that could be.

    Where only the rows in the table prove the commit, those that are not in it count as superseded.
    """
    missing = sum(record.counts.written for record in records) - outcome.rows_added
    for record in records:
        told = outcome.merged.get(record.n, Merged())
        if outcome.snapshot_id is None:
            told = Merged(superseded=min(missing, record.counts.written))
            missing -= told.superseded
        yield replace(record, counts=counts_after(record.counts, told))


def counts_after(counts: Counts, told: Merged) -> Counts:
    """What rows count as once a merge has decided; promotion counted all as written that could be."""
    dropped = {SUPERSEDED: told.superseded, DELETION: told.deletions}
    return msgspec.structs.replace(
        counts,
        written=counts.written - sum(dropped.values()),
        dropped=counts.dropped | {rule: count for rule, count in dropped.items() if count},
        replaced=told.replaced,
        deleted=told.deleted,
    )
