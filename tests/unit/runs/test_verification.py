"""A whole data directory verifies; each fault that is put into one is found and named."""

import datetime
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from rich.console import Console

from headrace import sandboxes
from headrace.cli.verify import show
from headrace.clock import Window
from headrace.counts import Counts
from headrace.files import NamedFile
from headrace.ids import batch_id
from headrace.lake import Change, Lake, Stamp, TableRef
from headrace.lake.changes import Append, ReplaceWindow
from headrace.lake.landing import InputPages, Upload
from headrace.runs.batch_figures import batch_metrics
from headrace.runs.verification import Finding, Report, verify
from headrace.store import batches, documents, parts, runs
from headrace.store.batches import BatchFile
from headrace.store.engine import Store, open_store
from headrace.store.migrations import upgrade
from headrace.store.parts import PartRecord
from headrace.store.runs import Outcome
from headrace.store.scope import Caller

CALLER = Caller("0123456789ABCDEF01234567@AdobeOrg", "prod", "", "client", "user")
DATASET = "5" * 24
REF = TableRef(CALLER.org, CALLER.sandbox, DATASET)
SCHEMA = pa.schema([("n", pa.int64())])
DAY = datetime.date(2022, 8, 9)
FLOW = "flow"


@dataclass(frozen=True)
class World:
    """A store and a lake that hold one successful run of three records in, two written, one rejected."""

    store: Store
    lake: Lake
    warehouse: Path

    def found(self) -> list[tuple[str, str]]:
        return [(one.kind, one.message) for one in self.report().findings]

    def messages(self) -> dict[str, str]:
        return {finding.id: finding.message for finding in self.report().findings}

    def report(self) -> Report:
        return verify(self.store, self.lake, lambda *_: None)

    def write(self, batch: str) -> list:
        table = pa.table({"_row": [0, 1], "n": [1, 2]}, schema=pa.schema([("_row", pa.int64()), ("n", pa.int64())]))
        with self.lake.writer(REF, SCHEMA, Stamp(batch, FLOW, FLOW + "/", 0, 1, 1000, 1000)) as writer:
            writer.write(table, pa.array([DAY, DAY], pa.date32()))
            return writer.close()

    def commit(self, batch: str, files: list, delete: Append | ReplaceWindow = Append(), at: int = 1000) -> None:
        self.lake.commit(REF, SCHEMA, [Change(batch, FLOW + "/", delete, tuple(files), at)])

    def run(self, n: int, delete: Append | ReplaceWindow = Append(), at: int = 1000) -> str:
        run = runs.new_run(
            CALLER, id=f"run-{n}", flow_id=FLOW, cause="schedule", window=Window(n, n + 1), backfill=False,
            batch_id=batch_id(f"run-{n}", at), at=at,
        )  # fmt: skip
        page = self.lake.landing.put(InputPages(run.batch_id, 0, 1, 0), [b"[1,2,3]"])
        files = self.write(run.batch_id)
        with self.store.write() as conn:
            runs.insert(conn, run)
            batches.insert(conn, CALLER, id=run.batch_id, dataset_id=DATASET, at=at, status="staging", run_id=run.id)
            parts.plan(conn, [PartRecord(run.id, 0, parts.PLANNED, "{}")])
            batches.move(conn, run.batch_id, {"staging"}, "committing", at=at)
        self.commit(run.batch_id, files, delete, at)
        with self.store.write() as conn:
            _record(conn, run, NamedFile("page.json", page), files, at)
        return run.batch_id


def _record(conn: sa.Connection, run: runs.Run, page: NamedFile, files: list, at: int) -> None:
    (part,) = parts.listed(conn, run.id)
    part = parts.landed(conn, part, [page], None)
    part = parts.promoted(conn, part, files, [], Counts(3, 2, 1))
    landed = BatchFile(batches.INPUT_FILES, page.name, page.ref)
    batches.set_files(conn, run.batch_id, batches.INPUT_FILES, [landed], at)
    data = [BatchFile(batches.DATA, ref.name.rpartition("/")[2], ref) for ref in files]
    batches.set_files(conn, run.batch_id, batches.DATA, data, at)
    batches.move(conn, run.batch_id, {"committing"}, "success", at=at, metrics=batch_metrics([part]))
    runs.finish(conn, run.id, "success", Outcome(), at)


