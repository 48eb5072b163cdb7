"""A worker died around its commit, and history cannot tell any more what became of it: nobody guesses."""

from collections import Counter
from collections.abc import Callable

import pytest

from crashes.kinds import FLOW_RUN, KINDS, Kind, Work, assert_recorded
from crashes.matrix import crossed
from crashes.world import World
from headrace.crash_points import COMMITTED, COMMITTING
from headrace.ids import new_ulid
from headrace.lake import Change
from headrace.lake.changes import Replay
from headrace.lake.history import HORIZON
from headrace.runs.changes import changes
from headrace.runs.plan import plan_of
from headrace.store import parts
from headrace.store.runs import FAILED

pytestmark = pytest.mark.slow

UPLOADS = [kind for kind in KINDS if not kind.of_flow]


def killed_and_forgotten(world: World, kind: Kind, point: str) -> tuple[Work, Counter[str]]:
    """The work, killed at that point, and the rows of two uploads since: the snapshots before the second are gone."""
    work = kind.prepare(world)
    first = world.start(crash_at=point)
    work.begin()
    world.killed(first)
    since = []
    for n in range(2):
        world.advance("PT1S")
        since.append(world.load([{"_extconndev": {"clicks": 101 + n}}]))
    expire(world, since[0])
    return work, Counter(since)


def expire(world: World, through: str) -> None:
    """Keeps the newest snapshot, and says through which batch the others went, as whoever expires them must."""
    table = world.deployment.lake.table(world.table)
    old = [snapshot.snapshot_id for snapshot in table.snapshots()][:-1]
    table.maintenance.expire_snapshots().by_ids(old).commit()
    set_horizon(world, through)


def set_horizon(world: World, batch: str) -> None:
    with world.deployment.lake.table(world.table).transaction() as transaction:
        transaction.set_properties({HORIZON: batch})


def assert_in_doubt(work: Work, rows: Counter[str]) -> None:
    """The run is over, its batch is not, and both say why; a wait is over, and ``verify`` lists the batch."""
    world = work.world
    world.settle()
    assert work.run.in_doubt
    batch = world.shown_batch(work.batch)
    assert batch["status"] == "staged" and "cannot be told" in batch["errors"][0]["description"]
    if work.run.flow_id is not None:
        status = world.shown_run(work.run.id)["metrics"]["statusSummary"]
        assert status["status"] == FAILED and "cannot be told" in status["errors"][0]["message"]
    assert work.batch in {finding.id for finding in world.findings()}
    assert world.rows() == rows


# -- what history can tell later -----------------------------------------------------------------------------------


def prove_nothing(work: Work) -> None:
    """The batch is younger than whatever has expired, so it was not committed."""
    set_horizon(work.world, "0")


def prove_commit(work: Work) -> None:
    """The batch is in the table with the files that it recorded."""
    prove_nothing(work)
    lake, plan = work.world.deployment.lake, plan_of(work.run)
    with work.world.deployment.store.read() as conn:
        records = parts.listed(conn, work.run.id)
    lake.commit(plan.target.table, plan.target.arrow_schema(), changes(plan, records))


def assert_failed(work: Work, since: Counter[str]) -> None:
    batch = work.world.shown_batch(work.batch)
    assert batch["status"] == "failed" and "was not committed" in batch["errors"][0]["description"]
    assert work.run.state == FAILED
    assert work.world.rows() == work.before | since


def assert_committed(work: Work, since: Counter[str]) -> None:
    assert_recorded(work)
    assert work.world.rows() == work.after | since


Proof = tuple[Callable[[Work], None], Callable[[Work, Counter[str]], None]]
PROOFS: dict[str, Proof] = {
    "not committed": (prove_nothing, assert_failed),
    "committed": (prove_commit, assert_committed),
}


@crossed({"kind": KINDS, "proof": list(PROOFS)})
def test_a_batch_stays_in_doubt_until_history_can_tell(world: World, kind: Kind, proof: str) -> None:
    work, since = killed_and_forgotten(world, kind, COMMITTING)
    world.start()
    work.until_over()
    assert_in_doubt(work, work.before | since)
    prove, assert_proved = PROOFS[proof]
    prove(work)
    world.advance("PT2M")
    world.until(lambda: not work.run.in_doubt)
    assert_proved(work, since)


@crossed({"kind": UPLOADS, "proof": list(PROOFS)})
def test_complete_again_looks_at_a_batch_in_doubt_at_once(world: World, kind: Kind, proof: str) -> None:
    work, since = killed_and_forgotten(world, kind, COMMITTING)
    world.start()
    work.until_over()
    world.until_left(work.run.id)
    work.again()
    world.until_left(work.run.id)  # else that look might see history between the two steps of its proof
    assert_in_doubt(work, work.before | since)
    prove, assert_proved = PROOFS[proof]
    prove(work)
    work.again()
    world.until(lambda: not work.run.in_doubt)
    assert_proved(work, since)


@crossed({"kind": KINDS})
def test_rows_in_the_table_prove_a_commit_whose_snapshot_is_gone(world: World, kind: Kind) -> None:
    work, since = killed_and_forgotten(world, kind, COMMITTED)
    world.start()
    work.until_over()
    assert_committed(work, since)


@crossed({"kind": KINDS})
def test_a_commit_whose_rows_are_gone_too_stays_in_doubt(world: World, kind: Kind) -> None:
    work, since = killed_and_forgotten(world, kind, COMMITTED)
    lake, plan, other = world.deployment.lake, plan_of(work.run), new_ulid(world.deployment.clock.now())
    change = Change(other, "upload/" + other, Replay(work.batch), (), plan.extracted_at)
    lake.commit(plan.target.table, plan.target.arrow_schema(), [change])
    expire(world, other)
    world.start()
    work.until_over()
    rows = Counter(work.after) | since
    del rows[work.batch]
    assert_in_doubt(work, rows)


@crossed()
def test_a_flow_goes_on_while_a_batch_of_it_is_in_doubt(world: World) -> None:
    work, _ = killed_and_forgotten(world, FLOW_RUN, COMMITTING)
    world.start()
    work.until_over()
    world.advance("PT1H")
    world.settle()
    doubtful, following = world.runs()
    assert doubtful.in_doubt and following.state == "success"
    assert following.window_start == doubtful.window_end
