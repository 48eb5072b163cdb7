"""The machine or its database fails under a worker: nothing is lost, nothing doubled, and it goes on by itself."""

import re

import pytest

from crashes.faults import FAULTS, Fault
from crashes.kinds import CHAIN_RUN, FLOW_RUN, KINDS, Kind, Work, assert_nothing, assert_whole
from crashes.matrix import crossed
from crashes.world import World
from headrace.client import FLOW_SERVICE
from headrace.crash_points import COMMITTED, COMMITTING, LANDED, MAPPING, PLANNED, WRITTEN

pytestmark = pytest.mark.slow

MERGING = next(kind for kind in KINDS if kind.name == "merging upload")
FAULTY = (FLOW_RUN, CHAIN_RUN, MERGING)
MOMENTS = (PLANNED, LANDED, MAPPING, WRITTEN, COMMITTING, COMMITTED)


def reaches(_fault: Fault, kind: Kind, point: str) -> bool:
    return point not in kind.unreached


@crossed({"fault": FAULTS, "kind": FAULTY, "point": MOMENTS}, reaches, every=7)
def test_work_goes_on_when_a_fault_is_over(world: World, fault: Fault, kind: Kind, point: str) -> None:
    work = kind.prepare(world)
    process = world.hold(point, constants=fault.constants)
    work.begin()
    world.held(process)
    with fault.during(world, process):
        world.wake(process)
        world.until(lambda: re.search(fault.says, world.printed(process)) or (fault.tells and work.run.finished))
    work.until_over()
    assert_whole(work)
    work.again()
    assert_whole(work)


# The files that are lost when a worker has died at a point, of which the run's next worker needs one or another.
LOST = {
    LANDED: "batches/{}/input_files/*", WRITTEN: "batches/{}/input_files/*", COMMITTING: "tables/**/{}-*.parquet",
}  # fmt: skip


def lose(work: Work, pattern: str) -> set[str]:
    """Takes files of the run's batch away; their names in the lake."""
    warehouse = work.world.deployment.settings.warehouse
    paths = list(warehouse.glob(pattern.format(work.batch)))
    for path in paths:
        path.unlink()
    return {path.relative_to(warehouse).as_posix() for path in paths}


@crossed({"kind": (FLOW_RUN, CHAIN_RUN), "point": list(LOST)})
def test_a_run_that_lost_its_files_names_one_and_can_be_started_again(world: World, kind: Kind, point: str) -> None:
    work = kind.prepare(world)
    process = world.start(crash_at=point)
    work.begin()
    world.killed(process)
    lost = lose(work, LOST[point])
    world.start()
    work.until_over()
    missed = {finding.id for finding in world.findings()}
    assert missed <= lost and bool(missed) == (point != COMMITTING)  # the data of a batch that failed is nobody's
    assert_nothing(work, "failed", missed)
    (error,) = world.shown_run(work.run.id)["metrics"]["statusSummary"]["errors"]
    assert any(name in error["message"] for name in lost)
    world.call("POST", f"{FLOW_SERVICE}/runs/{work.run.id}/action", op="re-trigger")
    again = Work(world, work.begin, world.settle, lambda: world.runs()[1], work.counts)
    again.until_over()
    assert_whole(again, missed)
