"""What a replay does to the batches before it: those it stands for retire, the one it completes is marked."""

import sqlalchemy as sa

from headrace.runs.plan import QUARANTINED, Replayed
from headrace.store import batches, runs
from headrace.store.batches import Batch
from headrace.store.runs import Run

SUCCESSOR = "acp_successor"
REPLAYED_BY = "headraceReplayedBy"


def hand_over(conn: sa.Connection, run: Run, now: int) -> None:
    """Records, with the success of a replay, what became of the batches before it; nothing for other runs."""
    replay = replay_of(run)
    if replay is None:
        return
    for id in replay.predecessors:
        retire(conn, batches.by_id(conn, id), run.batch_id, now)
    if replay.rows == QUARANTINED:
        old = batches.by_id(conn, runs.by_id(conn, replay.run).batch_id)
        errors = [{**error, "replayedBy": run.id} for error in old.errors]
        batches.annotate(conn, old.id, now, {REPLAYED_BY: [run.id]}, errors)


def retire(conn: sa.Connection, old: Batch, successor: str, now: int) -> None:
    """Makes a batch inactive whose rows another one's stand for now; one that was taken back stays as it is."""
    if old.status == "success":
        tags = {**old.body.get("tags", {}), SUCCESSOR: [successor]}
        batches.move(conn, old.id, {"success"}, "inactive", at=now, body={**old.body, "tags": tags})


def replay_of(run: Run) -> Replayed | None:
    """What a replay takes instead of asking the source; None for another run."""
    value = (run.plan or {}).get("replay")
    return Replayed.from_json(value) if value else None
