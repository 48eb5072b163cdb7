"""How every table is laid out: its name, its system tail, its partitions, its properties, its data files' names."""

import re
from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from headrace.clock import utc
from headrace.lake.changes import Stamp, TableRef

BATCH = "_ACP_BATCHID"
INGEST_DAY = "_ACP_DATE"
SYSTEM = "_acp_system_metadata"
OURS = "_headrace"
SCOPE = f"{OURS}.scope"
DAY = f"{OURS}.day"
EXTRACTED_AT = f"{OURS}.extracted_at"
KEY = f"{OURS}.key"
VERSION = f"{OURS}.version"
POSITION = f"{OURS}.position"
IS_DELETED = f"{SYSTEM}.isDeleted"
MONTH = "_headrace_month"  # the partition field: month(_headrace.day)
ROW = "_row"  # the row number that engines carry beside the schema's columns; never stored

_PAGE_BITS, _ROW_BITS = 18, 27  # of a position; 18 are left for the part

_UTC = pa.timestamp("us", tz="UTC")

TAIL = pa.schema(
    [
        pa.field(BATCH, pa.string()),
        pa.field(INGEST_DAY, pa.date32()),
        pa.field(
            SYSTEM,
            pa.struct([("acp_sourceBatchId", pa.string()), ("ingestTime", pa.int64()), ("isDeleted", pa.bool_())]),
        ),
        pa.field(
            OURS,
            pa.struct(
                [
                    ("flow", pa.string()),
                    ("scope", pa.string()),
                    ("day", pa.date32()),
                    ("extracted_at", _UTC),
                    ("key", pa.string()),
                    ("version", pa.string()),
                    ("position", pa.int64()),
                ]
            ),
        ),
    ]
)

# What rows that are merged by key bring beside the schema's columns; all null for other rows.
#
# key       the values of the key as one text; equal texts are the same row
# version   a text that sorts as versions do; null without versions
# position  where the row was read: of two rows of one reading and version, the greater holds
# deleted   the row says that its key is gone; a commit takes it in and stores no such row
KEYED = pa.schema([("key", pa.string()), ("version", pa.string()), ("position", pa.int64()), ("deleted", pa.bool_())])
_DATA, _DELETED = FOLDERS = ("data", "deleted-keys")  # below a table's directory
DELETED_KEYS = "headrace.deleted-keys"  # the table's property that names the file of them

# Whole files are matched by scope and batch, so their bounds must not be truncated.
_EXACT = {f"write.metadata.metrics.column.{column}": "full" for column in (BATCH, SCOPE)}
PROPERTIES = {
    "commit.retry.num-retries": "0",  # a retry that does not look first would commit a batch twice
    "commit.manifest-merge.enabled": "true",  # each unmerged manifest slows every reader
    "commit.manifest.min-count-to-merge": "50",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
    "write.parquet.compression-codec": "zstd",
    **_EXACT,
}


def namespace(org: str, sandbox: str) -> str:
    """``{org}__{sandbox}``; what is no letter, digit or hyphen becomes _hex, so that no two pairs share a name."""
    return f"{_safe(org)}__{_safe(sandbox)}"


def table_name(ref: TableRef) -> str:
    """The dataset's id in the same safe spelling."""
    return _safe(ref.dataset_id)


def namespace_folder(org: str, sandbox: str) -> str:
    """The directory of a sandbox's tables below the warehouse."""
    return f"tables/{namespace(org, sandbox)}"


def table_folder(ref: TableRef) -> str:
    """The table's directory below the warehouse."""
    return f"{namespace_folder(ref.org, ref.sandbox)}/{table_name(ref)}"


def data_file(ref: TableRef, month: str | None, stem: str) -> str:
    """The name of a data file below the warehouse."""
    return f"{table_folder(ref)}/{_DATA}/{MONTH}={month or 'null'}/{stem}.parquet"


def file_stem(stamp: Stamp, number: int) -> str:
    """(batch, part, attempt, n): never the same twice."""
    return f"{stamp.batch}-{stamp.part:05d}-{stamp.attempt}-{number}"


def part_of(name: str) -> int:
    """The part that wrote a data file."""
    return int(name.rpartition("/")[2].split("-")[-3])


def deleted_keys_folder(ref: TableRef) -> str:
    """Where the table's file of deleted keys lies."""
    return f"{table_folder(ref)}/{_DELETED}"


def row_position(part: int, page: int, row: int) -> int:
    """The position of a row by part, page and row."""
    return (part << _PAGE_BITS + _ROW_BITS) + (page << _ROW_BITS) + row


def with_tail(schema: pa.Schema) -> pa.Schema:
    """The schema's columns followed by the system tail."""
    return pa.schema([*schema, *TAIL])


def tail_columns(stamp: Stamp, days: pa.Array, keyed: Sequence[pa.Array]) -> list[pa.Array]:
    """The system tail of ``len(days)`` rows; ``keyed`` are the columns of KEYED."""
    count = len(days)
    batch, flow, scope = (_constant(text, pa.string(), count) for text in (stamp.batch, stamp.flow, stamp.scope))
    ingested = _constant(stamp.ingested_at, pa.int64(), count)
    extracted = _constant(stamp.extracted_at * 1000, pa.int64(), count).cast(_UTC)
    *key, deleted = keyed
    deleted = deleted.fill_null(False)
    return [
        batch,
        _constant(utc(stamp.ingested_at).date(), pa.date32(), count),
        pa.StructArray.from_arrays([batch, ingested, deleted], fields=list(TAIL.field(SYSTEM).type)),
        pa.StructArray.from_arrays([flow, scope, days, extracted, *key], fields=list(TAIL.field(OURS).type)),
    ]


def month_name(ordinal: int | None) -> str | None:
    """2022-08 for Iceberg's month ordinal (months since 1970-01)."""
    return None if ordinal is None else f"{1970 + ordinal // 12:04d}-{ordinal % 12 + 1:02d}"


def month_ordinal(name: str | None) -> int | None:
    """Iceberg's month ordinal of 2022-08."""
    return None if name is None else (int(name[:-3]) - 1970) * 12 + int(name[-2:]) - 1


def month_of(day: date) -> int:
    """Iceberg's month ordinal of a day."""
    return (day.year - 1970) * 12 + day.month - 1


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", lambda match: "".join(f"_{byte:02x}" for byte in match[0].encode()), text)


def _constant(value: object, kind: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)
