"""Methods of texts over whole columns: the receiver is a text, and whoever calls declines where it is null.

An argument that is null is declined, as the reference fails there.
"""

from collections.abc import Callable, Sequence

import polars as pl

from headrace.mapping.values import LONGEST_TEXT
from headrace.mapping.vectors import FLAG, LONG, TEXT, Form, Frame, NotVectorised, Vector, any_of, not_ascii


def condition(holds: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Form:
    """A condition on the receiver and another text."""

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        return _with_text(arguments, holds, FLAG)

    return form


def itself(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``toString``."""
    return arguments[0]


def equals(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``equals``, which may be asked of null too."""
    receiver, other = arguments
    if other.kind != TEXT:
        raise NotVectorised(f"equals with {other.kind}")
    return Vector(receiver.value.eq_missing(other.value), FLAG, other.declined)


def equals_ignoring_case(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``equalsIgnoreCase``."""
    same = _with_text(arguments, lambda text, other: text.str.to_uppercase() == other.str.to_uppercase(), FLAG)
    return Vector(same.value, FLAG, any_of(same.declined, *(not_ascii(text.value) for text in arguments)))


def index_of(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``indexOf``."""
    place = _with_text(
        arguments, lambda text, part: text.str.find(part, literal=True).cast(pl.Int64).fill_null(-1), LONG
    )
    return Vector(place.value, LONG, any_of(place.declined, not_ascii(arguments[0].value)))


def concat(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``concat``."""
    both = _with_text(arguments, lambda text, other: text + other, TEXT)
    return Vector(both.value, TEXT, any_of(both.declined, both.value.str.len_bytes() > LONGEST_TEXT))


def substring(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``substring`` with constant bounds."""
    receiver, bounds = arguments[0], [argument.constant for argument in arguments[1:]]
    if not all(isinstance(bound, int) and not isinstance(bound, bool) and bound >= 0 for bound in bounds):
        raise NotVectorised("substring with bounds that are no constants")
    start, end = bounds[0], bounds[-1]
    assert isinstance(start, int)
    assert isinstance(end, int)
    if start > end:
        raise NotVectorised("a substring that ends before it begins")
    outside = receiver.value.str.len_chars() < end
    return Vector(receiver.value.str.slice(start, end - start if len(bounds) == 2 else None), TEXT, outside)


def _with_text(arguments: Sequence[Vector], run: Callable[[pl.Expr, pl.Expr], pl.Expr], kind: str) -> Vector:
    receiver, argument = arguments
    if argument.kind != TEXT:
        raise NotVectorised(f"a method of texts with {argument.kind}")
    return Vector(run(receiver.value, argument.value), kind, any_of(argument.declined, argument.value.is_null()))
