"""A replay is killed around its commit: its rows stand for the old ones, or the old ones stand; never both."""

import pytest

from crashes.test_crashes import batch_of, killed
from headrace import crash_points
from headrace.cli import tutorial
from headrace.client import CONVERSION, FLOW_SERVICE

pytestmark = pytest.mark.slow

CORRECTED = 'iif(element.clicks == "n/a", null, to_integer(element.clicks))'
ALL, QUARANTINED = ("all", {100}), ("quarantined", {99, 1})
KILLED = [
    (crash_points.WRITTEN, *ALL),
    (crash_points.COMMITTING, *ALL),
    (crash_points.COMMITTED, *ALL),
    (crash_points.RECORDING, *ALL),
    (crash_points.COMMITTING, *QUARANTINED),
    (crash_points.COMMITTED, *QUARANTINED),
]


def correct(world) -> None:
    """The next version of the mapping set takes the clicks by an expression."""
    path = f"{CONVERSION}/mappingSets/{world.walk.values['MAPPING_ID']}"
    found = world.walk.client.call("GET", path)
    clicks = {"sourceType": "EXPRESSION", "source": CORRECTED, "destination": "_extconndev.clicks"}
    items = [one for one in found["mappings"] if one["destination"] != clicks["destination"]]
    schema = world.walk.values["SCHEMA_ID"]
    world.walk.client.call("PUT", path, {"xdmSchema": schema, "xdmVersion": "1.0", "mappings": [*items, clicks]})


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("point", "rows", "counts"), KILLED)
def test_a_replay_killed_around_its_commit(world, point: str, rows: str, counts: set[int]) -> None:
    first = world.start()
    tutorial.start_flow(world.walk)
    run = world.await_end()
    first.kill()  # so that the next one is alone
    first.wait(timeout=60)
    correct(world)
    second = world.start(crash_at=point)
    path = f"{FLOW_SERVICE}/runs/{run['id']}/action"
    world.walk.client.call("POST", path, {"rows": rows}, params={"op": "replay"})
    killed(second, world)
    assert world.rows().num_rows in (99, 100)
    world.start()
    replay = world.await_end(2)
    assert replay["metrics"]["statusSummary"]["status"] == "success"
    held = world.rows()["_ACP_BATCHID"].value_counts().to_pylist()
    assert {one["counts"] for one in held} == counts and sum(one["counts"] for one in held) == 100
    assert batch_of(replay) in {one["values"] for one in held}
    world.verify()
