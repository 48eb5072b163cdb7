"""Freezing where rows go: the dataset's table, its schema as it is now, and the mapping that fills it."""

import sqlalchemy as sa

from headrace import registry, sandboxes
from headrace.catalog import datasets
from headrace.dataprep.mapping_sets import Pinned
from headrace.runs.plan import Target
from headrace.store.scope import Caller


def freeze_target(conn: sa.Connection, caller: Caller, dataset_id: str, mapping: Pinned | None, now: int) -> Target:
    """The target of a dataset; ``mapping`` None: rows come in the schema's own shape. ``now``: epoch ms. NotFound."""
    dataset = datasets.target(conn, caller, dataset_id)
    schema = registry.composed(conn, caller, dataset.schema_id, dataset.major, sandboxes.tenant_of(conn, caller.org))
    id, version, items = (mapping.id, mapping.version, tuple(mapping.items)) if mapping else ("", 0, ())
    return Target(dataset.table, schema.id, schema.version, schema.full, id, version, items, now)
