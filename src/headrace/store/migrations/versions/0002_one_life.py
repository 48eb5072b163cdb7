"""An upload is a run as well: runs need no flow and no window, and uploads under way get a run of their own."""

from collections import defaultdict
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OF_FLOWS = sa.text("flow_id IS NOT NULL")
UNDER_WAY = ("loaded", "staging", "committing")

runs = sa.table(
    "runs",
    *(
        sa.column(name)
        for name in (
            "id", "org", "sandbox", "flow_id", "cause", "window_start", "window_end", "backfill", "state", "batch_id",
            "attempt", "jobs", "troubles", "not_before", "waits_for", "plan", "etag", "created_at", "updated_at",
            "started_at", "user", "client",
        )
    ),
)  # fmt: skip
batches = sa.table(
    "batches",
    *(
        sa.column(name)
        for name in (
            "id", "org", "sandbox", "status", "run_id", "body", "metrics", "attempts", "created_at", "updated_at",
            "started_at", "created_by", "created_client",
        )
    ),
)  # fmt: skip
parts = sa.table("parts", *(sa.column(name) for name in ("owner", "n", "state", "spec", "raw", "counts")))
batch_files = sa.table("batch_files", *(sa.column(name) for name in ("directory", "ref")))


def upgrade() -> None:
    op.drop_index("ix_runs_newest", "runs")
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("handed_back", sa.Integer, nullable=False, server_default="0"))
        table.alter_column("flow_id", existing_type=sa.Text, nullable=True)
        table.alter_column("window_start", existing_type=sa.BigInteger, nullable=True)
        table.alter_column("window_end", existing_type=sa.BigInteger, nullable=True)
    op.create_index(
        "ix_runs_newest", "runs", ["org", "sandbox", "created_at"], sqlite_where=OF_FLOWS, postgresql_where=OF_FLOWS
    )
    conn = op.get_bind()
    conn.execute(batches.update().where(batches.c.metrics == "{}").values(metrics="null"))
    nothing = {"name": "", "bytes": 0, "sha256": "", "rows": 0, "partition": None}
    conn.execute(batch_files.update().where(batch_files.c.ref == "{}").values(ref=_json(nothing)))
    under_way = batches.c.run_id.is_(None) & batches.c.status.in_(UNDER_WAY)
    for batch in conn.execute(sa.select(batches).where(under_way)).all():
        _carry_over(conn, batch)
    op.drop_column("batches", "attempts")  # in place: SQLite lets no table go that others refer to
    _look_again(conn)


def _look_again(conn: sa.Connection) -> None:
    """Failed runs whose batch is still committing ended in doubt: they are looked at again from now on."""
    in_doubt = sa.exists().where((batches.c.id == runs.c.batch_id) & (batches.c.status == "committing"))
    looked_at = {"not_before": runs.c.updated_at, "waits_for": "the table's history could not tell what became of it"}
    conn.execute(runs.update().where((runs.c.state == "failed") & in_doubt).values(looked_at))


def _carry_over(conn: sa.Connection, batch: sa.Row[Any]) -> None:
    """Gives an upload under way its run, its plan, and parts whose pages are the uploaded files."""
    specs = _specs(conn, batch.id)
    conn.execute(
        runs.insert().values(
            id=batch.id,
            org=batch.org,
            sandbox=batch.sandbox,
            flow_id=None,
            cause="upload",
            window_start=None,
            window_end=None,
            backfill=False,
            state="inProgress" if batch.attempts else "queued",
            batch_id=batch.id,
            attempt=batch.attempts,
            # A job's id was the batch's with the number of the attempt: one that waits for the next has one more.
            jobs=max(batch.attempts, 1),
            troubles=0,
            plan=_json(_plan(batch, specs[0]["target"])) if specs else None,
            etag=f"{batch.id}-1",
            created_at=batch.created_at,
            updated_at=batch.updated_at,
            started_at=batch.started_at if batch.attempts else None,
            user=batch.created_by,
            client=batch.created_client,
        )
    )


def _specs(conn: sa.Connection, owner: str) -> list[dict[str, Any]]:
    """What the parts read, as they were planned; they are rewritten as parts of a run."""
    specs = []
    for part in conn.execute(sa.select(parts).where(parts.c.owner == owner).order_by(parts.c.n)).all():
        spec = msgspec.json.decode(part.spec)
        specs.append(spec)
        planned = {"n": part.n, "request": {"method": "GET", "url": "upload:"}, "label": spec["name"]}
        changed: dict[str, str] = {"spec": _json(planned)}
        if part.state == "planned":
            page = {name: spec[name] for name in ("name", "ref", "facts")}
            changed |= {"state": "copied", "raw": _json([page])}
        conn.execute(parts.update().where((parts.c.owner == owner) & (parts.c.n == part.n)).values(changed))
    return specs


def _plan(batch: sa.Row[Any], target: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = defaultdict(lambda: None, msgspec.json.decode(batch.body))
    share = body["partialIngestionPercentage"]
    diagnosed = body["enableErrorDiagnostics"] is True or share is not None
    return {
        "batchId": batch.id,
        "target": target,
        "multiLine": (body["inputFormat"] or {}).get("isMultiLineJson", False),
        "tolerance": share if diagnosed else 0.0,
        "predecessors": (body["replay"] or {}).get("predecessors", []),
        "extractedAt": batch.created_at,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
