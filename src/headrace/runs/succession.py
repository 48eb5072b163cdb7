"""What a run does to the batches before it: those it stands for retire, the one it completes is marked."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from headrace.runs.plan import QUARANTINED, Replayed, flow_plan_of
from headrace.store import batches, runs
from headrace.store.runs import Run

SUCCESSOR = "acp_successor"
REPLAYED_BY = "headraceReplayedBy"


def retire_all(conn: sa.Connection, predecessors: Iterable[str], successor: str, now: int) -> None:
    """Makes batches inactive whose rows another one's stand for now; one that was taken back stays as it is."""
    for old in (batches.by_id(conn, id) for id in predecessors):
        if old.status == "success":
            tags = {**old.body.get("tags", {}), SUCCESSOR: [successor]}
            batches.move(conn, old.id, {"success"}, "inactive", at=now, body={**old.body, "tags": tags})


def mark_replayed(conn: sa.Connection, run: Run, replay: Replayed, now: int) -> None:
    """Says on the batch whose quarantined rows a replay has promoted which run that was."""
    if replay.rows == QUARANTINED:
        old = batches.hold(conn, runs.by_id(conn, replay.run).batch_id)
        errors = tuple(msgspec.structs.replace(error, replayed_by=run.id) for error in old.errors)
        tags = {**old.body.get("tags", {}), REPLAYED_BY: [run.id]}
        batches.annotate(conn, old, now, body={**old.body, "tags": tags}, errors=errors)


def replay_of(run: Run) -> Replayed | None:
    """What a replay takes instead of asking the source; None for another run."""
    plan = flow_plan_of(run) if run.replays else None
    return plan.replay if plan else None
