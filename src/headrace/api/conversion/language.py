"""Data Prep: ``/languages/el``."""

from headrace.api.conversion.service import conversion
from headrace.api.operation import OK, READ
from headrace.api.request import Reply, Request
from headrace.dataprep import expressions


@conversion.post("/languages/el/validate", verb=READ, kind="languages", answers=OK)
def validate_expression(request: Request) -> Reply:
    """Whether an expression can be run, and what it makes of sample data."""
    body = request.json_object(sample="sampleData")
    with request.store.read() as conn:
        now, derivations = request.clock.now(), request.derivations
        return Reply(expressions.validated(conn, request.caller, body, now, derivations))


@conversion.get("/languages/el/functions", kind="languages")
def list_functions(_request: Request) -> Reply:
    """Every function that an expression may call."""
    return Reply(expressions.functions())


@conversion.get("/languages/el/operators", kind="languages")
def list_operators(_request: Request) -> Reply:
    """Every operator of expressions."""
    return Reply(expressions.operators())
