"""Due windows become runs once, one at a time per flow; parked and lost runs go on."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from headrace.clock import Window
from headrace.errors import Conflict
from headrace.runs import upload_run
from headrace.runs.dispatch import Dispatch
from headrace.runs.leases import Leases
from headrace.runs.tick import adopt_lost, offer_following, tick
from headrace.store import batches, gaps, run_queue, runs, schedules
from headrace.store.engine import Store
from headrace.store.runs import FAILED, SUCCESS, Outcome, Run
from headrace.store.scope import Caller

HERE = Caller("org@AdobeOrg", "prod", "", "client", "user")
HOUR = 3_600_000
NOW = 1_660_107_600_000


def scheduled(store: Store, flow: str = "f", start: int = NOW - 3 * HOUR, **changes: object) -> None:
    values = {"frequency": "hour", "interval": 1, "backfill": True, "enabled": True, **changes}
    with store.write() as conn:
        schedules.put(conn, HERE, flow, start=start, at=NOW, **values)  # type: ignore[arg-type]


def listed(store: Store) -> list[Run]:
    with store.read() as conn:
        return runs.select(conn, HERE)


def finish(store: Store, run: Run, dispatch: Dispatch, now: int, state: str = SUCCESS) -> None:
    with store.write() as conn:
        runs.enter(conn, run.id, now)
        assert runs.finish(conn, run.id, state, Outcome("c", "m"), now)
        offer_following(conn, dispatch, run.flow_id or "", now)


def parked(store: Store, dispatch: Dispatch, until: int) -> Run:
    """The run of a flow's due window, whose source asked to wait."""
    scheduled(store)
    tick(dispatch, NOW)
    run = listed(store)[0]
    with store.write() as conn:
        runs.enter(conn, run.id, NOW)
        runs.park(conn, run.id, until, "its source asks to wait", NOW)
    return run


def test_a_due_window_becomes_one_run_however_often_one_ticks(store: Store, jobs, dispatch: Dispatch) -> None:
    scheduled(store)
    assert [tick(dispatch, NOW) for _ in range(3)] == [1, 0, 0]
    (run,) = listed(store)
    assert Window(run.window_start, run.window_end) == Window(NOW - 3 * HOUR, NOW) and run.backfill
    assert jobs.enqueued == {f"{run.id}:1": ("run", run.id)}


def test_the_next_window_waits_for_the_run_before_it_then_starts_with_its_record(
    store: Store, jobs, dispatch: Dispatch
) -> None:
    scheduled(store)
    tick(dispatch, NOW)
    later = NOW + 2 * HOUR
    assert tick(dispatch, later) == 0
    finish(store, listed(store)[0], dispatch, later)
    newest = listed(store)[0]
    assert (newest.window_start, newest.window_end, newest.state) == (NOW, NOW + HOUR, "queued")


def test_a_failed_window_does_not_stop_the_schedule_and_stays_a_gap(store: Store, jobs, dispatch: Dispatch) -> None:
    scheduled(store)
    tick(dispatch, NOW)
    failed = listed(store)[0]
    finish(store, failed, dispatch, NOW, FAILED)
    assert tick(dispatch, NOW + HOUR) == 1
    with store.read() as conn:
        [gap] = gaps.of_flow(conn, HERE, "f")
        assert (gap.run.window, gap.run.id, gap.open_run) == (Window(NOW - 3 * HOUR, NOW), failed.id, None)
        assert runs.last_of(conn, HERE, ["f", "g"])["f"].state == "queued"


@pytest.mark.parametrize("changes", [{"enabled": False}, {"start": NOW + HOUR}])
def test_what_is_not_due_does_not_run(store: Store, dispatch: Dispatch, changes: dict[str, object]) -> None:
    scheduled(store, **changes)
    assert tick(dispatch, NOW) == 0 and listed(store) == []


def test_disable_keeps_the_watermark_and_enable_goes_on_from_it(store: Store, jobs, dispatch: Dispatch) -> None:
    scheduled(store)
    tick(dispatch, NOW)
    finish(store, listed(store)[0], dispatch, NOW)
    scheduled(store, enabled=False)
    assert tick(dispatch, NOW + 5 * HOUR) == 0
    scheduled(store)
    assert tick(dispatch, NOW + 5 * HOUR) == 1
    assert listed(store)[0].window_start == NOW


