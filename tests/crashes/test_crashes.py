"""Kill, stop or contradict a worker at every named point of a run: one set of rows, one record, whoever finishes."""

import signal
import subprocess
from pathlib import Path

import pytest

from children import Child
from headrace import crash_points
from headrace.cli import tutorial
from headrace.client import FLOW_SERVICE

pytestmark = pytest.mark.slow

PRINTED = {"inputRecordCount": 100, "outputRecordCount": 99, "failedRecordCount": 1}


def assert_whole(world, runs: int = 1) -> None:
    """One snapshot with the rows, one success, and nothing that ``verify`` would find."""
    run = world.run()
    assert run["metrics"]["statusSummary"]["status"] == "success"
    assert {name: run["metrics"]["recordSummary"][name] for name in PRINTED} == PRINTED
    assert len(world.runs()) == runs
    rows = world.rows()
    assert rows.num_rows == 99 and rows["_ACP_BATCHID"].unique().to_pylist() == [batch_of(run)]
    assert sum(snapshot.summary["added-records"] == "99" for snapshot in snapshots(world)) == 1
    world.verify()


def batch_of(run: dict) -> str:
    return run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]


def snapshots(world) -> list:
    return [
        s
        for s in world.deployment.lake.table(world.table).snapshots()
        if "added-records" in s.summary.additional_properties
    ]


def killed(process: Child, world) -> None:
    """The process died by the signal of its crash point: so the point was reached."""
    try:
        assert process.wait(timeout=60) == -signal.SIGKILL, world.logs()
    except subprocess.TimeoutExpired:
        raise AssertionError(world.logs()) from None


def stopped(process: Child, world) -> None:
    """Waits until the process has stopped itself at its crash point."""

    def state() -> str:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    world.until(lambda: state() == "T")


def ended(process: Child) -> None:
    """Wakes the process, and lets it end in order: after that it does nothing more."""
    process.send_signal(signal.SIGCONT)
    process.terminate()
    process.wait(timeout=60)


@pytest.mark.parametrize("point", crash_points.POINTS)
def test_a_worker_killed_at_any_point_costs_nothing(world, point: str) -> None:
    first = world.start(crash_at=point)
    tutorial.start_flow(world.walk)
    killed(first, world)
    world.start()
    world.await_end()
    assert_whole(world)
    # Submitted again: the same window is the same run, and nothing happens twice.
    world.walk.client.call("POST", "/_emulator/clock", {"advance": "PT0S", "wait": True})
    assert_whole(world)


def test_a_worker_that_wakes_after_another_finished_adds_nothing(world) -> None:
    first = world.start(crash_at="committing:SIGSTOP")
    tutorial.start_flow(world.walk)
    stopped(first, world)
    world.start()
    world.await_end()
    assert_whole(world)
    ended(first)
    assert_whole(world)


def test_a_worker_that_wakes_after_the_run_was_aborted_and_triggered_again_adds_nothing(world) -> None:
    first = world.start(crash_at="committing:SIGSTOP")
    tutorial.start_flow(world.walk)
    stopped(first, world)
    path = f"{FLOW_SERVICE}/runs/{world.run()['id']}/action"
    world.walk.client.call("POST", path, params={"op": "abort"})
    world.start()
    assert world.await_end()["metrics"]["statusSummary"]["status"] == "failed"
    assert world.rows().num_rows == 0
    world.walk.client.call("POST", path, params={"op": "re-trigger"})
    world.await_end(2)
    assert_whole(world, runs=2)
    ended(first)
    assert_whole(world, runs=2)


def test_a_flow_deleted_in_mid_run_leaves_no_rows(world) -> None:
    first = world.start(crash_at="landed:SIGSTOP")
    tutorial.start_flow(world.walk)
    stopped(first, world)
    world.walk.client.call("DELETE", world.flow)
    first.send_signal(signal.SIGCONT)
    run = world.await_end()
    (error,) = run["metrics"]["statusSummary"]["errors"]
    assert "deleted" in error["message"]
    assert world.rows().num_rows == 0
    world.verify()
    world.verify_by_command()


def test_a_server_stopped_in_mid_run_hands_its_run_back(world) -> None:
    first = world.start(crash_at="landed:SIGSTOP", name="serve")
    tutorial.start_flow(world.walk)
    stopped(first, world)
    first.terminate()
    first.send_signal(signal.SIGCONT)
    assert first.wait(timeout=60) == 0, world.logs()
    assert not world.runs()[0].finished
    world.start()
    world.await_end()
    assert_whole(world)
