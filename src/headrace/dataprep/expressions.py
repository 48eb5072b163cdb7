"""The expression language as Data Prep answers for it: whether an expression can be run, what it may be made of."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from headrace import mapping
from headrace.dataprep import mapping_sets, parsing
from headrace.errors import Invalid, MappingSyntax
from headrace.mapping.derivations import Derivations
from headrace.mapping.evaluating import outcomes
from headrace.mapping.failure import Failure
from headrace.mapping.listing import operators_listing
from headrace.mapping.values import json_ready, with_short_decimals
from headrace.store.scope import Caller

Json = dict[str, Any]

PLACE = ("line", "column", "excerpt")
MEANT = "; did you mean "


def validated(conn: sa.Connection, caller: Caller, body: Mapping[str, Any], now: int, derivations: Derivations) -> Json:
    """``succeeded``, or ``failed`` with the reason and its place.

    The expression may come nested once more, as an example shows. With ``sampleData`` it is run on the first record
    too. A ``mappingSetId`` that the caller's sandbox does not have is NotFound.
    """
    if body.get("mappingSetId") not in (None, ""):
        mapping_sets.get(conn, caller, _text(body, "mappingSetId"))
    sample = _sample(body)
    expression = _expression(body)
    try:
        if sample is None:
            mapping.validate_expression(expression)
            return {"validationStatus": "succeeded", "error": "none"}
        [value] = outcomes(expression, [sample], now, derivations)
    except MappingSyntax as error:
        return _failed(error)
    return _answered(value)


def functions() -> list[dict[str, object]]:
    """Every function, as Data Prep describes them."""
    return mapping.functions_listing()


def operators() -> list[dict[str, object]]:
    """Every operator, as Data Prep describes them."""
    return operators_listing()


def _expression(body: Mapping[str, Any]) -> str:
    sent = body.get("expression")
    return _text(sent if isinstance(sent, Mapping) else body, "expression")


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Invalid(f"Send {name} as text.", field=name)
    return value


def _sample(body: Mapping[str, Any]) -> Json | None:
    if parsing.is_absent(body.get("sampleData")):
        return None
    text = parsing.sample_text(body["sampleData"], body.get("sampleDataType"), kind_field="sampleDataType")
    return parsing.records(text)[0]


def _failed(error: MappingSyntax) -> Json:
    told: Json = {"validationStatus": "failed", "error": error.message}
    told |= {name: error.facts[name] for name in PLACE if name in error.facts}
    _, _, meant = str(error.facts.get("what", "")).partition(MEANT)
    return told | ({"suggestion": meant.rstrip("?")} if meant else {})


def _answered(value: object) -> Json:
    if isinstance(value, Failure):
        return {"validationStatus": "failed", "error": _reason(value)}
    return {"validationStatus": "succeeded", "error": "none", "result": json_ready(with_short_decimals(value))}


def _reason(failure: Failure) -> str:
    told = failure.reason or f"expected {failure.expected}, found {failure.actual}"
    return f"The expression gives no value for sampleData: {told}"
