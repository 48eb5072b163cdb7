"""Ten days of hourly runs: one jump of the clock gives exactly its windows, one after the other, and no row changes."""

import time
from itertools import pairwise

import pytest

from headrace.runs.verification import verify
from headrace.store import runs
from headrace.store.runs import Run
from headrace.store.scope import Caller
from platform_server import Platform
from tutorial_flows import Flow, Json, Tutorial, counted
from wire_server import ORG

pytestmark = pytest.mark.slow

HOURS = 10 * 24
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def before(prepared: Tutorial) -> tuple[Flow, list[Json]]:
    """The tutorial's flow after its backfill, and its rows."""
    flow = prepared.flow(scheduleParams={"startTime": "1625040887", "frequency": "hour", "interval": 1})
    assert counted(flow.settled()) == (100, 99, 1)
    return flow, _by_day(flow)


def _by_day(flow: Flow) -> list[Json]:
    rows: list[Json] = flow.rows().to_pylist()
    return sorted(rows, key=lambda row: str(row["_headrace"]["day"]))


@pytest.fixture(scope="module")
def jumped(platform: Platform, before: tuple[Flow, list[Json]]) -> list[Run]:
    """Every run of the flow after ten days more, on both clocks; oldest first."""
    platform.linkedin.advance("P10D")
    began = time.monotonic()
    answer = platform.api.post("/_emulator/clock", json={"advance": "P10D", "wait": True}, timeout=590)
    assert answer.status_code == 200, answer.text
    print(f"\n{HOURS / (time.monotonic() - began):.1f} runs per second")
    with platform.deployment.store.read() as conn:
        return runs.select(conn, Caller(ORG, "prod", "", "", ""), before[0].id)[::-1]


def test_exactly_the_windows_of_the_jump(jumped: list[Run]) -> None:
    assert len(jumped) == 1 + HOURS
    assert {run.window_end - run.window_start for run in jumped[1:]} == {HOUR_MS}
    assert [later.window_start - earlier.window_end for earlier, later in pairwise(jumped)] == [0] * HOURS


def test_one_after_the_other_and_each_at_the_first_attempt(jumped: list[Run]) -> None:
    assert {(run.state, run.attempt) for run in jumped} == {("success", 1)}
    assert all(earlier.completed_at <= later.started_at for earlier, later in pairwise(jumped))


def test_nothing_was_read_and_no_row_changed(jumped: list[Run], before: tuple[Flow, list[Json]]) -> None:
    flow, rows = before
    assert {counted(run) for run in flow.runs()[:-1]} == {(0, 0, 0)}
    assert _by_day(flow) == rows


def test_every_batch_has_its_proof(jumped: list[Run], platform: Platform) -> None:
    assert len(jumped) == 1 + HOURS
    report = verify(platform.deployment.store, platform.deployment.lake, lambda *_: None)
    assert report.findings == [] and report.counts["batches"] == 1 + HOURS
