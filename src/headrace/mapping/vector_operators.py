"""Operators over whole columns: exact where they give a value, declined where the reference might differ."""

from collections.abc import Callable, Sequence

import polars as pl

from headrace.mapping.values import LONGEST_TEXT
from headrace.mapping.vectors import (
    DOUBLE,
    FLAG,
    LONG,
    NULL,
    TEXT,
    Form,
    Frame,
    NotVectorised,
    Vector,
    any_of,
    choice,
    first_of,
    truth,
)

# Sums of numbers below 2^62 and products of numbers below 2^31 stay inside 64 bits.
_SUM_LIMIT, _PRODUCT_LIMIT, _EXACT_DOUBLE = 2**62, 2**31, 2**53

Combine = Callable[[pl.Expr, pl.Expr], pl.Expr]


def negated(operands: Sequence[Vector], _frame: Frame) -> Vector:
    """``-operand``."""
    [operand] = operands
    if operand.kind not in (LONG, DOUBLE):
        raise NotVectorised(f"- on {operand.kind}")
    declined = any_of(operand.declined, _beyond(operand), operand.value.is_null())
    return Vector(-operand.value, operand.kind, declined)


def untrue(operands: Sequence[Vector], _frame: Frame) -> Vector:
    """``!operand``."""
    [operand] = operands
    return Vector(~truth(operand), FLAG, operand.declined)


def plus(operands: Sequence[Vector], frame: Frame) -> Vector:
    """``left + right``: the sum of numbers, or texts end to end."""
    left, right = operands
    if left.kind != TEXT or right.kind != TEXT:
        return _sum(operands, frame, lambda a, b: a + b)
    text = left.value + right.value
    too_long = text.str.len_bytes() > LONGEST_TEXT
    return Vector(text, TEXT, any_of(left.declined, right.declined, too_long, *_nulls(left, right)))


def minus(operands: Sequence[Vector], frame: Frame) -> Vector:
    """``left - right``."""
    return _sum(operands, frame, lambda a, b: a - b)


def times(operands: Sequence[Vector], frame: Frame) -> Vector:
    """``left * right``."""
    left, right, kind = _numbers(operands, frame)
    limits = [_beyond(number, _PRODUCT_LIMIT if kind == LONG else _EXACT_DOUBLE) for number in (left, right)]
    product = left.value * right.value
    return Vector(product, kind, any_of(left.declined, right.declined, *limits, *_lost(left, right, product, kind)))


