"""A part's pages land file by file, each recorded with how the chain goes on: whatever has come stays."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from headrace.clock import Window
from headrace.errors import SourceTroubled
from headrace.lake import pages as landed_pages
from headrace.lake.landing import Landing
from headrace.lake.local_directory import LocalDirectory
from headrace.lake.pages import PageBody, bodies, files
from headrace.runs.copying import Copying
from headrace.runs.failures import HandedBack
from headrace.runs.plan import encoded, trail_of
from headrace.sources.reading import Page, Part, Request, Trail
from headrace.store import parts, runs
from headrace.store.engine import Store
from headrace.store.parts import COPIED, PLANNED, PartRecord
from headrace.store.scope import Caller

PAGES = 5
REQUEST = Request("GET", "http://source.test/rows")
RUN = runs.new_run(
    Caller("o", "s", "", "c", "u"), id="r", flow_id="f", cause="ondemand:0", window=Window(0, 1), backfill=False,
    batch_id="B", at=1,
)  # fmt: skip


@dataclass
class Bench:
    """A part that is planned, the source that it reads, and what was asked and handed on."""

    store: Store
    landing: Landing
    at: float = 0.0
    fails_at: int = PAGES
    stops: bool = False
    asked: list[int] = field(default_factory=list)
    handed: list[str] = field(default_factory=list)

    def seconds(self) -> float:
        return self.at

    def chain(self, trail: Trail | None) -> Iterator[Page]:
        for n in range(trail.pages if trail else 0, PAGES):
            if n == self.fails_at:
                raise SourceTroubled("no more")
            self.asked.append(n)
            self.at += 4.0
            behind = partial(Trail, REQUEST.with_query("page", str(n + 1)), n + 1) if n + 1 < PAGES else None
            ended = "" if behind else "that was the last page"
            yield Page(n, "http://source.test/rows", 200, b"[%d]" % n, None, 1, ended, behind)

    def copy(self, record: PartRecord, attempt: int = 1) -> PartRecord | None:
        copying = Copying(self.store, self.landing, self, self.hand, self.obey)
        return copying.copy(replace(RUN, attempt=attempt), record, self.chain(trail_of(record)))

    def hand(self, page: PageBody) -> None:
        self.handed.append(page.name)

    def obey(self) -> None:
        if self.stops:
            raise HandedBack("stopped")

    @property
    def record(self) -> PartRecord:
        with self.store.read() as conn:
            return parts.by_key(conn, "r", 0)

    def landed(self) -> list[bytes]:
        return [page.body for page in bodies(self.landing, self.record.raw)]


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    with store.write() as conn:
        parts.plan(conn, [PartRecord("r", 0, PLANNED, encoded(Part(0, REQUEST)))])
    return Bench(store, Landing(LocalDirectory(tmp_path / "landed")))


@pytest.fixture
def one_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landed_pages, "FILE_BYTES", 1)


ALL = [b"[%d]" % n for n in range(PAGES)]


def test_small_pages_share_a_file_until_it_has_waited_long_enough(bench: Bench) -> None:
    copied = bench.copy(bench.record)
    assert copied == bench.record and (copied.state, copied.trail) == (COPIED, None)
    assert bench.landed() == ALL and bench.handed == [page.name for page in copied.raw]
    # Four seconds a page: the first is full, being ten seconds old, with its fourth page.
    assert [len([page for page in copied.raw if page.ref == ref]) for ref in files(copied.raw)] == [4, 1]


@pytest.mark.usefixtures("one_a_file")
def test_each_landed_file_is_recorded_with_what_follows(bench: Bench) -> None:
    recorded = []
    bench.obey = lambda: recorded.append((len(bench.record.raw), trail_of(bench.record).pages, bench.record.state))
    bench.copy(bench.record)
    assert recorded == [(n, n, PLANNED) for n in range(1, PAGES)]


@pytest.mark.parametrize("fails_at", range(PAGES))
def test_what_came_before_a_failure_stays_and_is_not_asked_for_again(bench: Bench, fails_at: int) -> None:
    bench.fails_at = fails_at
    with pytest.raises(SourceTroubled):
        bench.copy(bench.record)
    assert bench.landed() == ALL[:fails_at] and bench.record.state == PLANNED
    bench.fails_at = PAGES
    assert bench.copy(bench.record, attempt=2) == bench.record
    assert bench.landed() == ALL and bench.asked == [*range(PAGES)]


def test_a_whole_chain_stays_whatever_came_of_its_last_page(bench: Bench) -> None:
    def gone(page: PageBody) -> None:
        if page.name.endswith(f"{PAGES - 1:05}.json"):
            raise RuntimeError("the promotion has failed")

    bench.hand = gone
    with pytest.raises(RuntimeError):
        bench.copy(bench.record)
    assert bench.landed() == ALL and bench.record.state == COPIED


@pytest.mark.usefixtures("one_a_file")
def test_a_process_that_stops_ends_between_two_files(bench: Bench) -> None:
    bench.stops = True
    with pytest.raises(HandedBack):
        bench.copy(bench.record)
    assert bench.landed() == ALL[:1] and bench.asked == [0]


@pytest.mark.usefixtures("one_a_file")
@pytest.mark.parametrize("ahead", range(1, PAGES))
def test_of_two_workers_the_pages_of_the_faster_one_count(bench: Bench, ahead: int) -> None:
    seen = bench.record
    faster = Bench(bench.store, bench.landing, fails_at=ahead)
    with pytest.raises(SourceTroubled):
        faster.copy(seen, attempt=2)
    recorded = bench.record
    assert bench.copy(seen) is None and bench.asked == [0]
    assert bench.record == recorded and len(recorded.raw) == ahead
    assert bench.copy(recorded) == bench.record and bench.landed() == ALL


def full_disk(*_: object) -> None:
    raise OSError("no space left")


@pytest.mark.usefixtures("one_a_file")
def test_a_file_that_cannot_be_landed_is_not_landed_twice(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "landed", full_disk)
    with pytest.raises(OSError, match="no space left"):
        bench.copy(bench.record)


def test_what_ended_the_copying_is_told_even_where_nothing_can_be_landed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench.fails_at = 2
    monkeypatch.setattr(parts, "landed", full_disk)
    with pytest.raises(SourceTroubled, match="no more"):
        bench.copy(bench.record)
    assert "could not be landed" in caplog.text and "no space left" in caplog.text
