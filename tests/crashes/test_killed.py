"""A worker killed at any named point of any kind of work: one set of rows, one record, whoever finishes."""

import pytest

from crashes.kinds import KINDS, Kind, assert_whole
from crashes.matrix import crossed
from crashes.world import World
from headrace import crash_points
from headrace.crash_points import COMMITTED, POINTS, RECORDING

pytestmark = pytest.mark.slow

IN_THE_LAKE = (COMMITTED, RECORDING)


def reaches(kind: Kind, point: str) -> bool:
    return point not in kind.unreached


@crossed({"kind": KINDS, "point": POINTS}, reaches)
def test_a_worker_killed_at_any_point_costs_nothing(world: World, kind: Kind, point: str) -> None:
    work = kind.prepare(world)
    first = world.start(crash_at=point)
    work.begin()
    world.killed(first)
    assert world.rows() == (work.after if point in IN_THE_LAKE else work.before)
    world.start()
    work.until_over()
    assert_whole(work)
    work.again()
    assert_whole(work)


@crossed({"kind": KINDS})
def test_a_kind_reaches_the_points_that_it_names_and_no_other(
    world: World, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = kind.prepare(world)
    work.begin()
    world.tick()
    reached: list[str] = []
    monkeypatch.setattr(crash_points, "reach", reached.append)
    world.carry(work.run.id)
    assert set(reached) == set(POINTS) - set(kind.unreached)
    assert_whole(work)
