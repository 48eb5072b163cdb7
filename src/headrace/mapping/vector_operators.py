"""Operators over whole columns: exact where they give a value, declined where the reference might differ."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from headrace.mapping.values import LONGEST_TEXT
from headrace.mapping.vectors import (
    DOUBLE,
    FLAG,
    LONG,
    NULL,
    TEXT,
    NotVectorised,
    Vector,
    any_of,
    choice,
    first_of,
    truth,
)

# Sums of numbers below 2^62 and products of numbers below 2^31 stay inside 64 bits.
_SUM_LIMIT, _PRODUCT_LIMIT, _EXACT_DOUBLE = 2**62, 2**31, 2**53


def negated(operand: Vector) -> Vector:
    """``-operand``."""
    declined = any_of(operand.declined, _beyond(operand), operand.value.is_null())
    return Vector(-operand.value, operand.kind, declined)


def _beyond(one: Vector, limit: int = _SUM_LIMIT) -> pl.Expr | None:
    return None if one.kind == DOUBLE else ~one.value.is_between(-limit, limit, closed="none")


def _numbers(left: Vector, right: Vector) -> str:
    """The kind of the result of arithmetic."""
    if left.kind not in (LONG, DOUBLE) or right.kind not in (LONG, DOUBLE):
        raise NotVectorised(f"arithmetic on {left.kind} and {right.kind}")
    return LONG if left.kind == right.kind == LONG else DOUBLE


def _nulls(*vectors: Vector) -> list[pl.Expr]:
    return [one.value.is_null() for one in vectors]


def _lost(left: Vector, right: Vector, made: pl.Expr, kind: str) -> list[pl.Expr | None]:
    """Where arithmetic has no number: an operand is null, or the result is too large."""
    return [*_nulls(left, right), ~made.is_finite() if kind == DOUBLE else None]


def _sum(left: Vector, right: Vector, operator: str) -> Vector:
    if operator == "+" and left.kind == right.kind == TEXT:
        text = left.value + right.value
        too_long = text.str.len_bytes() > LONGEST_TEXT
        return Vector(text, TEXT, any_of(left.declined, right.declined, too_long, *_nulls(left, right)))
    kind = _numbers(left, right)
    made = left.value + right.value if operator == "+" else left.value - right.value
    limits = [_beyond(one, _SUM_LIMIT if kind == LONG else _EXACT_DOUBLE) for one in (left, right)]
    return Vector(made, kind, any_of(left.declined, right.declined, *limits, *_lost(left, right, made, kind)))


def _product(left: Vector, right: Vector, _operator: str) -> Vector:
    kind = _numbers(left, right)
    limits = [_beyond(one, _PRODUCT_LIMIT if kind == LONG else _EXACT_DOUBLE) for one in (left, right)]
    made = left.value * right.value
    return Vector(made, kind, any_of(left.declined, right.declined, *limits, *_lost(left, right, made, kind)))


def _quotient(left: Vector, right: Vector, operator: str) -> Vector:
    kind = _numbers(left, right)
    if kind == LONG:
        # Rounding down is cutting off only for numbers that are not negative.
        made = left.value // right.value if operator == "/" else left.value % right.value
        limits = [left.value < 0, right.value <= 0]
    elif operator == "/":
        made = left.value / right.value
        limits = [right.value == 0, *(one for one in map(_inexact, (left, right)) if one is not None)]
    else:
        raise NotVectorised("% on double")
    return Vector(made, kind, any_of(left.declined, right.declined, *limits, *_lost(left, right, made, kind)))


def _inexact(one: Vector) -> pl.Expr | None:
    return _beyond(one, _EXACT_DOUBLE)


def equality(left: Vector, right: Vector, operator: str) -> Vector:
    declined = any_of(left.declined, right.declined)
    if left.kind == NULL or right.kind == NULL:
        other = right if left.kind == NULL else left
        same = pl.lit(True) if other.kind == NULL else other.value.is_null()
    else:
        declined = any_of(declined, *_comparable(left, right))
        same = left.value.eq_missing(right.value)
    return Vector(same if operator == "==" else ~same, FLAG, declined)


def _comparable(left: Vector, right: Vector) -> list[pl.Expr | None]:
    """Where two vectors cannot be compared as they are; NotVectorised when they never can."""
    if left.kind == right.kind and left.kind in (TEXT, LONG, DOUBLE, FLAG):
        return []
    if {left.kind, right.kind} == {LONG, DOUBLE}:
        return [(limit & one.value.is_not_null()) for one in (left, right) if (limit := _inexact(one)) is not None]
    raise NotVectorised(f"{left.kind} compared with {right.kind}")


def _order(left: Vector, right: Vector, operator: str) -> Vector:
    if left.kind == FLAG:
        raise NotVectorised("an order of booleans")
    limits = _comparable(left, right)
    comparisons: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    made = comparisons[operator](left.value, right.value).fill_null(False)
    return Vector(made, FLAG, any_of(left.declined, right.declined, *limits))


def _logic(left: Vector, right: Vector, operator: str) -> Vector:
    first, second = truth(left), truth(right)
    needed = first if operator == "&&" else ~first
    spread = None if right.declined is None else needed & right.declined.fill_null(True)
    return Vector(first & second if operator == "&&" else first | second, FLAG, any_of(left.declined, spread))


def _text_test(left: Vector, right: Vector, operator: str) -> Vector:
    if left.kind != TEXT or right.kind != TEXT:
        raise NotVectorised(f"{operator} on {left.kind} and {right.kind}")
    test = left.value.str.starts_with if operator.endswith("^") else left.value.str.ends_with
    both = left.value.is_null() & right.value.is_null()
    made = test(right.value).fill_null(False) | both
    return Vector(~made if operator.startswith("!") else made, FLAG, any_of(left.declined, right.declined))


def membership(left: Vector, elements: Sequence[Vector], operator: str) -> Vector:
    """Whether ``left`` equals one of ``elements``, or for ``!~`` none of them."""
    same = [equality(left, element, "==") for element in elements]
    found = pl.any_horizontal([one.value for one in same]) if same else pl.lit(False)
    declined = any_of(left.declined, *(one.declined for one in same))
    return Vector(~found if operator == "!~" else found, FLAG, declined)


def _elvis(left: Vector, right: Vector, _operator: str) -> Vector:
    return choice(left, left, right)


def _fallback(left: Vector, right: Vector, _operator: str) -> Vector:
    return first_of([left, right])


BINARY: Mapping[str, Callable[[Vector, Vector, str], Vector]] = {
    **dict.fromkeys("+-", _sum),
    "*": _product,
    **dict.fromkeys("/%", _quotient),
    **dict.fromkeys(("==", "!="), equality),
    **dict.fromkeys(("<", "<=", ">", ">="), _order),
    **dict.fromkeys(("&&", "||"), _logic),
    **dict.fromkeys(("=^", "!^", "=$", "!$"), _text_test),
    "??": _fallback,
    "?:": _elvis,
}
