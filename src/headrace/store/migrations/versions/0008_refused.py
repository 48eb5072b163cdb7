"""Sign-ins that failed are looked through, as only the newest of them stay."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

REFUSED = sa.text("action = 'refused'")


def upgrade() -> None:
    op.create_index("ix_events_refused", "events", ["seq"], sqlite_where=REFUSED, postgresql_where=REFUSED)
