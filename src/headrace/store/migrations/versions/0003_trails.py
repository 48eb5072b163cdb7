"""A part that is copied in several landed files says how its chain of pages goes on behind them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("parts", sa.Column("trail", sa.Text))
