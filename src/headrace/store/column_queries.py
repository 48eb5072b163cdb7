"""Lists that the database narrows, orders and pages: conditions on columns that mean there what they mean in Python."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headrace.store.portable import among, by_code_point

Columns = Mapping[str, sa.ColumnElement[Any]]

GREATEST = 2**63 - 1  # number that a column can be compared with
MOST_TERMS = 100  # conditions, or keys of an order; SQLite takes no expression of more than 1,000 levels
_ORDERED: Mapping[str, Callable[[Any, Any], sa.ColumnElement[bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition on a column.

    operator  ``==`` any of the operands; ``!=`` none of them, as nothing is; ``<``, ``<=``, ``>``, ``>=``
    operand   texts without a NUL for a column of text; a whole number of 64 bits for one of numbers
    """

    column: str
    operator: str
    operand: tuple[str, ...] | int


@dataclass(frozen=True, slots=True)
class Ordering:
    """One column to order by; rows that have nothing in it come last in either direction."""

    column: str
    descending: bool


@dataclass(frozen=True, slots=True)
class ColumnQuery:
    """Every comparison must hold; the first ordering counts most."""

    comparisons: tuple[Comparison, ...]
    orderings: tuple[Ordering, ...] = ()

    @property
    def too_long(self) -> bool:
        """Whether no database need take it as one statement."""
        return max(len(self.comparisons), len(self.orderings)) > MOST_TERMS


EVERYTHING = ColumnQuery(())


def comparison_with_number(column: str, operator: str, value: float | None) -> Comparison | None:
    """A comparison of a column of numbers; None with what no such column could hold, which is compared in Python."""
    return Comparison(column, operator, value) if isinstance(value, int) and -GREATEST <= value <= GREATEST else None


def where(columns: Columns, query: ColumnQuery) -> sa.ColumnElement[bool]:
    """The conditions of a query as one."""
    return sa.and_(sa.true(), *(_condition(columns[each.column], each) for each in query.comparisons))


def order(columns: Columns, query: ColumnQuery) -> list[sa.ColumnElement[Any]]:
    """What to order by before the list's own order."""
    return [_direction(columns[each.column], each.descending) for each in query.orderings]


def _condition(column: sa.ColumnElement[Any], comparison: Comparison) -> sa.ColumnElement[bool]:
    operand = comparison.operand
    if comparison.operator in _ORDERED:
        return _ORDERED[comparison.operator](_comparable(column), operand if isinstance(operand, int) else operand[0])
    equal = _equal(column, operand)
    return equal if comparison.operator == "==" else sa.or_(column.is_(None), sa.not_(equal))


def _equal(column: sa.ColumnElement[Any], operand: tuple[str, ...] | int) -> sa.ColumnElement[bool]:
    if isinstance(operand, int):
        return column == operand
    # Of one value an index may give the rows in their order, so that no more than the page is read.
    return column == operand[0] if len(operand) == 1 else among(column, operand)


def _direction(column: sa.ColumnElement[Any], descending: bool) -> sa.ColumnElement[Any]:
    compared = _comparable(column)
    return (compared.desc() if descending else compared.asc()).nulls_last()


def _comparable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return by_code_point(column) if isinstance(column.type, sa.Text) else column
