"""What answers about mapping sets warn of, in a member that is absent where there is nothing to warn of."""

from collections.abc import Sequence

import sqlalchemy as sa

from headrace.dataprep import completeness, identities
from headrace.dataprep.drafts import Problem
from headrace.dataprep.mapping_sets import MappingSet, item
from headrace.store.scope import Caller

Advice = dict[str, Sequence[Problem]]


def of_set(conn: sa.Connection, caller: Caller, found: MappingSet, tenant: str) -> Advice:
    """The warnings of a set's answer: identity flags without effect, required fields that it leaves out."""
    draft = found.draft
    unmet = identities.unmet(conn, caller, draft.schema, found.body["mappings"], tenant)
    flags = [{**one, "field": f"mappings[{n}].{one['field']}"} for n, ones in unmet.items() for one in ones]
    missing = completeness.left_out(conn, caller, draft.schema.id, draft.schema.major, draft.items, tenant)
    return member([*flags, *completeness.advised(missing)])


def of_mapping(conn: sa.Connection, caller: Caller, found: MappingSet, mapping_id: str, tenant: str) -> Advice:
    """The warnings of one mapping's answer: its identity flags without effect."""
    return member(identities.unmet(conn, caller, found.schema, [item(found, mapping_id)], tenant).get(0, []))


def member(told: Sequence[Problem]) -> Advice:
    """The member ``warnings``; nothing where nothing is told."""
    return {"warnings": told} if told else {}