def divided(operands: Sequence[Vector], frame: Frame) -> Vector:
    """``left / right``."""
    left, right, kind = _numbers(operands, frame)
    if kind == LONG:
        return _whole_quotient(left, right, left.value // right.value)
    quotient = left.value / right.value
    limits = [right.value == 0, _inexact(left), _inexact(right)]
    return Vector(quotient, kind, any_of(left.declined, right.declined, *limits, *_lost(left, right, quotient, kind)))


def remainder(operands: Sequence[Vector], frame: Frame) -> Vector:
    """``left % right``, of whole numbers."""
    left, right, kind = _numbers(operands, frame)
    if kind == DOUBLE:
        raise NotVectorised("% on double")
    return _whole_quotient(left, right, left.value % right.value)


def equality(*, negate: bool) -> Form:
    """``left == right`` or ``left != right``."""

    def form(operands: Sequence[Vector], _frame: Frame) -> Vector:
        equal = same(*operands)
        return Vector(~equal.value if negate else equal.value, FLAG, equal.declined)

    return form


def same(left: Vector, right: Vector) -> Vector:
    """Whether two values are equal."""
    declined = any_of(left.declined, right.declined)
    if left.kind == NULL or right.kind == NULL:
        other = right if left.kind == NULL else left
        return Vector(pl.lit(True) if other.kind == NULL else other.value.is_null(), FLAG, declined)
    declined = any_of(declined, *_comparable(left, right))
    return Vector(left.value.eq_missing(right.value), FLAG, declined)


def order(compare: Combine) -> Form:
    """``left < right`` and the like."""

    def form(operands: Sequence[Vector], _frame: Frame) -> Vector:
        left, right = operands
        if left.kind == FLAG:
            raise NotVectorised("an order of booleans")
        limits = _comparable(left, right)
        holds = compare(left.value, right.value).fill_null(False)
        return Vector(holds, FLAG, any_of(left.declined, right.declined, *limits))

    return form


def both(operands: Sequence[Vector], _frame: Frame) -> Vector:
    """``left && right``; the right one is looked at where the left one holds."""
    left, right = operands
    first = truth(left)
    return Vector(first & truth(right), FLAG, any_of(left.declined, _spread(right, first)))


def either(operands: Sequence[Vector], _frame: Frame) -> Vector:
    """``left || right``; the right one is looked at where the left one does not hold."""
    left, right = operands
    first = truth(left)
    return Vector(first | truth(right), FLAG, any_of(left.declined, _spread(right, ~first)))


def text_test(symbol: str, holds: Combine, *, negate: bool = False) -> Form:
    """Whether the left text begins or ends with the right one, or does not; two nulls do."""

    def form(operands: Sequence[Vector], _frame: Frame) -> Vector:
        left, right = operands
        if left.kind != TEXT or right.kind != TEXT:
            raise NotVectorised(f"{symbol} on {left.kind} and {right.kind}")
        nulls = left.value.is_null() & right.value.is_null()
        held = holds(left.value, right.value).fill_null(False) | nulls
        return Vector(~held if negate else held, FLAG, any_of(left.declined, right.declined))

    return form


def membership(*, negate: bool) -> Form:
    """Whether the first one equals one of the others, or none of them."""

    def form(operands: Sequence[Vector], _frame: Frame) -> Vector:
        value, *elements = operands
        equal = [same(value, element) for element in elements]
        member = pl.any_horizontal([element.value for element in equal]) if equal else pl.lit(False)
        declined = any_of(value.declined, *(element.declined for element in equal))
        return Vector(~member if negate else member, FLAG, declined)

    return form


def elvis(operands: Sequence[Vector], _frame: Frame) -> Vector:
    """``left ?: right``."""
    left, right = operands
    return choice(left, left, right)


def fallback(operands: Sequence[Vector], _frame: Frame) -> Vector:
    """``left ?? right``."""
    return first_of(operands)


def _numbers(operands: Sequence[Vector], frame: Frame) -> tuple[Vector, Vector, str]:
    """The operands of arithmetic, and the kind of its result."""
    left, right = operands
    if left.kind not in (LONG, DOUBLE) or right.kind not in (LONG, DOUBLE):
        raise NotVectorised(f"arithmetic on {left.kind} and {right.kind}")
    if left.kind == right.kind:
        return left, right, left.kind
    return _double(left, frame), _double(right, frame), DOUBLE


def _double(number: Vector, frame: Frame) -> Vector:
    """A whole number that is written out, as a double beside doubles."""
    written = number.constant
    if number.kind != LONG or not isinstance(written, int) or abs(written) > _EXACT_DOUBLE:
        return number
    return frame.constant(float(written))


def _sum(operands: Sequence[Vector], frame: Frame, combine: Combine) -> Vector:
    left, right, kind = _numbers(operands, frame)
    total = combine(left.value, right.value)
    limits = [_beyond(number, _SUM_LIMIT if kind == LONG else _EXACT_DOUBLE) for number in (left, right)]
    return Vector(total, kind, any_of(left.declined, right.declined, *limits, *_lost(left, right, total, kind)))


def _whole_quotient(left: Vector, right: Vector, quotient: pl.Expr) -> Vector:
    # Rounding down is cutting off only for numbers that are not negative.
    limits = [left.value < 0, right.value <= 0]
    return Vector(quotient, LONG, any_of(left.declined, right.declined, *limits, *_nulls(left, right)))


def _beyond(number: Vector, limit: int = _SUM_LIMIT) -> pl.Expr | None:
    return None if number.kind == DOUBLE else ~number.value.is_between(-limit, limit, closed="none")


def _inexact(number: Vector) -> pl.Expr | None:
    return _beyond(number, _EXACT_DOUBLE)


def _nulls(*vectors: Vector) -> list[pl.Expr]:
    return [vector.value.is_null() for vector in vectors]


def _lost(left: Vector, right: Vector, result: pl.Expr, kind: str) -> list[pl.Expr | None]:
    """Where arithmetic has no number: an operand is null, or the result is too large."""
    return [*_nulls(left, right), ~result.is_finite() if kind == DOUBLE else None]


def _comparable(left: Vector, right: Vector) -> list[pl.Expr | None]:
    """Where two vectors cannot be compared as they are; NotVectorised when they never can."""
    if left.kind == right.kind and left.kind in (TEXT, LONG, DOUBLE, FLAG):
        return []
    if {left.kind, right.kind} == {LONG, DOUBLE}:
        limits = ((number, _inexact(number)) for number in (left, right))
        return [limit & number.value.is_not_null() for number, limit in limits if limit is not None]
    raise NotVectorised(f"{left.kind} compared with {right.kind}")


def _spread(right: Vector, needed: pl.Expr) -> pl.Expr | None:
    """Where the right operand is declined, and needed."""
    return None if right.declined is None else needed & right.declined.fill_null(True)
