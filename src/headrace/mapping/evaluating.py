"""One expression evaluated on records by itself, for no destination."""

from collections.abc import Sequence

from headrace.allowance import batch_allowance
from headrace.mapping.cells import Cell
from headrace.mapping.derivations import Derivations
from headrace.mapping.expressions import validate_expression
from headrace.mapping.functions.declaring import Context
from headrace.mapping.reference import Scope, evaluator
from headrace.mapping.values import as_double


def outcomes(expression: str, records: Sequence[object], now: int, derivations: Derivations) -> list[object]:
    """What an expression makes of each record: a value, None, or a Failure; MappingSyntax when it cannot be run.

    The records share one allowance of time and room, as those of a batch do.
    """
    scope = Scope(Context(now, derivations=derivations), as_double)
    cell = Cell(0, "", expression, evaluator(validate_expression(expression), scope), lambda value: value, lenient=True)
    with batch_allowance():
        return [cell.of(record) for record in records]
