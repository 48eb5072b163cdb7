"""The Arrow loop, a process of its own: a careful script that has Arrow's JSON reader decode, on one thread.

A page is fetched, cut into raw elements by msgspec, read by an explicit schema; there is an append every 100,000 rows.

python -m bench.arrow_loop SOURCE_URL KIND ROWS DIRECTORY    prints {"rows", "seconds", "processor", "megabytes"}
"""

import json
import sys
import time
from pathlib import Path

import httpx2
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from pyiceberg.catalog.sql import SqlCatalog

from bench import analytics, chains, shapes
from bench.processes import peak_megabytes

APPEND_ROWS = 100_000
LONG, TEXT = pa.int64(), pa.string()
DAY = pa.struct([("day", LONG), ("month", LONG), ("year", LONG)])
RANGE = pa.struct([("start", DAY), ("end", DAY)])
WIDE = {
    "labels": pa.list_(TEXT),
    "actions": pa.list_(pa.struct([("kind", TEXT), ("value", LONG), ("window", TEXT)])),
    "targeting": pa.struct(
        [("country", TEXT), ("age", pa.struct([("from", LONG), ("to", LONG)])), ("placements", pa.list_(TEXT))]
    ),
}


class Answer(msgspec.Struct):
    """One page."""

    elements: list[msgspec.Raw]


def main() -> None:
    """Runs the loop once."""
    source, kind, rows, directory = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    wide = WIDE if kind == chains.WIDE else {}
    metrics = dict.fromkeys(analytics.METRICS, LONG)
    options = pyarrow.json.ParseOptions(
        explicit_schema=pa.schema(metrics | {"pivotValues": pa.list_(TEXT), "dateRange": RANGE} | wide),
        unexpected_field_behavior="ignore",
    )
    stored = pa.struct(
        list(
            ({"approximateUniqueImpressions": LONG} | metrics | {"pivotValue": TEXT, "dateRange": RANGE} | wide).items()
        )
    )
    schema = pa.schema([("_extconndev", stored)])
    catalog = SqlCatalog("arrow", uri=f"sqlite:///{directory}/arrow.db", warehouse=f"file://{directory}/arrow")
    catalog.create_namespace("arrow")
    table = catalog.create_table("arrow.ads", schema=schema)
    decoder = msgspec.json.Decoder(Answer)
    started, used, done, pages = time.monotonic(), time.process_time(), 0, []
    with httpx2.Client(timeout=60, trust_env=False) as http:
        for path in shapes.paths(kind, rows):
            read = _read(decoder.decode(http.get(source + path).content).elements, options)
            columns = [_column(read, field) for field in stored]
            pages.append(pa.table([pa.StructArray.from_arrays(columns, fields=list(stored))], schema=schema))
            done += read.num_rows
            if sum(page.num_rows for page in pages) >= APPEND_ROWS:
                table.append(pa.concat_tables(pages))
                pages.clear()
    if pages:
        table.append(pa.concat_tables(pages))
    seconds, processor = time.monotonic() - started, time.process_time() - used
    print(json.dumps({"rows": done, "seconds": seconds, "processor": processor, "megabytes": peak_megabytes()}))


def _read(elements: list[msgspec.Raw], options: pyarrow.json.ParseOptions) -> pa.Table:
    lines = b"\n".join(elements)
    one_block = pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines) + 1)
    return pyarrow.json.read_json(pa.BufferReader(lines), one_block, options)


def _column(read: pa.Table, field: pa.Field) -> pa.Array:
    if field.name == "pivotValue":
        return pc.list_element(read["pivotValues"].combine_chunks(), 0)
    if field.name not in read.column_names:
        return pa.nulls(read.num_rows, field.type)
    return read[field.name].combine_chunks()


if __name__ == "__main__":
    main()
