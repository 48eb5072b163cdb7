"""What a mapping set that is not stored would do: a verdict on each item, a preview on sample data."""

from typing import Any

from headrace import mapping, xdm
from headrace.dataprep import advice, checking, completeness, drafts, identities
from headrace.dataprep.options import options
from headrace.errors import Invalid
from headrace.mapping.derivations import Derivations
from headrace.store.engine import Store
from headrace.store.scope import Caller

MOST_RECORDS = 1000


def validated(store: Store, caller: Caller, body: dict[str, Any], tenant: str, now: int) -> dict[str, Any]:
    """A verdict on each item, in order, and on each required field that is left out.

    A strict set fails for such a field: it has a verdict of its own, behind those of the items. A lax one is warned.
    """
    draft = drafts.read(body)
    with store.read() as conn:
        full = checking.composed(conn, caller, draft.schema, tenant).full
        unmet = identities.unmet(conn, caller, draft.schema, draft.body["mappings"], tenant)
    verdicts = [one | advice.member(unmet.get(n, [])) for n, one in enumerate(checking.verdicts(draft, full, now))]
    missing = [] if options(draft.body).strict else completeness.unmapped(draft.items, full)
    return {"validationResponse": verdicts, **advice.member(completeness.advised(missing))}


def previewed(
    store: Store, caller: Caller, body: dict[str, Any], tenant: str, now: int, derivations: Derivations
) -> object:
    """What a run would make of ``data`` with ``mappingSet``: mapped, and checked against the rules of the schema.

    An array of records gives an array, one record gives one answer.
    """
    sent, data = body.get("mappingSet"), body.get("data")
    if not isinstance(sent, dict):
        raise Invalid("Send the mapping set to try in mappingSet, an object.", field="mappingSet")
    records = data if isinstance(data, list) else [data]
    if not all(isinstance(record, dict) for record in records) or len(records) > MOST_RECORDS:
        raise Invalid(f"Send in data one record, an object, or an array of up to {MOST_RECORDS}.", field="data")
    draft, chosen = drafts.read(sent), options(sent)
    with store.read() as conn:
        full = checking.composed(conn, caller, draft.schema, tenant).full
    checking.require(draft, full, now)
    rules, target = xdm.checker(full), xdm.arrow_schema(full)
    return mapping.preview(
        draft.items, target, data, now, derivations=derivations, check=rules.check, nulls=chosen.nulls
    )
