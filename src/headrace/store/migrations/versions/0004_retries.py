"""A failed run says when its window is tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TO_COME = sa.text("retry_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("runs", sa.Column("retry_at", sa.BigInteger))
    op.create_index("ix_runs_retry", "runs", ["retry_at"], sqlite_where=TO_COME, postgresql_where=TO_COME)
