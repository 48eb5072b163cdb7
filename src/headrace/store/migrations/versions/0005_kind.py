"""A database says whether it is an emulator's."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "deployment_kind", sa.Column("id", sa.Integer, primary_key=True), sa.Column("kind", sa.Text, nullable=False)
    )