def _made(directory: Path) -> Iterator[World]:
    store = open_store(f"sqlite:///{directory / 'headrace.db'}")
    upgrade(store)
    lake = Lake.open(str(store.engine.url), directory / "lake")
    with store.write() as conn:
        sandboxes.create_on_first_use(conn, CALLER.org, "prod", 1000)
        documents.create(conn, CALLER, "dataSets", DATASET, {}, 1000)
    lake.create_table(REF, SCHEMA)
    made = World(store, lake, directory / "lake")
    made.run(1)
    yield made
    lake.close()
    store.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from _made(tmp_path)


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for every test that puts back what it changes."""
    yield from _made(tmp_path_factory.mktemp("steady"))


def test_a_whole_directory_has_no_finding(steady: World) -> None:
    report = steady.report()
    assert (report.findings, report.leftovers) == ([], [])
    assert report.counts == {"tables": 1, "batches": 1, "runs": 1, "rows": 2, "files": 2}


def test_a_batch_that_a_later_one_replaced_is_whole(world: World) -> None:
    world.run(2, ReplaceWindow(DAY, DAY), at=2000)
    report = world.report()
    assert (report.findings, report.counts["batches"], report.counts["rows"]) == ([], 2, 2)


def test_what_an_interrupted_attempt_left_is_no_fault(world: World) -> None:
    lost = world.lake.landing.put(InputPages(batch_id("run-1", 1000), 0, 2, 0), [b"[]"])
    report = world.report()
    assert (report.findings, report.leftovers) == ([], [lost.name])


# What is wrong in the store: table, changes, what the findings begin with.
WRONG = {
    "counters": (batches.batches, {"metrics": '{"inputRecordCount":3,"outputRecordCount":3}'},
                 {"Its counters say 3 read, 3 written", "It is recorded with 3 rows; its snapshot added 2"}),
    "part": (parts.parts, {"counts": '{"read":4,"written":2,"rejected":1}'},
             {"Its counters say 3 read", "Part 0 does not balance"}),
    "failed but there": (batches.batches, {"status": "failed"},
                         {"It is recorded as failed, and the table holds it", "It succeeded, and its batch"}),
    "stuck": (batches.batches, {"status": "committing"},
              {"It is committing although its run run-1 is over", "It succeeded, and its batch"}),
    "batch closed": (runs.runs, {"state": "inProgress"}, {"It is inProgress, and its batch"}),
    "run failed": (runs.runs, {"state": "failed"}, {"It failed, and its batch"}),
    "run unknown": (batches.batches, {"run_id": "run-9"}, {"It belongs to run run-9, which is not"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_record_that_contradicts_is_named(steady: World, fault: str) -> None:
    table, changes, expected = WRONG[fault]
    with steady.store.write() as conn:
        before = conn.execute(sa.select(*(table.c[name] for name in changes))).one()
        conn.execute(table.update().values(changes))
    messages = [message for _, message in steady.found()]
    with steady.store.write() as conn:
        conn.execute(table.update().values(dict(before._mapping)))
    for start in expected:
        assert any(message.startswith(start) for message in messages), messages


def _cut(world: World, pattern: str) -> None:
    next(world.warehouse.rglob(pattern)).write_bytes(b"[1,2,4]")


def _land(world: World, batch: str) -> None:
    world.lake.landing.put(Upload(batch, 1), [])


def _remove(world: World, pattern: str) -> None:
    next(world.warehouse.rglob(pattern)).unlink()


DAMAGE = {
    "page changed": (lambda w: _cut(w, "*.json.zst"), {"It is missing or does not hold what batch"}),
    "page gone": (lambda w: _remove(w, "*.json.zst"), {"It is missing or does not hold what batch"}),
    "data changed": (lambda w: _cut(w, "*.parquet"), {"The rows of dataset 5", "It is missing or does not hold"}),
    "data gone": (lambda w: _remove(w, "*.parquet"),
                  {"The table of dataset 5", "The rows of dataset 5", "It is missing or does not hold"}),
    "strangers": (lambda w: (w.commit("Z" * 26, w.write("Z" * 26)), w.write("Y" * 26), _land(w, "X")),
                  {"The table of dataset 5", "Nothing refers to it", "It holds 1 files, and no record"}),
    "no table": (lambda w: w.lake.drop_table(REF), {"The dataset '5"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", DAMAGE)
def test_a_file_that_is_damaged_or_strange_is_named(world: World, fault: str) -> None:
    cause, expected = DAMAGE[fault]
    cause(world)
    messages = [message for _, message in world.found()]
    for start in expected:
        assert any(message.startswith(start) for message in messages), messages


def test_an_upload_whose_run_is_over_before_its_batch_is_named(world: World) -> None:
    with world.store.write() as conn:
        for id, status in (("UPLOADED", "loaded"), ("DOUBTFUL", "committing")):
            batches.insert(conn, CALLER, id=id, dataset_id=DATASET, at=1000, status=status)
            runs.insert(conn, runs.new_upload(CALLER, id, 1000))
        runs.finish(conn, "UPLOADED", "failed", Outcome("C", "m"), 1000)
        runs.finish_in_doubt(conn, "DOUBTFUL", Outcome("C", "m"), 2000, 1000)
    messages = world.messages()
    assert messages["UPLOADED"] == "It is loaded although its run UPLOADED is over (failed)."
    assert messages["DOUBTFUL"].endswith("is over (failed); whether its rows are in the table is not proved.")


def test_an_uncommitted_success_is_found(world: World) -> None:
    with world.store.write() as conn:
        batches.insert(conn, CALLER, id="A" * 26, dataset_id=DATASET, at=3000)
        conn.execute(batches.batches.update().where(batches.batches.c.id == "A" * 26).values(status="success"))
    assert world.found() == [("batch", "It is recorded as a success; the table's history says nothing of it.")]


def test_the_report_is_readable(steady: World) -> None:
    console = Console(record=True, width=100, file=io.StringIO())
    report = steady.report()
    report.findings.append(Finding("batch", "B", "It is wrong."))
    show(console, report)
    shown = console.export_text()
    assert "Looked at 1 tables, 1 batches, 1 runs, 2 rows, 2 files." in shown and "1 found wrong" in shown
