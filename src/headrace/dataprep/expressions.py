"""Whether an expression can be read, as ``POST /languages/el/validate`` answers it."""

from collections.abc import Mapping
from typing import Any

from headrace import mapping
from headrace.errors import Invalid, MappingSyntax


def validated(body: Mapping[str, Any]) -> dict[str, str]:
    """``succeeded``, or ``failed`` with the reason; the expression may come nested once more, as an example shows."""
    sent = body.get("expression")
    text = sent.get("expression") if isinstance(sent, Mapping) else sent
    if not isinstance(text, str):
        raise Invalid("Send the expression to validate as text in expression.", field="expression")
    try:
        mapping.parse_expression(text)
    except MappingSyntax as error:
        return {"validationStatus": "failed", "error": error.message}
    return {"validationStatus": "succeeded", "error": "none"}
