"""The life of a run beside its success: trouble waits and ends, stops are obeyed, doubt is looked at again."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contracts.lake.factory import AT, REF, SCHEMA, aug, load
from headrace import crash_points
from headrace.clock import MonotonicTimer
from headrace.errors import SourceRejected
from headrace.files import NamedFile
from headrace.lake import Lake
from headrace.lake.history import HORIZON
from headrace.lake.landing import Upload
from headrace.mapping.derivations import NO_DERIVATIONS
from headrace.runs import uploads
from headrace.runs.dispatch import Dispatch
from headrace.runs.flow_run import FlowStory
from headrace.runs.life import MOST_ATTEMPTS, Life
from headrace.runs.plan import Target, UploadPlan, encoded
from headrace.runs.story import Obey, Prepared
from headrace.runs.tick import tick
from headrace.runs.upload_run import UploadStory
from headrace.sources import SourceHttp
from headrace.sources.reading import Page, Part, Trail
from headrace.store import batches, runs
from headrace.store.batches import Batch
from headrace.store.engine import Store
from headrace.store.keyring import load_keyring
from headrace.store.parts import COPIED, PLANNED, PartRecord
from headrace.store.runs import DOUBT_MS, FAILED, QUEUED, SUCCESS, Run
from headrace.store.scope import Caller

HERE = Caller(REF.org, REF.sandbox, "", "client", "user")
ID = "B1"
FIELDS = {"clicks": {"type": "integer"}, "name": {"type": "string"}}
XDM = {"type": "object", "properties": {"_t": {"type": "object", "properties": FIELDS}}}
HOUR = 3_600_000


@dataclass
class Moving:
    """A clock that the test moves."""

    at: int = AT

    def now(self) -> int:
        return self.at


@dataclass(frozen=True)
class Ready(UploadStory):
    """The story of an upload of one row whose plan needs no documents."""

    lake: Lake

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        page = NamedFile("F1.json", self.lake.landing.put(Upload(ID, 1), [b'{"_t": {"clicks": 1}}']))
        target = Target(REF, "schema", "1.0", XDM, "", 0, (), now)
        part = PartRecord(run.id, 0, COPIED, encoded(Part(0, uploads.REQUEST, label=page.name)), raw=(page,))
        return Prepared(UploadPlan(ID, target, False, None, (), now), [part])


@dataclass(frozen=True)
class Failing(UploadStory):
    """A story with an error of ours in it."""

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        raise RuntimeError("a fault")


@dataclass(frozen=True)
class Refused(UploadStory):
    """A story that ends with words that no database could hold."""

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        raise SourceRejected("half \ud800, NUL \0, \x1b[31mred and very much" + "x" * 1_000_000)


@dataclass(frozen=True)
class Asking(Ready):
    """A story that is stopped while it asks for its plan, or for the pages of its part."""

    planning: bool

    def prepare(self, run: Run, now: int, obey: Obey) -> Prepared:
        if self.planning:
            self._stopped(run, obey)
        prepared = super().prepare(run, now, obey)
        return replace(prepared, parts=[replace(part, state=PLANNED, raw=()) for part in prepared.parts])

    def ask(self, run: Run, plan: UploadPlan, part: Part, trail: Trail | None, obey: Obey) -> Iterable[Page]:
        self._stopped(run, obey)
        return ()

    def _stopped(self, run: Run, obey: Obey) -> None:
        with self.dispatch.store.write() as conn:
            runs.request_stop_of(conn, run.id, "Enough.", AT)
        obey()
        raise AssertionError("it went on")


@dataclass
class Work:
    """An upload that waits to be carried, and what carries it."""

    dispatch: Dispatch
    clock: Moving
    lake: Lake
    life: Life

    @property
    def run(self) -> Run:
        with self.dispatch.store.read() as conn:
            return runs.by_id(conn, ID)

    @property
    def batch(self) -> Batch:
        with self.dispatch.store.read() as conn:
            return batches.by_id(conn, ID)

    def carry(self) -> Run:
        self.life.carry(ID)
        return self.run


@pytest.fixture
def work_of(store: Store, jobs, tmp_path: Path) -> Callable[[Callable[[Dispatch, Lake], UploadStory]], Work]:
    clock = Moving()
    dispatch = Dispatch(store, clock, jobs)
    lake = Lake.open(store.engine.url.render_as_string(hide_password=False), tmp_path / "lake")
    lake.create_table(REF, SCHEMA)
    flows = FlowStory(dispatch, lake.landing, load_keyring(tmp_path / "keys"), SourceHttp())
    with store.write() as conn:
        batches.insert(conn, HERE, id=ID, dataset_id=REF.dataset_id, at=AT, status="loaded")
        runs.insert(conn, runs.new_upload(HERE, ID, AT))

    def prepared(story: Callable[[Dispatch, Lake], UploadStory]) -> Work:
        return Work(
            dispatch,
            clock,
            lake,
            Life(dispatch, lake, NO_DERIVATIONS, MonotonicTimer(), threading.Event(), flows, story(dispatch, lake)),
        )

    yield prepared
    flows.http.close()
    lake.close()


@pytest.fixture
def work(work_of) -> Work:
    return work_of(Ready)


def test_an_upload_is_carried_to_its_success(work: Work) -> None:
    assert work.carry().state == SUCCESS
    assert (work.batch.status, work.batch.metrics.output_record_count) == ("success", 1)
    assert work.carry().attempt == 1


def test_trouble_waits_longer_each_time_and_the_third_ends_the_run(work_of) -> None:
    failing = work_of(lambda dispatch, _: Failing(dispatch))
    for attempt, wait in enumerate((500, 1000), 1):
        run = failing.carry()
        assert (run.state, run.attempt, run.troubles, run.not_before) == (QUEUED, attempt, attempt, AT + wait)
        assert run.waits_for == "an attempt failed: RuntimeError" and failing.batch.status == "loaded"
    assert failing.carry().state == FAILED
    (error,) = failing.batch.errors
    assert (failing.batch.status, error.code) == ("failed", "INGEST-1000-500")
    assert error.description == "The batch failed 3 times: RuntimeError; the log says more"


def test_whatever_an_error_says_its_run_can_be_ended(work_of) -> None:
    refused = work_of(lambda dispatch, _: Refused(dispatch))
    assert refused.carry().state == FAILED
    (error,) = refused.batch.errors
    said = r"half \ud800, NUL \x00, \x1b[31mred and very much"
    assert said in error.description and len(error.description) < 20_000


def test_a_process_that_stops_hands_its_run_back(work: Work) -> None:
    work.life.stopping.set()
    run = work.carry()
    assert (run.state, run.not_before, run.troubles) == (QUEUED, AT, 0)
    assert run.waits_for == "The process that worked on this run was stopped."
    work.life.stopping.clear()
    assert tick(work.dispatch, AT) == 1 and work.carry().state == SUCCESS


def test_a_stop_aborts_the_batch(work: Work) -> None:
    with work.dispatch.store.write() as conn:
        runs.request_stop_of(conn, ID, "Enough.", AT)
    assert work.carry().state == FAILED
    assert (work.batch.status, work.batch.errors[0].description) == ("aborted", "Enough.")


@pytest.mark.parametrize("planning", [True, False])
def test_a_stop_reaches_a_run_while_it_asks_its_source(work_of, planning: bool) -> None:
    asking = work_of(lambda dispatch, lake: Asking(dispatch, lake, planning))
    assert asking.carry().state == FAILED
    assert (asking.batch.status, asking.batch.errors[0].description) == ("aborted", "Enough.")


def test_a_run_that_never_ends_is_given_up(work: Work) -> None:
    with work.dispatch.store.write() as conn:
        for _ in range(MOST_ATTEMPTS):
            runs.enter(conn, ID, AT)
    assert work.carry().state == FAILED
    assert (work.batch.status, work.batch.errors[0].code) == ("failed", "INGEST-1000-500")
    assert "given up after 8 attempts" in work.batch.errors[0].description


# -- doubt ---------------------------------------------------------------------------------------------------------


class Died(BaseException):
    """The process died: nothing of ours handles it."""


@pytest.fixture
def doubtful(work: Work, monkeypatch: pytest.MonkeyPatch) -> Work:
    """The worker died before it asked the lake, and the snapshots since have expired through B3."""
    die_before_the_commit(work, monkeypatch)
    for batch in ("B2", "B3", "B4"):
        load(work.lake, batch, {aug(1): 1})
    table = work.lake.table(REF)
    table.maintenance.expire_snapshots().by_ids([each.snapshot_id for each in table.snapshots()][:-1]).commit()
    set_horizon(work, "B3")
    return work


def die_before_the_commit(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(point: str) -> None:
        if point == crash_points.COMMITTING:
            raise Died

    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(crash_points, "reach", die)
        work.carry()


def set_horizon(work: Work, batch: str) -> None:
    with work.lake.table(REF).transaction() as transaction:
        transaction.set_properties({HORIZON: batch})


WAITS = {0: DOUBT_MS, 1_000: DOUBT_MS, 600_000: 600_000, 5 * HOUR: HOUR}


@pytest.mark.parametrize("elapsed", WAITS)
def test_a_batch_in_doubt_is_looked_at_after_as_long_as_it_has_been(doubtful: Work, elapsed: int) -> None:
    doubtful.carry()
    doubtful.clock.at += elapsed
    run = doubtful.carry()
    assert run.in_doubt and run.not_before == AT + elapsed + WAITS[elapsed]
    assert (run.completed_at, run.attempt) == (AT, 2)
    assert doubtful.batch.status == "committing"
    assert "cannot be told" in doubtful.batch.errors[0].description


def test_the_tick_takes_a_batch_in_doubt_up_and_a_lost_look_is_repeated(doubtful: Work) -> None:
    doubtful.carry()
    assert tick(doubtful.dispatch, AT + DOUBT_MS - 1) == 0
    assert [tick(doubtful.dispatch, AT + n * DOUBT_MS) for n in (1, 1, 2)] == [1, 0, 1]


def test_history_that_proves_no_commit_ends_the_doubt(doubtful: Work) -> None:
    doubtful.carry()
    set_horizon(doubtful, "B0")
    run = doubtful.carry()
    assert run.state == FAILED and not run.in_doubt
    assert doubtful.batch.status == "failed" and "was not committed" in doubtful.batch.errors[0].description


def test_a_batch_whose_table_is_gone_is_in_doubt_too(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    die_before_the_commit(work, monkeypatch)
    work.lake.drop_table(REF)
    run = work.carry()
    assert run.in_doubt and run.not_before == AT + DOUBT_MS
    (error,) = work.batch.errors
    assert work.batch.status == "committing" and "is in doubt and is looked at again" in error.description
    assert "has no table" in error.description
    assert work.carry().attempt == run.attempt
