"""The bare loop, a process of its own: fetch, decode, append; what a careful script does, and nothing more.

python -m bench.bare_loop SOURCE_URL ROWS DIRECTORY     prints {"rows", "seconds", "processor", "megabytes"}
"""

import json
import sys
import time
from pathlib import Path

import httpx2
import msgspec
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from bench import analytics
from bench.processes import peak_megabytes

PAGES_PER_APPEND = 8
LONG = pa.int64()
DAY = pa.struct([("day", LONG), ("month", LONG), ("year", LONG)])
FIELDS = pa.struct(
    [
        *((name, LONG) for name in ("approximateUniqueImpressions", *analytics.METRICS)),
        ("pivotValue", pa.string()),
        ("dateRange", pa.struct([("start", DAY), ("end", DAY)])),
    ]
)
SCHEMA = pa.schema([("_extconndev", FIELDS)])


class Element(msgspec.Struct, gc=False):
    """One row of the source."""

    shares: int
    comments: int
    externalWebsiteConversions: int
    landingPageClicks: int
    follows: int
    clicks: int
    totalEngagements: int
    impressions: int
    likes: int
    dateRange: analytics.DateRange
    pivotValues: list[str]


class Answer(msgspec.Struct):
    """One page."""

    elements: list[Element]


def main() -> None:
    """Runs the loop once."""
    source, rows, directory = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    catalog = SqlCatalog("bare", uri=f"sqlite:///{directory}/bare.db", warehouse=f"file://{directory}/bare")
    catalog.create_namespace("bare")
    table = catalog.create_table("bare.ads", schema=SCHEMA)
    decoder = msgspec.json.Decoder(Answer)
    started, used, done, pages = time.monotonic(), time.process_time(), 0, []
    with httpx2.Client(timeout=60, trust_env=False) as http:
        for question in analytics.questions(analytics.accounts(rows)):
            pages.append(_table(decoder.decode(http.get(source + question.path).content).elements))
            done += len(pages[-1])
            if len(pages) == PAGES_PER_APPEND:
                table.append(pa.concat_tables(pages))
                pages.clear()
    if pages:
        table.append(pa.concat_tables(pages))
    seconds, processor = time.monotonic() - started, time.process_time() - used
    print(json.dumps({"rows": done, "seconds": seconds, "processor": processor, "megabytes": peak_megabytes()}))


def _table(elements: list[Element]) -> pa.Table:
    columns = [
        pa.nulls(len(elements), LONG),
        *(pa.array([getattr(one, name) for one in elements], LONG) for name in analytics.METRICS),
        pa.array([one.pivotValues[0] for one in elements], pa.string()),
        _range(elements),
    ]
    return pa.table([pa.StructArray.from_arrays(columns, fields=list(FIELDS))], schema=SCHEMA)


def _range(elements: list[Element]) -> pa.Array:
    starts, ends = [one.dateRange.start for one in elements], [one.dateRange.end for one in elements]
    kind = FIELDS.field("dateRange").type
    return pa.StructArray.from_arrays([_days(starts), _days(ends)], fields=list(kind))


def _days(days: list[analytics.Day]) -> pa.Array:
    columns = [
        pa.array([one.day for one in days], LONG),
        pa.array([one.month for one in days], LONG),
        pa.array([one.year for one in days], LONG),
    ]
    return pa.StructArray.from_arrays(columns, fields=list(DAY))


if __name__ == "__main__":
    main()
