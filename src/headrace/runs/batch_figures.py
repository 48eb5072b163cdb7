"""What is told of a batch's rows: Platform's counters, what was left out by which rule, errors by code."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from headrace.store.parts import PartRecord

NOT_COMMITTED = "notCommitted"
PARTIAL = "INGEST-1212-400"
MEANINGS = {
    "MAPPER-3700-400": "Mapper Transform Error",
    "INGEST-1401-400": "The row is corrupt and cannot be parsed",
    "INGEST-1555-400": "A required field is missing",
    "INGEST-1556-400": "A value breaks a rule of the schema",
}


def batch_metrics(records: Sequence[PartRecord], *, committed: bool = True) -> dict[str, int]:
    """Platform's counters of a batch, summed over its parts. Good rows that were not committed count as skipped."""
    counts = [record.counts for record in records]

    def total(name: str) -> int:
        return sum(int(one.get(name, 0)) for one in counts)

    return {
        "inputFileCount": sum(len(record.raw) for record in records),
        "inputByteSize": total("inputBytes"),
        "inputRecordCount": total("read"),
        "outputFileCount": sum(len(record.data) for record in records) if committed else 0,
        "outputByteSize": total("outputBytes") if committed else 0,
        "outputRecordCount": total("written") if committed else 0,
        "failedRecordCount": total("rejected"),
        "skippedRecordCount": sum(skipped(records, committed=committed).values()),
    }


def skipped(records: Sequence[PartRecord], *, committed: bool = True) -> dict[str, int]:
    """Rows that were left out, by rule: the source's own rules, and that a failed batch commits nothing."""
    rules: Counter[str] = Counter()
    for record in records:
        rules.update(record.counts.get("dropped", {}))
        rules.update({} if committed else {NOT_COMMITTED: int(record.counts.get("written", 0))})
    return dict(+rules)


def batch_errors(records: Sequence[PartRecord], *, committed: bool = True) -> list[dict[str, Any]]:
    """What Platform tells of rows that were turned away: how many in all, how many went in, then by code."""
    counted = batch_metrics(records, committed=committed)
    failed, written = counted["failedRecordCount"], counted["outputRecordCount"]
    if not failed:
        return []
    summary = (
        f"Encountered {failed} errors in the data. Successfully ingested {written} rows. "
        "Review the associated diagnostic files for additional details."
    )
    return [{"code": PARTIAL, "description": summary, "rows": []}, *errors_by_code(records)]


def errors_by_code(records: Sequence[PartRecord]) -> list[dict[str, Any]]:
    """One entry for each code that turned rows away."""
    codes: dict[str, int] = {}
    for record in records:
        for code, count in record.counts.get("codes", {}).items():
            codes[code] = codes.get(code, 0) + count
    return [
        {"code": code, "description": MEANINGS.get(code, code), "recordCount": codes[code]} for code in sorted(codes)
    ]
