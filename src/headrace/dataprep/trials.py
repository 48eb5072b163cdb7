"""What a mapping set that is not stored would do: a verdict on each item, a preview on sample data."""

from typing import Any

from headrace import mapping
from headrace.dataprep import checking, drafts, identities
from headrace.dataprep.options import left_out, options, require_complete
from headrace.errors import Invalid
from headrace.store.engine import Store
from headrace.store.scope import Caller

MOST_RECORDS = 1000


def validated(store: Store, caller: Caller, body: dict[str, Any], tenant: str, now: int) -> list[dict[str, Any]]:
    """One verdict for each item, in order; behind them, one for each required field that a strict set leaves out."""
    draft = drafts.read(body)
    with store.read() as conn:
        schema = checking.target(conn, caller, draft.schema, tenant)
        missing = left_out(conn, caller, draft, tenant)
        unmet = identities.unmet(conn, caller, draft.schema, draft.body["mappings"], tenant)
    verdicts = [
        {**one, "warnings": unmet[n]} if n in unmet else one
        for n, one in enumerate(checking.verdicts(draft, schema, now))
    ]
    return verdicts + [_absent(path, told) for path, told in missing]


def previewed(store: Store, caller: Caller, body: dict[str, Any], tenant: str, now: int) -> object:
    """What ``mappingSet`` makes of ``data``: an array of records gives an array, one record gives one answer."""
    sent, data = body.get("mappingSet"), body.get("data")
    if not isinstance(sent, dict):
        raise Invalid("Send the mapping set to try in mappingSet, an object.", field="mappingSet")
    records = data if isinstance(data, list) else [data]
    if not all(isinstance(record, dict) for record in records) or len(records) > MOST_RECORDS:
        raise Invalid(f"Send in data one record, an object, or an array of up to {MOST_RECORDS}.", field="data")
    draft, chosen = drafts.read(sent), options(sent)
    with store.read() as conn:
        schema = checking.target(conn, caller, draft.schema, tenant)
        require_complete(conn, caller, draft, tenant)
    checking.require(draft, schema, now)
    return mapping.preview(draft.items, schema, data, now, nulls=chosen.nulls)


def _absent(path: str, told: str) -> dict[str, Any]:
    item = {"destination": path, "source": None, "sourceType": None}
    return {"status": "FAILED", "errors": [checking.error_info(item, told)]}
