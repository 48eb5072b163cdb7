"""What is told of a batch's rows: Platform's counters, what was left out by which rule, errors by code."""

from collections.abc import Sequence

from msgspec import UNSET

from headrace.counts import Counts, total
from headrace.store.batches import BatchError, BatchMetrics, Skipped
from headrace.store.parts import PartRecord

NOT_COMMITTED = "notCommitted"
PARTIAL = "INGEST-1212-400"
MEANINGS = {
    "MAPPER-3700-400": "Mapper Transform Error",
    "INGEST-1401-400": "The row is corrupt and cannot be parsed",
    "INGEST-1555-400": "A required field is missing",
    "INGEST-1556-400": "A value breaks a rule of the schema",
}


def batch_metrics(records: Sequence[PartRecord], *, committed: bool = True) -> BatchMetrics:
    """A batch's figures, summed over its parts. Good rows that were not committed count as skipped."""
    counts = total(record.counts for record in records)
    rules = _skipped(counts, committed=committed)
    return BatchMetrics(
        input_file_count=sum(len(record.raw) for record in records),
        input_byte_size=sum(record.input_bytes for record in records),
        input_record_count=counts.read,
        output_file_count=sum(len(record.data) for record in records) if committed else 0,
        output_byte_size=counts.output_bytes if committed else 0,
        output_record_count=counts.written if committed else 0,
        failed_record_count=counts.rejected,
        skipped_record_count=sum(each.record_count for each in rules),
        skipped_info=rules or UNSET,
        replaced_record_count=counts.replaced or UNSET,
        deleted_record_count=counts.deleted or UNSET,
        emptied_record_count=(counts.emptied if committed else 0) or UNSET,
    )


def _skipped(counts: Counts, *, committed: bool) -> tuple[Skipped, ...]:
    """Rows that were left out, by rule: the source's own rules, a merge's, and that a failed batch commits nothing."""
    rules = counts.dropped if committed else {**counts.dropped, NOT_COMMITTED: counts.written}
    return tuple(Skipped(rule, count) for rule, count in rules.items() if count)


def batch_errors(records: Sequence[PartRecord], *, committed: bool = True) -> tuple[BatchError, ...]:
    """What Platform tells of rows that were turned away: how many in all, how many went in, then by code."""
    metrics = batch_metrics(records, committed=committed)
    if not metrics.failed_record_count:
        return ()
    summary = (
        f"Encountered {metrics.failed_record_count} errors in the data. Successfully ingested "
        f"{metrics.output_record_count} rows. Review the associated diagnostic files for additional details."
    )
    return (BatchError(PARTIAL, summary, rows=()), *errors_by_code(records))


def errors_by_code(records: Sequence[PartRecord]) -> tuple[BatchError, ...]:
    """One entry for each code that turned rows away."""
    codes = total(record.counts for record in records).codes
    return tuple(BatchError(code, MEANINGS.get(code, code), record_count=codes[code]) for code in sorted(codes))
