"""Initial schema."""

import importlib
import pkgutil

from alembic import op

import headrace.store
from headrace.store.metadata import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    for module in pkgutil.iter_modules(headrace.store.__path__):
        importlib.import_module(f"headrace.store.{module.name}")
    metadata.create_all(op.get_bind())
