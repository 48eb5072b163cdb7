"""Rows, days and batches for the lake's tests."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from typing import NamedTuple

import pyarrow as pa

from headrace.files import FileRef
from headrace.lake import Change, Lake, Outcome, Stamp, TableRef
from headrace.lake.changes import Append, Delete, Merge, Merged
from headrace.lake.layout import KEYED, row_position

REF = TableRef("ACME@AdobeOrg", "prod", "5c8c3c555033b814b69f947f")
SCHEMA = pa.schema([pa.field("_t", pa.struct([("clicks", pa.int64()), ("name", pa.string())]))])
AT = 1_660_000_000_000


def rows(*clicks: int, schema: pa.Schema = SCHEMA) -> pa.Table:
    """One row per click count, with the ``_row`` column that engines carry."""
    records = [{"_row": number, "_t": {"clicks": count}} for number, count in enumerate(clicks)]
    return pa.Table.from_pylist(records, schema=pa.schema([("_row", pa.int64()), *schema]))


def days(*values: date | None) -> pa.Array:
    """A day for each row."""
    return pa.array(values, pa.date32())


def aug(day: int) -> date:
    """A day of August 2022."""
    return date(2022, 8, day)


def write(
    lake: Lake,
    batch: str,
    clicks: dict[date | None, int],
    *,
    scope: str = "flow/a",
    at: int = AT,
    attempt: int = 1,
    schema: pa.Schema = SCHEMA,
    ref: TableRef = REF,
) -> tuple[FileRef, ...]:
    """Writes one row per day into data files of the batch."""
    stamp = Stamp(batch, scope.partition("/")[0], scope, 0, attempt, at, at)
    with lake.writer(ref, schema, stamp) as writer:
        writer.write(rows(*clicks.values(), schema=schema), days(*clicks))
        return tuple(writer.close())


class Row(NamedTuple):
    """A row that is merged by key."""

    key: str
    clicks: int = 0
    version: str | None = None
    day: date | None = None
    deleted: bool = False


def write_keyed(
    lake: Lake, batch: str, rows_: Sequence[Row], *, scope: str = "flow/a", at: int = AT, part: int = 0, page: int = 0,
    attempt: int = 1,
) -> tuple[FileRef, ...]:  # fmt: skip
    """Writes rows with keys into data files of one part of the batch, as one page."""
    stamp = Stamp(batch, scope.partition("/")[0], scope, part, attempt, at, at)
    keyed = keyed_columns(rows_, part, page)
    with lake.writer(REF, SCHEMA, stamp) as writer:
        writer.write(rows(*(row.clicks for row in rows_)), days(*(row.day for row in rows_)), keyed)
        return tuple(writer.close())


def keyed_columns(rows_: Sequence[Row], part: int = 0, page: int = 0) -> pa.Table:
    """What the rows of a page bring beside the schema's columns."""
    records = [
        {"key": row.key, "version": row.version, "position": row_position(part, page, n), "deleted": row.deleted}
        for n, row in enumerate(rows_)
    ]
    return pa.Table.from_pylist(records, schema=KEYED)


def tried(lake: Lake, batch: str, rows_: Sequence[Row], *, at: int = AT, going: Sequence[str] = ()) -> Merged:
    """What a merge of these rows would decide."""
    with closing(lake.merge_trial(REF, going)) as trial:
        with trial.part(Stamp(batch, "flow", "flow/a", 0, 1, at, at)) as add:
            for n, row in enumerate(rows_):
                add(days(row.day), keyed_columns(rows_).slice(n, 1))
        return trial.decided()


def merge(lake: Lake, batch: str, rows_: Sequence[Row], **facts) -> Outcome:
    """Writes rows with keys and merges them."""
    files = write_keyed(lake, batch, rows_, **facts) if rows_ else ()
    return lake.commit(REF, SCHEMA, [change(batch, files, Merge(), **facts)])[batch]


def standing(lake: Lake) -> dict[tuple[str, str], int]:
    """What holds in the table: clicks by scope and key; each key must be there once."""
    found = [(row["_headrace"], row["_t"]["clicks"]) for row in lake.scan(REF).to_pylist()]
    clicks = {(ours["scope"], ours["key"]): count for ours, count in found}
    assert len(clicks) == len(found)
    return clicks


def change(batch: str, files: tuple[FileRef, ...], delete: Delete | None = None, **facts: object) -> Change:
    """A change of scope flow/a at AT, unless told otherwise."""
    return Change(batch, str(facts.get("scope", "flow/a")), delete or Append(), files, int(str(facts.get("at", AT))))


def load(lake: Lake, batch: str, clicks: dict[date | None, int], delete: Delete | None = None, **facts) -> Outcome:
    """Writes and commits one row per day."""
    files = write(lake, batch, clicks, **facts) if clicks else ()
    return lake.commit(REF, SCHEMA, [change(batch, files, delete, **facts)])[batch]


def held(lake: Lake, batch: str | None = None) -> dict[date | None, int]:
    """What the table holds: clicks by day."""
    found = lake.scan(REF, batch).to_pylist()
    return {row["_headrace"]["day"]: row["_t"]["clicks"] for row in found}