def test_a_parked_run_goes_on_under_a_new_job_when_its_time_comes(store: Store, jobs, dispatch: Dispatch) -> None:
    run = parked(store, dispatch, NOW + 1000)
    assert [tick(dispatch, NOW + at) for at in (999, 1000, 1000)] == [0, 1, 0]
    assert list(jobs.enqueued) == [f"{run.id}:1", f"{run.id}:2"]


def test_completing_a_flows_batch_leaves_its_parked_run_waiting(store: Store, jobs, dispatch: Dispatch) -> None:
    run = parked(store, dispatch, NOW + HOUR)
    with store.write() as conn:
        batches.insert(conn, HERE, id=run.batch_id, dataset_id="d", at=NOW, status="staging", run_id=run.id)
    jobs.enqueued.clear()  # as if its job had been lost meanwhile
    with pytest.raises(Conflict, match=f"is written by the flow run {run.id}"):
        upload_run.complete(dispatch, HERE, run.batch_id)
    assert listed(store)[0].not_before == NOW + HOUR and not jobs.enqueued


def test_one_run_of_a_flow_at_a_time_whatever_started_it(store: Store, jobs, dispatch: Dispatch) -> None:
    scheduled(store)
    tick(dispatch, NOW)
    first = listed(store)[0]
    other = runs.new_run(
        HERE, id="other", flow_id="f", cause="ondemand:0", window=Window(0, 1), backfill=False, batch_id="b", at=NOW
    )
    with store.write() as conn:
        assert runs.insert(conn, other) and runs.enter(conn, first.id, NOW) is not None
        assert runs.enter(conn, other.id, NOW) is None
        runs.park(conn, other.id, NOW, "waits", NOW)
    assert tick(dispatch, NOW) == 0
    finish(store, first, dispatch, NOW)
    assert tick(dispatch, NOW) == 1 and "other:2" in jobs.enqueued


def test_a_run_that_ends_beside_a_waiting_one_skips_no_window(store: Store, jobs, dispatch: Dispatch) -> None:
    scheduled(store)
    tick(dispatch, NOW)
    waiting = listed(store)[0]
    again = runs.new_run(
        HERE, id="again", flow_id="f", cause="retrigger:x", window=Window(0, 1), backfill=False, batch_id="b", at=NOW
    )
    with store.write() as conn:
        assert runs.insert(conn, again)
    later = NOW + 2 * HOUR
    finish(store, again, dispatch, later)
    finish(store, waiting, dispatch, later)
    assert [(run.window_start, run.window_end) for run in listed(store) if not run.finished] == [(NOW, NOW + HOUR)]


def test_processes_that_tick_at_once_make_each_run_and_each_job_once(store: Store, jobs, dispatch: Dispatch) -> None:
    for n in range(12):
        scheduled(store, f"f{n}")
    tick(dispatch, NOW)
    with store.write() as conn:
        for run in run_queue.unfinished(conn)[:6]:
            runs.park(conn, run.id, NOW, "waits", NOW)
    for n in range(12, 24):
        scheduled(store, f"f{n}")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: tick(dispatch, NOW), range(12)))
    assert sum(made) == 18
    assert len(listed(store)) == 24 and sorted({run.jobs for run in listed(store)}) == [1, 2]
    assert len(jobs.enqueued) == 30


def test_a_run_whose_job_is_gone_gets_another(store: Store, jobs, dispatch: Dispatch) -> None:
    scheduled(store)
    tick(dispatch, NOW)
    run = listed(store)[0]
    assert adopt_lost(dispatch, NOW) == 0
    jobs.done.add(run.job_id)
    assert [adopt_lost(dispatch, NOW) for _ in range(2)] == [1, 0]


def test_a_process_is_dead_when_its_beat_stands_still_for_a_lease() -> None:
    leases = Leases(5.0)
    assert leases.expired({"a": 1, "b": 1}, 0.0) == set()
    assert leases.expired({"a": 2, "b": 1}, 4.9) == set()
    assert leases.expired({"a": 2, "b": 1}, 5.0) == {"b"}
    assert leases.expired({"a": 2}, 9.9) == {"a"}
