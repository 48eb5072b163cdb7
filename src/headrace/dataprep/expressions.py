"""The expression language as Data Prep answers for it: whether an expression can be run, what it may be made of."""

from collections.abc import Mapping
from typing import Any

from headrace import mapping
from headrace.errors import Invalid, MappingSyntax
from headrace.mapping.listing import operators_listing


def validated(body: Mapping[str, Any]) -> dict[str, str]:
    """``succeeded``, or ``failed`` with the reason; the expression may come nested once more, as an example shows."""
    sent = body.get("expression")
    text = sent.get("expression") if isinstance(sent, Mapping) else sent
    if not isinstance(text, str):
        raise Invalid("Send the expression to validate as text in expression.", field="expression")
    try:
        mapping.validate_expression(text)
    except MappingSyntax as error:
        return {"validationStatus": "failed", "error": error.message}
    return {"validationStatus": "succeeded", "error": "none"}


def functions() -> list[dict[str, object]]:
    """Every function, as Data Prep describes them."""
    return mapping.functions_listing()


def operators() -> list[dict[str, object]]:
    """Every operator, as Data Prep describes them."""
    return operators_listing()
