"""A worker that is stopped, and wakes when somebody else has ended its work: it adds nothing."""

from collections.abc import Callable
from functools import partial

import pytest

from children import Child
from crashes.kinds import FLOW_RUN, KINDS, OF_FLOWS, Kind, Work, assert_nothing, assert_whole
from crashes.matrix import crossed
from crashes.world import World
from headrace.client import CATALOG, FLOW_SERVICE
from headrace.crash_points import COMMITTING, POINTS, RECORDING
from headrace.errors import TableMissing
from wire_server import ORG

pytestmark = pytest.mark.slow


def stopped(work: Work, point: str = COMMITTING) -> Child:
    """The work, begun by a worker that is stopped at the point, before it asks the lake if none is named."""
    first = work.world.hold(point)
    work.begin()
    work.world.stop(first)
    return first


@crossed({"kind": KINDS})
def test_a_worker_that_wakes_after_another_finished_adds_nothing(world: World, kind: Kind) -> None:
    work = kind.prepare(world)
    first = stopped(work)
    world.start()
    work.until_over()
    assert_whole(work)
    world.ended(first)
    assert_whole(work)


def stands_aside(kind: Kind, point: str) -> bool:
    """Whether a worker of this kind can stand at the point and let others work; COMMITTING has a test of its own."""
    return point not in (*kind.unreached, COMMITTING, RECORDING)


@crossed({"kind": KINDS, "point": POINTS}, stands_aside, every=9)
def test_of_two_that_carry_one_run_at_once_one_brings_it_in(world: World, kind: Kind, point: str) -> None:
    work = kind.prepare(world)
    first = stopped(work, point)
    world.start()
    work.until_over()
    assert_whole(work)
    world.ended(first)
    assert_whole(work)


def act(work: Work, action: str) -> None:
    work.world.call("POST", f"{FLOW_SERVICE}/runs/{work.run.id}/action", op=action)


def delete_flow(work: Work) -> None:
    work.world.call("DELETE", f"{FLOW_SERVICE}/flows/{work.run.flow_id}")


STOPS: dict[str, Callable[[Work], None]] = {"aborted": partial(act, action="abort"), "flow deleted": delete_flow}


@crossed({"kind": OF_FLOWS, "way": list(STOPS)})
def test_a_worker_that_wakes_after_its_run_was_stopped_adds_nothing(world: World, kind: Kind, way: str) -> None:
    work = kind.prepare(world)
    first = stopped(work)
    STOPS[way](work)
    world.start()
    work.until_over()
    assert_nothing(work, "aborted")
    world.ended(first)
    assert_nothing(work, "aborted")


@crossed()
def test_a_worker_that_wakes_after_the_run_was_aborted_and_triggered_again_adds_nothing(world: World) -> None:
    aborted = FLOW_RUN.prepare(world)
    first = stopped(aborted)
    act(aborted, "abort")
    world.start()
    aborted.until_over()
    assert_nothing(aborted, "aborted")
    act(aborted, "re-trigger")
    again = Work(world, aborted.begin, world.settle, lambda: world.runs()[1], aborted.counts)
    again.until_over()
    assert_whole(again)
    world.ended(first)
    assert_whole(again)
    assert len(world.runs()) == 2


@crossed({"kind": KINDS})
def test_a_worker_that_wakes_after_its_sandbox_was_reset_brings_nothing_back(world: World, kind: Kind) -> None:
    work = kind.prepare(world)
    first = stopped(work)
    world.start()
    world.call("POST", "/_emulator/reset", {"org": ORG, "sandbox": "prod"})
    world.ended(first)
    with pytest.raises(TableMissing):
        world.rows()
    assert world.runs() == [] and world.call("GET", f"{CATALOG}/batches") == {}
    assert world.findings() == []
