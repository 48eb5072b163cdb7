"""Work that is interrupted in order: the flow goes."""

import pytest

from crashes.kinds import FLOW_RUN, assert_nothing
from crashes.matrix import crossed
from crashes.world import World
from headrace.client import FLOW_SERVICE
from headrace.crash_points import LANDED

pytestmark = pytest.mark.slow


@crossed()
def test_a_flow_deleted_in_mid_run_leaves_no_rows(world: World) -> None:
    work = FLOW_RUN.prepare(world)
    first = world.hold(LANDED)
    work.begin()
    world.held(first)
    world.call("DELETE", f"{FLOW_SERVICE}/flows/{work.run.flow_id}")
    world.wake(first)
    work.until_over()
    (error,) = world.shown_run(work.run.id)["metrics"]["statusSummary"]["errors"]
    assert "deleted" in error["message"]
    assert_nothing(work, "aborted")
    world.verify_by_command()
