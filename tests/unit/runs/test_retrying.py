"""A window that failed for a reason that may pass is tried again: when, how often, and when not."""

from typing import Any

import pytest

from headrace import flows, ids
from headrace.clock import Window
from headrace.errors import Conflict, Invalid
from headrace.runs import replaying, retrying, starting
from headrace.runs.dispatch import Dispatch
from headrace.runs.retrying import HOUR_MS, next_try, note_end
from headrace.runs.tick import tick
from headrace.runs.windows import MINUTE_MS
from headrace.store import gaps, runs, schedules
from headrace.store.engine import Store
from headrace.store.runs import FAILED, SUCCESS, Outcome, Run
from headrace.store.scope import Caller

HERE = Caller("org@AdobeOrg", "prod", "", "client", "user")
NOW = 1_660_107_600_000
WINDOW = Window(NOW - HOUR_MS, NOW)
DAY = 24 * HOUR_MS

TRIES = [
    # now, tries, patience, next: from the first failure on, in minutes
    (0, 0, 1440, 5),
    (5, 1, 1440, 15),
    (15, 2, 1440, 35),
    (635, 7, 1440, 875),
    (1400, 10, 1440, 1440),
    (1440, 11, 1440, None),
    (5000, 1, 1440, None),
    (0, 0, 3, 3),
    (0, 0, 0, None),
    (0, 500, 1440, 240),
]


@pytest.mark.parametrize(("now", "tries", "patience", "then"), TRIES)
def test_the_waits_double_up_to_four_hours_and_the_last_try_is_at_the_end(now, tries, patience, then):
    found = next_try(now * MINUTE_MS, 0, tries, patience * MINUTE_MS)
    assert found == (None if then is None else then * MINUTE_MS)


class Standing:
    def now(self) -> int:
        return NOW


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> dict[str, float | None]:
    """What the flows say of how long they want to be tried again."""
    told: dict[str, float | None] = {}
    monkeypatch.setattr(flows, "retry_hours", lambda conn, caller, id: told.get(id))
    return told


@pytest.fixture
def dispatch(store: Store, jobs: Any, hours: Any) -> Dispatch:
    enable(store)
    return Dispatch(store, Standing(), jobs)


def enable(store: Store, enabled: bool = True) -> None:
    """A flow whose schedule has no window to come: what runs is a retry."""
    with store.write() as conn:
        schedules.put(conn, HERE, "f", frequency="once", interval=1, start=0, backfill=True, enabled=enabled, at=NOW)
        schedules.advance(conn, "f", watermark=NOW, due_at=None)


def made(store: Store, cause: str = "schedule", at: int = NOW) -> Run:
    id = ids.run_id("f", WINDOW.start, WINDOW.end, cause)
    run = runs.new_run(HERE, id=id, flow_id="f", cause=cause, window=WINDOW, backfill=True, batch_id="B", at=at)
    with store.write() as conn:
        assert runs.insert(conn, run)
    return run


def end(store: Store, run: Run, at: int, kind: str = "SourceTroubled", state: str = FAILED) -> Run:
    with store.write() as conn:
        runs.enter(conn, run.id, at)
        assert runs.finish(conn, run.id, state, Outcome("c", "m", kind) if state == FAILED else Outcome(), at)
        note_end(conn, run, 24.0, at)
        return runs.by_id(conn, run.id)


def listed(store: Store) -> list[Run]:
    with store.read() as conn:
        return runs.select(conn, HERE, "f")


PASSING = [
    "SourceUnreachable",
    "SourceTimeout",
    "SourceBrokeOff",
    "SourceThrottled",
    "SourceAsksToWait",
    "SourceTroubled",
]
STAYING = ["SourceUnauthorized", "SourceForbidden", "SourceMissing", "SourceRejected", "SourceUnreadable"]
STAYING += ["SpecInvalid", "TooManyRejected", "Stopped", "NotFound", "GivenUp", "InDoubt", "SourceTruncated"]


@pytest.mark.parametrize("kind", [*PASSING, *STAYING])
def test_only_what_may_pass_is_tried_again(store: Store, dispatch: Dispatch, kind: str) -> None:
    failed = end(store, made(store), NOW, kind)
    assert failed.retry_at == (NOW + 5 * MINUTE_MS if kind in PASSING else None)


def test_a_gap_is_tried_again_once_when_its_time_has_come(store: Store, jobs: Any, dispatch: Dispatch) -> None:
    failed = end(store, made(store), NOW)
    due = NOW + 5 * MINUTE_MS
    assert [tick(dispatch, at) for at in (NOW, due - 1, due, due, due + DAY)] == [0, 0, 1, 0, 0]
    retry, _ = listed(store)
    assert retry.id == ids.run_id("f", WINDOW.start, WINDOW.end, f"retry:{failed.id}")
    assert (retry.window, retry.backfill, retry.retries, retry.state) == (WINDOW, True, failed.id, "queued")
    assert list(jobs.enqueued) == [f"{retry.id}:1"]
    with store.read() as conn:
        [gap] = gaps.of_flow(conn, HERE, "f")
    assert (gap.run.id, gap.open_run and gap.open_run.id) == (failed.id, retry.id)


