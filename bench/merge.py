"""(e) Rows merged by key into a table of many, beside pyiceberg's own upsert of the same rows into the same table."""

import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import typer
from pyiceberg.catalog.sql import SqlCatalog
from rich.console import Console

from bench.figures import Series, at_least, at_most, ratios, show, step
from bench.processes import peak_megabytes, result_of
from headrace.lake import Change, Lake, Stamp, TableRef
from headrace.lake.changes import Merge
from headrace.lake.layout import KEYED

PART = 10  # one row in so many changes: half of them replace one, half are new
SCALE = 4  # memory is looked at on a quarter of the rows and on four times as many
SLICE = 15_000
REF = TableRef("bench", "prod", "merge")
FIGURES = 9
SCHEMA = pa.schema(
    [pa.field("id", pa.string(), nullable=False), *(pa.field(f"m{n}", pa.int64()) for n in range(FIGURES))]
)
SIDES = ("headrace", "pyiceberg")


def run(console: Console, rows: int, repeat: int) -> None:
    """Prints rows/s of both, their ratio, and what memory Headrace's commit takes beside its table."""
    seconds = {side: Series(f"{side}, s for {rows // PART:,} rows into {rows:,}", "") for side in SIDES}
    processor = {side: Series("  processor s", "") for side in SIDES}
    memory = {side: Series("  peak memory", "MB") for side in SIDES}
    for turn in range(repeat):
        with step(console, f"merge, turn {turn + 1} of {repeat}"):
            for side in SIDES:
                took, used, peak = _measured(side, rows)
                seconds[side].values.append(took)
                processor[side].values.append(used)
                memory[side].values.append(peak)
    ratio = ratios("times as fast as upsert", seconds["pyiceberg"], seconds["headrace"])
    used = ratios("the same, processor s", processor["pyiceberg"], processor["headrace"])
    table = [(series, None) for side in SIDES for series in (seconds[side], processor[side], memory[side])]
    show(console, "Merge by key", [*table, (ratio, at_least(5)), (used, None)])
    with step(console, "merge, memory"):
        peaks = [_measured("headrace", each)[2] for each in (rows // SCALE, rows * SCALE)]
    flat = Series(f"peak memory, {rows * SCALE:,} rows over {rows // SCALE:,}", "", [peaks[1] / peaks[0]])
    show(console, "Merge by key, memory", [(flat, at_most(1.25))])


def _measured(side: str, rows: int) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak megabytes of a merge in a process of its own; another writes the table."""
    with tempfile.TemporaryDirectory() as folder:
        for stage in ("write", "merge"):
            took, used, peak = result_of("bench.merge", side, stage, str(rows), folder)
        return took, used, peak


def _rows(first: int, ids: np.ndarray, seed: int) -> pa.Table:
    dice = np.random.default_rng(seed + first)
    names = pa.array([f"campaign-{id}" for id in ids])
    figures = [pa.array(dice.integers(0, 10_000, len(ids))) for _ in range(FIGURES)]
    return pa.Table.from_arrays([names, *figures], schema=SCHEMA)


def _changed(rows: int) -> np.ndarray:
    """The ids of what comes: spread over all rows, and as many behind them."""
    half = rows // PART // 2
    return np.concatenate([np.arange(0, rows, rows // half)[:half], np.arange(rows, rows + half)])


def headrace(stage: str, rows: int, folder: str) -> float:
    """Writes the table, or merges into it what comes."""
    lake = Lake.open(f"sqlite:///{folder}/headrace.db", Path(folder) / "lake")
    lake.create_table(REF, SCHEMA)
    started = time.monotonic()
    ids, batch, at = (np.arange(rows), "B1", 1) if stage == "write" else (_changed(rows), "B2", 2)
    with lake.writer(REF, SCHEMA, Stamp(batch, "flow", "flow/", 0, 1, at, at)) as writer:
        for first in range(0, len(ids), SLICE):
            some = ids[first : first + SLICE]
            keys = pa.array([f'["campaign-{id}"]' for id in some])
            positions = pa.array(np.arange(first, first + len(some)))
            keyed = [keys, pa.nulls(len(some), pa.string()), positions, pa.nulls(len(some), pa.bool_())]
            days = pa.nulls(len(some), pa.date32())
            writer.write(_rows(first, some, at), days, pa.Table.from_arrays(keyed, schema=KEYED))
        files = tuple(writer.close())
    outcome = lake.commit(REF, SCHEMA, [Change(batch, "flow/", Merge(), files, at)])[batch]
    took = time.monotonic() - started
    assert stage == "write" or sum(part.replaced for part in outcome.merged.values()) == len(ids) // 2
    lake.close()
    return took


def pyiceberg(stage: str, rows: int, folder: str) -> float:
    """The same with pyiceberg alone."""
    catalog = SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=folder)
    catalog.create_namespace_if_not_exists("bench")
    table = catalog.create_table_if_not_exists("bench.merge", schema=SCHEMA)
    started = time.monotonic()
    if stage == "write":
        table.append(_rows(0, np.arange(rows), 1))
    else:
        done = table.upsert(_rows(0, _changed(rows), 2), join_cols=["id"])
        assert done.rows_updated == done.rows_inserted == len(_changed(rows)) // 2
    return time.monotonic() - started


def one(side: str, stage: str, rows: int, folder: str) -> None:
    """One stage of one side, for the process that asked."""
    began = time.process_time()
    took = {"headrace": headrace, "pyiceberg": pyiceberg}[side](stage, rows, folder)
    print(json.dumps([took, time.process_time() - began, peak_megabytes()]))


if __name__ == "__main__":
    typer.run(one)
