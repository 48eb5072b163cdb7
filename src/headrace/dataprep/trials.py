"""What a mapping set that is not stored would do: a verdict on each item, a preview on sample data."""

from typing import Any

from headrace import mapping, raw_json, xdm
from headrace.dataprep import advice, checking, completeness, drafts, identities
from headrace.dataprep.options import options
from headrace.dataprep.undeclared import Fields, advised
from headrace.errors import Invalid
from headrace.exact_json import NotJson, read
from headrace.mapping.derivations import Derivations
from headrace.raw_json import Raw
from headrace.store.engine import Store
from headrace.store.scope import Caller

MOST_RECORDS = 1000


def validated(
    store: Store, caller: Caller, body: dict[str, Any], tenant: str, now: int, fields: Fields | None = None
) -> dict[str, Any]:
    """A verdict on each item, in order, and on each required field that is left out.

    A strict set fails for such a field: it has a verdict of its own, behind those of the items. A lax one is warned.
    ``fields``: those that the source declares, if there is one that does.
    """
    draft = drafts.read(body)
    with store.read() as conn:
        full = checking.composed(conn, caller, draft.schema, tenant).full
        unmet = identities.unmet(conn, caller, draft.schema, draft.body["mappings"], tenant)
    judged = checking.verdicts(draft, full, now)
    unknown = {n: advised(item, fields) for n, item in enumerate(draft.items) if not judged[n]["errors"]}
    verdicts = [verdict | advice.member([*unmet.get(n, []), *unknown.get(n, [])]) for n, verdict in enumerate(judged)]
    missing = [] if options(draft.body).strict else completeness.unmapped(draft.items, full)
    return {"validationResponse": verdicts, **advice.member(completeness.advised(missing))}


def previewed(
    store: Store, caller: Caller, body: dict[str, Any], tenant: str, now: int, derivations: Derivations
) -> object:
    """What a run would make of ``data`` with ``mappingSet``: mapped, and checked against the rules of the schema.

    An array of records gives an array, one record gives one answer. Each is read as a source's is, so that one which
    cannot be is told alone.
    """
    sent = body.get("mappingSet")
    if not isinstance(sent, dict):
        raise Invalid("Send the mapping set to try in mappingSet, an object.", field="mappingSet")
    texts, several = _records(body.get("data"))
    draft, chosen = drafts.read(sent), options(sent)
    with store.read() as conn:
        full = checking.composed(conn, caller, draft.schema, tenant).full
    checking.require(draft, full, now)
    rules, target = xdm.checker(full), xdm.arrow_schema(full)
    records = [_record(text) for text in texts]
    previews = iter(
        mapping.preview(
            draft.items,
            target,
            [record for record in records if not isinstance(record, NotJson)],
            now,
            derivations=derivations,
            check=rules.check,
            nulls=chosen.nulls,
        )
    )
    answers = [_unreadable(record) if isinstance(record, NotJson) else next(previews) for record in records]
    return answers if several else answers[0]


def _records(data: Raw | None) -> tuple[list[Raw], bool]:
    """The texts of the records in ``data``, and whether it is an array of them."""
    items = None if data is None else raw_json.items(data)
    if items is not None and len(items) <= MOST_RECORDS:
        return items, True
    if data is None or raw_json.kind_of(data) != "object":
        raise Invalid(f"Send in data one record, an object, or an array of up to {MOST_RECORDS}.", field="data")
    return [data], False


def _record(text: Raw) -> object:
    """A record, read as a source's is, or why it cannot be."""
    try:
        record = read(bytes(text))
    except NotJson as error:
        return error
    return record if isinstance(record, dict) else NotJson(f"it is {raw_json.kind_of(text)}, not an object")


def _unreadable(error: NotJson) -> dict[str, Any]:
    reason = f"The element cannot be read as a record: {error.reason}."
    place = {"destination": None, "source": "$", "columnName": None, "sourceType": None}
    return {"data": {}, "errors": [{**place, "exception": reason}]}