def test_it_is_tried_for_a_day_and_then_waits_for_a_person(store: Store, dispatch: Dispatch) -> None:
    run, at, waits = end(store, made(store), NOW), NOW, []
    while run.retry_at is not None:
        waits.append((run.retry_at - at) // MINUTE_MS)
        at = run.retry_at
        assert tick(dispatch, at) == 1
        run = end(store, listed(store)[0], at)
    assert waits == [5, 10, 20, 40, 80, 160, 240, 240, 240, 240, 165] and at == NOW + DAY
    with store.read() as conn:
        assert retrying.tries_of(conn, run) == 11
        assert [gap.run.id for gap in gaps.of_flow(conn, HERE, "f")] == [run.id]


def test_after_a_jump_of_the_clock_there_is_one_try(store: Store, dispatch: Dispatch) -> None:
    end(store, made(store), NOW)
    later = NOW + 30 * DAY
    assert tick(dispatch, later) == 1
    assert end(store, listed(store)[0], later).retry_at is None and tick(dispatch, later + DAY) == 0


def test_a_retry_that_succeeds_fills_the_window(store: Store, dispatch: Dispatch) -> None:
    failed = end(store, made(store), NOW)
    tick(dispatch, failed.retry_at or 0)
    end(store, listed(store)[0], NOW + HOUR_MS, state=SUCCESS)
    with store.read() as conn:
        assert gaps.of_flow(conn, HERE, "f") == []
    with pytest.raises(Invalid, match="has filled the window"):
        starting.retrigger(dispatch, HERE, failed.id)


@pytest.mark.parametrize(("told", "minutes"), [(None, 5), (0, None), (1, 5), (0.05, 3)])
def test_a_flow_says_how_long(store: Store, dispatch: Dispatch, hours: Any, told: Any, minutes: int | None) -> None:
    hours["f"] = told
    failed = end(store, made(store), NOW)
    assert failed.retry_at == (None if minutes is None else NOW + minutes * MINUTE_MS)


def test_a_flow_that_is_disabled_or_gone_is_not_tried(store: Store, dispatch: Dispatch) -> None:
    end(store, made(store), NOW)
    enable(store, enabled=False)
    assert tick(dispatch, NOW + HOUR_MS) == 0
    enable(store)
    with store.write() as conn:
        schedules.remove(conn, HERE, "f")
    assert tick(dispatch, NOW + HOUR_MS) == 0
    enable(store)
    assert tick(dispatch, NOW + HOUR_MS) == 1


def test_a_re_trigger_takes_the_place_of_what_waits(store: Store, jobs: Any, dispatch: Dispatch) -> None:
    failed = end(store, made(store), NOW)
    again, _ = starting.retrigger(dispatch, HERE, failed.id)
    assert tick(dispatch, NOW + DAY) == 0
    assert [run.id for run in listed(store) if not run.finished] == [again]
    # It fails, too: that is a failure of its own, with a day of its own.
    later = NOW + 20 * HOUR_MS
    with store.read() as conn:
        run = runs.by_id(conn, again)
    assert end(store, run, later).retry_at == later + 5 * MINUTE_MS


def test_a_re_trigger_ends_a_retry_that_has_not_begun(store: Store, jobs: Any, dispatch: Dispatch) -> None:
    failed = end(store, made(store), NOW)
    tick(dispatch, failed.retry_at or 0)
    retry = listed(store)[0]
    again, _ = starting.retrigger(dispatch, HERE, failed.id)
    with store.read() as conn:
        assert runs.stop_reason(conn, retry.id) == "user triggered its window again."
        assert runs.stop_reason(conn, again) is None
    assert set(jobs.enqueued) == {f"{retry.id}:1", f"{retry.id}:2", f"{again}:1"}


def test_there_is_nothing_to_trigger_while_a_retry_is_at_work(store: Store, dispatch: Dispatch) -> None:
    failed = end(store, made(store), NOW)
    tick(dispatch, failed.retry_at or 0)
    with store.write() as conn:
        runs.enter(conn, listed(store)[0].id, NOW)
    with pytest.raises(Invalid, match="tries this window again at this moment"):
        starting.retrigger(dispatch, HERE, failed.id)


def test_a_failed_run_is_not_replayed_while_its_window_is_tried(store: Store, dispatch: Dispatch) -> None:
    failed = end(store, made(store), NOW)
    tick(dispatch, failed.retry_at or 0)
    with store.read() as conn, pytest.raises(Conflict, match=f"run {listed(store)[0].id} tries its window again"):
        replaying._require_failed_alone(conn, failed, "all", "failed")


def test_a_window_that_a_replay_works_on_or_has_filled_is_left_alone(store: Store, dispatch: Dispatch) -> None:
    failed = end(store, made(store), NOW)
    replay = made(store, f"replay:{failed.id}:0:0", NOW + 1)
    assert tick(dispatch, NOW + HOUR_MS) == 0
    end(store, replay, NOW + HOUR_MS)
    assert tick(dispatch, NOW + HOUR_MS) == 1  # in vain: the gap is as it was
    end(store, listed(store)[0], NOW + HOUR_MS)
    end(store, made(store, f"replay:{failed.id}:0:1", NOW + 2), NOW + HOUR_MS, state=SUCCESS)
    assert tick(dispatch, NOW + DAY) == 0
