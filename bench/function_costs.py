"""What each function of the mapping language costs for a row: by the reference, over columns, once for equal rows.

Each is measured on its first example, with the example's first constant read from a field instead.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal

import pyarrow as pa

from headrace.mapping.cells import Cell
from headrace.mapping.columns import ExpressionColumn, all_of_table
from headrace.mapping.conversion import converter
from headrace.mapping.failure import Failure
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.declaring import Context
from headrace.mapping.nodes import Field, Lambda, Literal, Node, fields_read
from headrace.mapping.parser import parse_expression
from headrace.mapping.planner import repeats
from headrace.mapping.reference import Scope, evaluator
from headrace.mapping.tables import column_at
from headrace.mapping.values import as_double
from headrace.mapping.vectors import kind_of

VALUE = "value"
TIMES = 3
TYPES: Mapping[type, pa.DataType] = {
    str: pa.string(), int: pa.int64(), float: pa.float64(), Decimal: pa.float64(), bool: pa.bool_()
}  # fmt: skip
MOMENT, TEXTS, MAP = pa.timestamp("us", tz="UTC"), pa.list_(pa.string()), pa.map_(pa.string(), pa.string())


@dataclass(frozen=True, slots=True)
class Cost:
    """Nanoseconds per row; None where a way is not open to the function."""

    function: str
    expression: str
    back_end: str
    reference: float
    columns: float | None = None
    equal: float | None = None


def costs(rows: int) -> Iterator[Cost]:
    """One figure for each function that has an example, by name."""
    for name, function in sorted(FUNCTIONS.items()):
        example = next(iter(function.examples), None)
        if name == function.name and example is not None:
            yield _cost(name, example, rows)


def _cost(name: str, example: str, rows: int) -> Cost:
    node, constant = _with_field(parse_expression(example))
    record: dict[str, object] = {} if constant is None else {VALUE: as_double(constant)}
    read = evaluator(node, Scope(Context(0), as_double))
    reference = _nanoseconds(lambda: [read(record) for _ in range(rows)], rows)
    type = _type_of(read(record))
    if constant is None or type is None:
        return Cost(name, example, _without_column(node), reference)
    cell = Cell(0, name, example, read, converter(type), lenient=True)
    wanted = tuple(dict.fromkeys(fields_read(node)))
    column = ExpressionColumn(cell, type, node, wanted, False, frozenset(), repeats(node))
    table = pa.table({VALUE: pa.array([record[VALUE]] * rows, TYPES[constant.__class__])})
    taken = _nanoseconds(lambda: all_of_table({(name,): column}, table), rows)
    if column.why_not_vectorised({(VALUE,): kind_of(column_at(table, (VALUE,)))}) is None:
        return Cost(name, example, "columns", reference, columns=taken)
    return Cost(name, example, "distinct values" if column.repeats else "rows", reference, equal=taken)


def _without_column(node: Node) -> str:
    """What an expression runs over that has no field to vary."""
    if not repeats(node):
        return "rows"
    return "distinct values" if any(fields_read(node)) else "once"


def _with_field(node: Node) -> tuple[Node, object]:
    """The tree with its first constant read from a field, and that constant; None when it has none."""
    if isinstance(node, Literal) and node.value is not None:
        return Field((VALUE,)), node.value
    if isinstance(node, Field):
        return Field((VALUE,)), "a"  # what asks for a field by its path
    if isinstance(node, Lambda):
        return node, None
    for one in fields(node):
        made, constant = _inside(getattr(node, one.name))
        if constant is not None:
            return replace(node, **{one.name: made}), constant
    return node, None


def _inside(value: object) -> tuple[object, object]:
    if isinstance(value, Node):
        return _with_field(value)
    if isinstance(value, tuple):
        for n, part in enumerate(value):
            made, constant = _inside(part)
            if constant is not None:
                return (*value[:n], made, *value[n + 1 :]), constant
    return value, None


def _type_of(value: object) -> pa.DataType | None:
    """The column that holds such values; None for nulls and what failed."""
    if value is None or isinstance(value, Failure):
        return None
    if isinstance(value, dict):
        return MAP
    return TEXTS if isinstance(value, list) else TYPES.get(value.__class__, MOMENT)


def _nanoseconds(run: Callable[[], object], rows: int) -> float:
    """The quickest of a few turns: the machine has other things to do."""
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter_ns()
        run()
        taken.append(time.perf_counter_ns() - started)
    return min(taken) / rows
