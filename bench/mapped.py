"""Headrace's decode, map, check and Parquet, a process of its own, with one of its two back ends.

python -m bench.mapped columns|reference PAGES FILE     prints {"rows", "rejected", "seconds", "processor", "megabytes"}
"""

import gc
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from bench import mapping_data
from bench.processes import peak_megabytes
from headrace import sources, xdm
from headrace.clock import Window
from headrace.exact_json import read
from headrace.main import GARBAGE_THRESHOLD
from headrace.mapping import CompiledMapping, Mapped, compile_mapping
from headrace.sources.reading import Part, Reading, Request

WRAPPER = "element"
SLICE = 15_000


def main() -> None:
    """Maps all pages once."""
    back_end, directory, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    full = mapping_data.schema()
    schema, checker = xdm.arrow_schema(full), xdm.checker(full)
    compiled = compile_mapping(mapping_data.items(), schema, mapping_data.NOW)
    gc.freeze()  # as a worker does
    gc.set_threshold(GARBAGE_THRESHOLD)
    read = _by_columns if back_end == "columns" else _by_reference
    started, used, rows, rejected = time.monotonic(), time.process_time(), 0, 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for mapped in read(compiled, mapping_data.pages(directory)):
            accepted, broken = checker.check(mapped.table)
            writer.write_table(accepted.drop_columns(["_row"]))
            rows += accepted.num_rows
            rejected += len(mapped.errors) + len(broken)
    seconds, processor = time.monotonic() - started, time.process_time() - used
    told = {"rows": rows, "rejected": rejected, "seconds": seconds, "processor": processor}
    print(json.dumps({**told, "megabytes": peak_megabytes()}))


def _by_columns(compiled: CompiledMapping, pages: Iterator[bytes]) -> Iterator[Mapped]:
    decoder = sources.decoder(_reading(), Part(0, Request("GET", "http://source")), compiled.wanted)
    for slice in decoder.slices((f"page-{n}", page) for n, page in enumerate(pages)):
        yield from map(compiled.map_table, slice.typed)
        loose = [read(text) for text in slice.loose["record"].to_pylist()]
        if loose:
            yield compiled.map_records(slice.loose["_row"].to_pylist(), loose)


def _by_reference(compiled: CompiledMapping, pages: Iterator[bytes]) -> Iterator[Mapped]:
    for page in pages:
        records = [{WRAPPER: _renamed(one)} for one in read(page)["elements"]]
        for first in range(0, len(records), SLICE):
            part = records[first : first + SLICE]
            yield compiled.map_records(range(first, first + len(part)), part)


def _renamed(element: dict[str, object]) -> dict[str, object]:
    values = element["pivotValues"]
    assert isinstance(values, list)
    element["pivotValue"] = values[0]
    return element


def _reading() -> Reading:
    spec = next(one for one in sources.shipped_specs() if "linkedin" in one["name"].lower())
    return Reading(spec, "", {"accountIds": "1", "pivot": "CREATIVE"}, Window(0, 1), mapping_data.NOW)


if __name__ == "__main__":
    main()
