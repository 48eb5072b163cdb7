"""What a table's history says about a batch: committed, aborted or nothing; never a guess."""

import json
from collections.abc import Iterator

import msgspec
from pyiceberg.expressions import EqualTo, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.table import Table

from headrace.errors import BatchUnproven
from headrace.lake.changes import COMMITTED, Merged, Outcome
from headrace.lake.layout import BATCH

_ENCODER = msgspec.json.Encoder()
KEY = "headrace.batch."
# Who expires snapshots records here the largest batch id (a ULID, so the newest) that went with them.
HORIZON = "headrace.expired-through"


def summary_entry(outcome: Outcome) -> tuple[str, str]:
    """The entry of a snapshot's summary that proves the batch."""
    counts: dict[str, object] = {
        "state": outcome.state,
        "rows_added": outcome.rows_added,
        "rows_deleted": outcome.rows_deleted,
        "files_added": outcome.files_added,
        "bytes_added": outcome.bytes_added,
    }
    if outcome.merged:
        counts["merged"] = outcome.merged
    return KEY + outcome.batch, _ENCODER.encode(counts).decode()


def outcomes(table: Table) -> Iterator[Outcome]:
    """Every batch that the table's snapshots name, oldest first."""
    for snapshot in sorted(table.metadata.snapshots, key=lambda each: each.sequence_number or 0):
        entries = snapshot.summary.additional_properties if snapshot.summary else {}
        for key, value in entries.items():
            if key.startswith(KEY):
                yield _outcome(key.removeprefix(KEY), snapshot.snapshot_id, value)


def outcome_of(table: Table, batch: str) -> Outcome | None:
    """The batch's outcome, or None when it is proven that there is none; BatchUnproven otherwise."""
    for snapshot in table.metadata.snapshots:
        if snapshot.summary and (value := snapshot.summary.additional_properties.get(KEY + batch)):
            return _outcome(batch, snapshot.snapshot_id, value)
    if not _truncated(table) or batch > table.metadata.properties.get(HORIZON, "~"):
        return None
    return _outcome_in_rows(table, batch)


def _outcome(batch: str, snapshot_id: int, entry: str) -> Outcome:
    counts = json.loads(entry)
    merged = msgspec.convert(counts.pop("merged", {}), dict[int, Merged], strict=False)
    return Outcome(batch=batch, snapshot_id=snapshot_id, **counts, merged=merged)


def _truncated(table: Table) -> bool:
    # Each commit takes the next sequence number. Parents prove nothing: expiry cuts the link of those it keeps.
    return bool(len(table.metadata.snapshots) != table.last_sequence_number)


def _outcome_in_rows(table: Table, batch: str) -> Outcome:
    rows = (
        table.scan(row_filter=EqualTo(term=Reference(BATCH), value=literal(batch)), selected_fields=(BATCH,))
        .to_arrow()
        .num_rows
    )
    if rows:
        return Outcome(batch, COMMITTED, None, rows_added=rows)
    raise BatchUnproven(
        f"The batch '{batch}' is older than the table's oldest snapshot and none of its rows are left; "
        "whether it was committed cannot be told. Look for its rows before it is started again as a new batch.",
        batch=batch,
    )
