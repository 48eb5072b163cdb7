"""Replays before they run: their ids, which rows they choose, and what they change in the table."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from headrace import ids, sources
from headrace.clock import Window
from headrace.errors import FileDamaged, WindowSuperseded
from headrace.files import FileRef, NamedFile
from headrace.lake import Lake, TableRef
from headrace.lake.changes import Append, ReplaceWindow, Replay
from headrace.lake.landing import RowErrors
from headrace.runs.changes import changes
from headrace.runs.plan import FlowPlan, Replayed, Target, encoded
from headrace.runs.replay_rows import Later, choose, rejected_rows
from headrace.runs.replaying import cause_of
from headrace.sources.reading import Part, Reading, Request, Slice
from headrace.store import gaps, runs
from headrace.store.engine import Store
from headrace.store.parts import PROMOTED, PartRecord
from headrace.store.runs import FAILED, Outcome, Run
from headrace.store.scope import Caller
from sliced import values_at

HERE = Caller("org@AdobeOrg", "prod", "", "client", "user")
SPEC = next(spec for spec in sources.shipped_specs() if spec["name"] == "linkedin-ads")
READING = Reading(SPEC, "", {"accountIds": "1", "pivot": "ACCOUNT"}, Window(0, 1), 0)
FIRST, LAST = date(2022, 8, 1), date(2022, 8, 9)
PART = Part(0, Request("GET", "http://source.test"), "1", FIRST, LAST)
FILE = FileRef("data.parquet", 1, "", 1)


def plan(replay: Replayed | None) -> FlowPlan:
    target = Target(TableRef("org@AdobeOrg", "prod", "d"), "s", "1.0", {}, "m", 0, (), 0)
    return FlowPlan("f", "B", "c", "s", "t", READING, Window(0, 1), (), target, "replace-window", None, replay)


def run(store: Store, cause: str) -> Run:
    id = ids.run_id("f", 0, 1, cause)
    made = runs.new_run(HERE, id=id, flow_id="f", cause=cause, window=Window(0, 1), backfill=False, batch_id="B", at=2)
    with store.write() as conn:
        assert runs.insert(conn, made)
    return made


def test_the_id_of_a_replay_is_derived_from_run_version_and_number(store: Store) -> None:
    before = run(store, "schedule")
    for n in range(2):
        with store.read() as conn:
            cause = cause_of(conn, before, 3)
        assert cause == f"replay:{before.id}:3:{n}"
        assert run(store, cause).replays == before.id
    with store.read() as conn:
        assert cause_of(conn, before, 4) == f"replay:{before.id}:4:0"
    assert ids.run_id("f", 0, 1, "replay:r:3:0") == "63f3ed16-bf9a-56bf-9414-24d8823d184d"


def test_a_replay_in_vain_is_no_gap(store: Store) -> None:
    before = run(store, "schedule")
    replay = run(store, f"replay:{before.id}:0:0")
    with store.write() as conn:
        runs.finish(conn, before.id, "success", Outcome(), 3)
        runs.finish(conn, replay.id, FAILED, Outcome("c", "m"), 4)
        assert gaps.of_flow(conn, HERE, "f") == []


CHANGES = {
    "a run": (None, [ReplaceWindow(FIRST, LAST)]),
    "all rows": (Replayed("r", "all", 9, ("A", "Q")), [Append(), Replay("A"), Replay("Q")]),
    "all rows of a failed run": (Replayed("r", "all", 9, ()), [ReplaceWindow(FIRST, LAST)]),
    "quarantined rows": (Replayed("r", "quarantined", 9, ()), [Append()]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_replay_changes(name: str) -> None:
    replay, deletes = CHANGES[name]
    made = changes(plan(replay), [PartRecord("r", 0, PROMOTED, encoded(PART), data=(FILE,))])
    assert [change.delete for change in made] == deletes
    assert {change.batch for change in made} == {"B"} and made[0].files == (FILE,) and made[0].scope == "f/1"


def test_a_plan_keeps_its_replay_as_json() -> None:
    for replay in (None, Replayed("r", "all", 9, ("A",))):
        made = plan(replay)
        assert msgspec.json.decode(encoded(made), type=FlowPlan) == made
        assert made.ingested_at == (9 if replay else 0)


# -- rows -------------------------------------------------------------------------------------------------------


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    opened = Lake.open(f"sqlite:///{tmp_path / 'headrace.db'}", tmp_path / "lake")
    yield opened
    opened.close()


def landed(lake: Lake, *lines: bytes) -> NamedFile:
    ref = lake.landing.put(RowErrors("B", "parsing", 0, 1), [b"".join(line + b"\n" for line in lines)])
    return NamedFile("x.json", ref)


def test_rejected_rows_are_read_whatever_the_record_holds(lake: Lake) -> None:
    tail = b'"_errors": [], "_filename": "p", "_row": '
    file = landed(lake, b'{"a": 1, ' + tail + b"7}", b'{"_row": "text", "_filename": 5, ' + tail + b"9}")
    assert {page: rows.to_pylist() for page, rows in rejected_rows(lake.landing, [file]).items()} == {"p": [7, 9]}
    lake.landing.remove_batch("B")
    with pytest.raises(FileDamaged):
        rejected_rows(lake.landing, [file])


def slices(page: str, *clicks: object) -> Iterator[Slice]:
    day = {"year": 2022, "month": 8}
    elements = [{"clicks": value, "dateRange": {"start": {**day, "day": n + 1}}} for n, value in enumerate(clicks)]
    body = msgspec.json.encode({"elements": elements})
    return sources.decoder(READING, PART, {("element", "clicks"): pa.int64()}).slices([(page, body)])


def test_only_rejected_rows_are_chosen_and_keep_their_places(lake: Lake) -> None:
    file = landed(lake, b'{"_filename": "p", "_row": 1}', b'{"_filename": "p", "_row": 3}')
    chosen = choose(lake.landing, PART, [], [PartRecord("r", 0, PROMOTED, encoded(PART), errors=(file,))])
    assert list(chosen(slices("another page", 1, 2))) == []
    (kept,) = chosen(slices("p", 5, "n/a", 7, 8))
    assert (kept.read, len(kept.days)) == (2, 4) and values_at(kept, "element", "clicks") == {1: "n/a", 3: 8}
    assert b'"n/a"' in kept.original(1)


LATER = [
    (Later("1", date(2022, 8, 2), date(2022, 8, 3), "newer"), True),
    (Later("1", date(2022, 8, 5), date(2022, 8, 9), "newer"), False),
    (Later("2", FIRST, LAST, "newer"), False),
]


@pytest.mark.parametrize(("later", "refused"), LATER)
def test_a_row_of_a_day_that_was_read_again_is_refused(lake: Lake, later: Later, refused: bool) -> None:
    chosen = choose(lake.landing, PART, [later], None)
    if refused:
        with pytest.raises(WindowSuperseded, match="2022-08-02 were read again by run newer"):
            list(chosen(slices("p", 5, "n/a", 7)))
    else:
        assert [kept.read for kept in chosen(slices("p", 5, "n/a", 7))] == [3]
