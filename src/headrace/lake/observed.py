"""Which columns of a table hold any value, by the counts that its files carry: nothing is scanned."""

from headrace.lake.changes import TableRef
from headrace.lake.lake import Lake


def observed_columns(lake: Lake, ref: TableRef) -> frozenset[str]:
    """The dotted names of leaf columns with at least one value in a current file."""
    table = lake.table(ref)
    seen: set[int] = set()
    for task in table.scan().plan_files():
        nulls = task.file.null_value_counts or {}
        counts = task.file.value_counts or {}
        seen |= {field for field, count in counts.items() if count > nulls.get(field, 0)}
    names = (table.schema().find_column_name(field) for field in seen)
    return frozenset(name for name in names if name is not None)


def first_rows(lake: Lake, ref: TableRef, count: int) -> list[dict[str, object]]:
    """Up to ``count`` rows as they are stored, system tail included."""
    rows: list[dict[str, object]] = lake.table(ref).scan(limit=count).to_arrow().to_pylist(maps_as_pydicts="lossy")
    return rows
