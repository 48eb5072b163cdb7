"""Initial schema: every table as it was at the first release. Later changes are revisions of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LOADING = sa.text("status = 'loading'")
SCHEDULED = sa.text("state IN ('queued', 'inProgress') AND cause = 'schedule'")


def upgrade() -> None:
    _accounts()
    _activities()
    _batches()
    _clock_offset()
    _document_revisions()
    _documents()
    _events()
    _heartbeats()
    _parts()
    _runs()
    _sandboxes()
    _schedules()
    _secrets()
    _tenants()
    _tokens()
    _batch_files()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_accounts"),
    )


def _activities() -> None:
    op.create_table(
        "activities",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("activity", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("completed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("owner", "activity", name="pk_activities"),
    )


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Text, nullable=False),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("metrics", sa.Text, nullable=False),
        sa.Column("errors", sa.Text, nullable=False),
        sa.Column("uploads", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("completed_at", sa.BigInteger),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.Column("created_client", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_dataset", "batches", ["org", "sandbox", "dataset_id", "created_at"])
    op.create_index("ix_batches_newest", "batches", ["org", "sandbox", "created_at"])
    op.create_index(
        "uq_batches_open_external",
        "batches",
        ["org", "sandbox", "dataset_id", "external_id"],
        unique=True,
        sqlite_where=LOADING,
        postgresql_where=LOADING,
    )


def _clock_offset() -> None:
    op.create_table(
        "clock_offset",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("offset_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock_offset"),
    )


def _document_revisions() -> None:
    op.create_table(
        "document_revisions",
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("org", "sandbox", "kind", "id", "revision", name="pk_document_revisions"),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.Column("created_client", sa.Text, nullable=False),
        sa.Column("updated_client", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("org", "sandbox", "kind", "id", name="pk_documents"),
    )
    op.create_index("ix_documents_newest", "documents", ["org", "sandbox", "kind", "updated_at"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )


def _heartbeats() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("executor", sa.Text, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("executor", name="pk_heartbeats"),
    )


def _parts() -> None:
    op.create_table(
        "parts",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("errors", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("owner", "n", name="pk_parts"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Text, nullable=False),
        sa.Column("flow_id", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("window_start", sa.BigInteger, nullable=False),
        sa.Column("window_end", sa.BigInteger, nullable=False),
        sa.Column("backfill", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.Column("troubles", sa.Integer, nullable=False),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("waits_for", sa.Text),
        sa.Column("stop_reason", sa.Text),
        sa.Column("plan", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("completed_at", sa.BigInteger),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_flow", "runs", ["flow_id", "created_at"])
    op.create_index("ix_runs_newest", "runs", ["org", "sandbox", "created_at"])
    op.create_index("ix_runs_unfinished", "runs", ["state", "not_before"])
    op.create_index(
        "uq_runs_scheduled", "runs", ["flow_id"], unique=True, sqlite_where=SCHEDULED, postgresql_where=SCHEDULED
    )


def _sandboxes() -> None:
    op.create_table(
        "sandboxes",
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("org", "name", name="pk_sandboxes"),
        sa.UniqueConstraint("org", "id", name="uq_sandboxes_org_id"),
    )


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("flow_id", sa.Text, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Text, nullable=False),
        sa.Column("frequency", sa.Text, nullable=False),
        sa.Column("interval", sa.Integer, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("backfill", sa.Boolean, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("watermark", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("flow_id", name="pk_schedules"),
    )
    op.create_index("ix_schedules_due", "schedules", ["enabled", "due_at"])


def _secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("sandbox", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("blob", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("org", "sandbox", "owner", name="pk_secrets"),
    )


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("org", name="pk_tenants"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("org", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_tokens"),
    )


def _batch_files() -> None:
    op.create_table(
        "batch_files",
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("directory", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_files_batch_id_batches"),
        sa.PrimaryKeyConstraint("batch_id", "directory", "name", name="pk_batch_files"),
    )
