"""The bare script, a process of its own: msgspec Structs and Polars expressions for the same 25 fields, and Parquet.

python -m bench.bare_mapping PAGES FILE     prints {"rows", "rejected", "seconds", "processor", "megabytes"}
"""

import json
import sys
import time
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench import mapping_data
from bench.analytics import METRICS, DateRange
from bench.processes import peak_megabytes


class Element(msgspec.Struct, gc=False):
    """One row of the source; it is known that clicks may be a text."""

    shares: int
    comments: int
    externalWebsiteConversions: int
    landingPageClicks: int
    follows: int
    clicks: int | str
    totalEngagements: int
    impressions: int
    likes: int
    dateRange: DateRange
    pivotValues: list[str]
    costInLocalCurrency: str


class Answer(msgspec.Struct):
    """One page."""

    elements: list[Element]


def main() -> None:
    """Maps all pages once."""
    directory, file = Path(sys.argv[1]), Path(sys.argv[2])
    decoder = msgspec.json.Decoder(Answer)
    started, used, rows, rejected = time.monotonic(), time.process_time(), 0, 0
    writer: pq.ParquetWriter | None = None
    for page in mapping_data.pages(directory):
        elements = decoder.decode(page).elements
        good = [one for one in elements if type(one.clicks) is int]
        table = _mapped(_frame(good)).to_arrow()
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
        rows, rejected = rows + len(good), rejected + len(elements) - len(good)
    if writer:
        writer.close()
    seconds, processor = time.monotonic() - started, time.process_time() - used
    told = {"rows": rows, "rejected": rejected, "seconds": seconds, "processor": processor}
    print(json.dumps({**told, "megabytes": peak_megabytes()}))


def _frame(elements: list[Element]) -> pl.DataFrame:
    columns = {name: pa.array([getattr(one, name) for one in elements], pa.int64()) for name in METRICS}
    columns["pivotValue"] = pa.array([one.pivotValues[0] for one in elements], pa.string())
    columns["cost"] = pa.array([one.costInLocalCurrency for one in elements], pa.string())
    for end in ("start", "end"):
        days = [getattr(one.dateRange, end) for one in elements]
        for part in ("year", "month", "day"):
            columns[f"{end}.{part}"] = pa.array([getattr(day, part) for day in days], pa.int64())
    made = pl.from_arrow(pa.table(columns))
    assert isinstance(made, pl.DataFrame)
    return made


def _mapped(frame: pl.DataFrame) -> pl.DataFrame:
    pivot, clicks, impressions = pl.col("pivotValue"), pl.col("clicks"), pl.col("impressions")
    fields = [
        pl.lit(None, pl.Int64).alias("approximateUniqueImpressions"),
        *(pl.col(name) for name in METRICS),
        pivot,
        pl.struct(_parts("end"), _parts("start")).alias("dateRange"),
        pl.concat_str([pivot, pl.lit("-"), clicks]).alias("label"),
        _date("start").alias("firstDay"),
        _date("end").alias("lastDay"),
        pl.when(impressions > 5000).then(pl.lit("wide")).otherwise(pl.lit("narrow")).alias("reach"),
        pivot.str.to_uppercase().alias("creative"),
        pivot.str.replace_all("[^0-9]+", "").cast(pl.Int64, strict=False).alias("creativeId"),
        pl.col("cost").cast(pl.Decimal(18, 4), strict=False),
        pl.when(impressions > 0).then(clicks * 1.0 / impressions).alias("rate"),
    ]
    return frame.select(pl.struct(fields).alias("_extconndev"))


def _parts(end: str) -> pl.Expr:
    return pl.struct([pl.col(f"{end}.{part}").alias(part) for part in ("day", "month", "year")]).alias(end)


def _date(end: str) -> pl.Expr:
    parts = [pl.col(f"{end}.{part}") for part in ("year", "month", "day")]
    return pl.concat_str(parts, separator="-").str.to_date("%Y-%m-%d", strict=False)


if __name__ == "__main__":
    main()
