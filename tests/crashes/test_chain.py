"""A chain of pages that dies between two landed files goes on behind the last one, and asks for nothing again."""

import pytest

from crashes.kinds import PAGES, Work, assert_whole, chained, page
from crashes.matrix import crossed
from crashes.world import World
from headrace.cli import tutorial
from headrace.crash_points import CONTINUED
from headrace.store import parts

pytestmark = pytest.mark.slow

FILES = [f"part-00000-page-{n:05}.json" for n in range(len(PAGES))]


@crossed()
def test_a_chain_goes_on_behind_what_has_landed(world: World) -> None:
    source = world.source(page)
    chained(world, source)
    work = Work(world, lambda: tutorial.start_flow(world.walk), world.settle, lambda: world.runs()[0], (8, 7, 1))
    for n in range(1, len(PAGES)):
        dying = world.start(crash_at=CONTINUED)
        if n == 1:
            work.begin()
        world.killed(dying)
        [record] = landed(work)
        assert [each.name for each in record.raw] == FILES[:n] and record.state == parts.PLANNED
    world.start()
    work.until_over()
    assert_whole(work)
    assert [asked.target for asked in source.asked] == ["/rows", *(f"/rows?page={n}" for n in range(1, len(PAGES)))]
    assert [each.name for each in landed(work)[0].raw] == FILES


def landed(work: Work) -> list[parts.PartRecord]:
    with work.world.deployment.store.read() as conn:
        return parts.listed(conn, work.run.id)
