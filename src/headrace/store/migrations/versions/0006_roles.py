"""Accounts have roles; those that exist may do what they could before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "account_roles",
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("sandbox", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO account_roles (client_id, sandbox, role) SELECT client_id, '', 'admin' FROM accounts")
