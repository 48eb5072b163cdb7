"""A part is promoted to the row: typed and loose records, rejected elements, dropped rows, quarantine files."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from headrace import sources
from headrace.clock import Window
from headrace.counts import Counts, warnings_by_rule
from headrace.errors import Broken
from headrace.lake import Lake, Stamp, TableRef
from headrace.lake.changes import Append, Change
from headrace.lake.pages import PageBody
from headrace.mapping.derivations import NO_DERIVATIONS
from headrace.quarantined import origin_of, samples_of
from headrace.runs.judging import Judge
from headrace.runs.plan import Target
from headrace.runs.promotion import PartWork, Promoted, Rows, promote_part
from headrace.runs.replay_rows import rejected_rows
from headrace.sources.reading import Part, Reading, Request

TABLE = TableRef("org@AdobeOrg", "prod", "5ef4551c52e054191a61a99f")
LONG = {"type": "integer", "minimum": -(2**53), "maximum": 2**53 - 1}
FULL = {
    "type": "object",
    "properties": {
        "clicks": LONG,
        "name": {"type": "string", "maxLength": 5},
        "cost": {"type": "number", "meta:headraceType": "decimal(38,18)"},
    },
}
ITEMS = tuple(
    {"sourceType": "ATTRIBUTE", "source": f"element.{name}", "destination": name} for name in ("clicks", "name", "cost")
)
SPEC = next(spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads")
READING = Reading(SPEC, "", {"accountIds": "1", "pivot": "ACCOUNT"}, Window(0, 1), 0)
PART = Part(0, Request("GET", "http://source.test"))


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    opened = Lake.open(f"sqlite:///{tmp_path / 'headrace.db'}", tmp_path / "lake")
    opened.create_table(TABLE, target().arrow_schema())
    yield opened
    opened.close()


def target() -> Target:
    return Target(TABLE, "https://ns.adobe.com/t/schemas/s", "1.0", FULL, "m", 0, ITEMS, 0)


def element(clicks: object, name: object = "a", cost: object = 1, day: int = 1) -> dict[str, object]:
    date = {"year": 2022, "month": 3, "day": day}
    return {"clicks": clicks, "name": name, "cost": cost, "dateRange": {"start": date, "end": date}}


def promote(lake: Lake, *pages: list[object] | bytes) -> Promoted:
    bodies = (page if isinstance(page, bytes) else msgspec.json.encode({"elements": page}) for page in pages)
    came = [PageBody(f"page-{n}.json", body, 0) for n, body in enumerate(bodies)]
    rows = Rows(lambda wanted: sources.decoder(READING, PART, wanted).slices)
    judge = Judge.of(target(), NO_DERIVATIONS)
    writers = lake.writers(TABLE, judge.compiled.target)
    work = PartWork(Stamp("B", "f", "f/1", 0, 1, 0, 0), writers, came, rows)
    with ThreadPoolExecutor(2) as judges:
        return promote_part(lake.landing, work, judge, judges)


def committed(lake: Lake, promoted: Promoted) -> list[tuple[object, ...]]:
    lake.commit(TABLE, target().arrow_schema(), [Change("B", "f/1", Append(), tuple(promoted.data), 0)])
    rows = lake.scan(TABLE).to_pylist()
    return sorted(
        (row["clicks"], row["name"], str(row["cost"].normalize()), str(row["_headrace"]["day"])) for row in rows
    )


def quarantined(lake: Lake, promoted: Promoted) -> dict[str, list[dict[str, object]]]:
    return {
        file.name: [json.loads(line) for line in lake.landing.read(file.ref).splitlines()] for file in promoted.errors
    }


def test_every_record_is_written_or_quarantined_with_its_reason(lake: Lake) -> None:
    page = [element(1), element("n/a"), 7, element("2"), element(3, name="too long"), element(2**53, day=2)]
    promoted = promote(lake, page, [element(4)])
    counts = promoted.counts
    assert (counts.read, counts.written, counts.rejected, counts.dropped) == (7, 3, 4, {})
    assert [row[0] for row in committed(lake, promoted)] == [1, 2, 4]
    files = quarantined(lake, promoted)
    assert {name: [record["_row"] for record in records] for name, records in files.items()} == {
        "conversion_errors_0.json": [1],
        "parsing_errors_0.json": [2],
        "validation_errors_0.json": [4, 5],
    }
    assert sum(counts.codes.values()) == 4


def test_a_quarantined_record_is_the_one_that_came(lake: Lake) -> None:
    record = b'{"clicks":"n/a","cost":12345678901234567890.123456789012345678,"x":1.10}'
    (file,) = promote(lake, b'{"elements":[' + record + b"]}").errors
    line = lake.landing.read(file.ref)
    assert line.startswith(b'{"element":' + record + b',"_errors":[{"code":"MAPPER-3700-400",')
    assert json.loads(line)["_filename"] == "page-0.json"


def test_what_is_large_beside_the_array_is_kept_once_a_page(lake: Lake) -> None:
    big, small = b'"big":["' + b"x" * 100_000 + b'",1e400]', b'"small":[1.10]'
    bad = b'{"clicks":"n/a","cost":1,"x":1e400}'
    rows = b"[" + b",".join([b'{"clicks":1,"cost":1}', *[bad] * 50, b"NaN", b"7"]) + b"]"
    pages = [b"{" + beside + b',"elements":' + rows + b"}" for beside in (big, big, small)]
    promoted = promote(lake, *pages)
    assert promoted.counts.rejected == 3 * 52
    origins = rejected_rows(lake.landing, promoted.errors)
    assert {page: sorted(rows.to_pylist()) for page, rows in origins.items()} == {
        f"page-{n}.json": [*range(1, 53)] for n in range(3)
    }
    for file in promoted.errors:
        lines = lake.landing.read(file.ref).splitlines()
        family = len(lines) // 3
        assert [b'"big":[' in line or b'\\"big\\":[' in line for line in lines] == [
            *[True, *[False] * (family - 1)] * 2,
            *[False] * family,
        ]
        assert [b"small" in line for line in lines] == [*[False] * family * 2, *[True] * family]
        assert [origin_of(line).page for line in lines] == [f"page-{n}.json" for n in range(3) for _ in range(family)]
        if file.name.startswith("conversion"):
            shown = [msgspec.json.encode(sample["record"]) for sample in samples_of(lines)]
            whole = [b"{" + beside + b',"element":' + bad + b"}" for beside in (big, small)]
            assert shown == [*[whole[0]] * family * 2, *[whole[1]] * family]


def test_a_quarantined_record_has_the_fields_of_its_source(lake: Lake) -> None:
    record = b'{"clicks":"n/a","pivotValues":["urn:1",{"a":1.10}]}'
    (file,) = promote(lake, b'{"elements":[' + record + b"]}").errors
    assert lake.landing.read(file.ref).startswith(b'{"element":' + record + b',"_errors":[')


HUGE = ["1e-99999999999999999999", "1e99999999999999999999", "-1E-9999999999999999999", "1e-999999999", "1e400"]


@pytest.mark.parametrize("number", [*HUGE, "-1e309", "1e999999999", "1e-100000", "1e2147483648", "1e-2147483649"])
@pytest.mark.parametrize("beside", ["a", 3])
@pytest.mark.parametrize("first", [True, False])
def test_a_number_that_no_column_holds_costs_its_row(lake: Lake, number: str, beside: object, first: bool) -> None:
    rows = [element(1), element(2, beside, "@")]
    page = msgspec.json.encode({"elements": rows[::-1] if first else rows}).replace(b'"@"', number.encode())
    promoted = promote(lake, page)
    assert (promoted.counts.read, promoted.counts.written, promoted.counts.rejected) == (2, 1, 1)
    [file] = promoted.errors
    [line] = lake.landing.read(file.ref).splitlines()
    assert number.encode() in line
    [error] = json.loads(line)["_errors"]
    assert error["code"] in ("INGEST-1401-400", "MAPPER-3700-400") and error["message"]


@pytest.mark.parametrize("number", HUGE)
def test_a_number_of_no_mapped_field_is_of_no_account(lake: Lake, number: str) -> None:
    page = msgspec.json.encode({"elements": [element(1), {**element(2), "other": "@"}]}).replace(
        b'"@"', number.encode()
    )
    assert promote(lake, page).counts.written == 2


def test_money_is_exact_and_days_partition_the_rows(lake: Lake) -> None:
    date = b'"dateRange":{"start":{"year":2022,"month":3,"day":31}}'
    promoted = promote(lake, b'{"elements":[{"clicks":1,"name":"a","cost":1234567890123456.78901,' + date + b"}]}")
    assert committed(lake, promoted) == [(1, "a", "1234567890123456.78901", "2022-03-31")]
    assert [file.partition for file in promoted.data] == ["2022-03"]


def test_an_empty_part_writes_nothing(lake: Lake) -> None:
    promoted = promote(lake, [])
    assert (promoted.data, promoted.errors, promoted.counts.read) == ([], [], 0)


def test_a_row_that_is_missing_is_found() -> None:
    with pytest.raises(Broken, match="3 rows read, 1 written, 1 rejected, 0 dropped"):
        Counts(3, 1, 1).require_balance("Part 0")


NAMES = {f"element.{name}" for name in ("clicks", "name", "cost")}
FOUND = {
    "null in every record": ([{**element(n), "cost": None, "name": None} for n in range(40)], NAMES, NAMES),
    "absent": ([{"clicks": n, "name": "a", "dateRange": {}} for n in range(40)], NAMES, NAMES - {"element.cost"}),
    "absent, and so named elsewhere": (
        [{"clicks": n, "name": "a", "tags": {"cost": n}} for n in range(40)],
        NAMES,
        NAMES - {"element.cost"},
    ),
    "null in the last record, and so named elsewhere": (
        [{"clicks": n, "name": "a", "tags": {"cost": n}, **({"cost": None} if n == 39 else {})} for n in range(40)],
        NAMES,
        NAMES,
    ),
    "absent from two records": ([{"clicks": n, "name": "a"} for n in range(2)], NAMES, NAMES - {"element.cost"}),
    "no record": ([7, None], set(), set()),
    "nothing": ([], set(), set()),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_no_record_has_is_told(lake: Lake, name: str) -> None:
    page, mapped, present = FOUND[name]
    counts = promote(lake, page).counts
    assert (counts.mapped, counts.present) == (mapped, present)
    absent = [{"rule": "foundInNoRecord", "path": path} for path in sorted(mapped - present)]
    assert warnings_by_rule(counts) == absent
