"""Functions over whole columns that pick one of their arguments, or ask whether there is one."""

from collections.abc import Callable, Sequence

import polars as pl

from headrace.mapping.vector_operators import same
from headrace.mapping.vectors import (
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
)


def null(_arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``nullify``."""
    return Vector(pl.lit(None), NULL)


def is_there(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """Whether a value is not null."""
    [value] = arguments
    return Vector(pl.lit(False) if value.kind == NULL else value.value.is_not_null(), FLAG, value.declined)


def iif(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``iif``."""
    return choice(*arguments)


def decode(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``decode``."""
    key, *options = arguments
    picked = options.pop() if len(options) % 2 else Vector(pl.lit(None), NULL)
    for option, value in zip(reversed(options[::2]), reversed(options[1::2]), strict=True):
        picked = choice(same(key, option), value, picked)
    return picked


def coalesce(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """The first argument that is not null."""
    return first_of(arguments)


def at(position: int) -> Form:
    """``first`` or ``last``: the argument at a position."""

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        if not arguments:
            raise NotVectorised("no argument to pick")
        picked = arguments[position]
        return Vector(picked.value, picked.kind, any_of(*(argument.declined for argument in arguments)))

    return form


def extreme(pick: Callable[..., pl.Expr]) -> Form:
    """``min`` or ``max`` of whole numbers, or of texts."""

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        kinds = {argument.kind for argument in arguments} - {NULL}
        # Doubles are left out: 0.0 and -0.0 are equal, and the first of them stays.
        if len(kinds) != 1 or not kinds <= {LONG, TEXT}:
            raise NotVectorised(f"the extreme of {' and '.join(sorted(kinds)) or 'nothing'}")
        values = [argument.value for argument in arguments if argument.kind != NULL]
        return Vector(pick(values), kinds.pop(), any_of(*(argument.declined for argument in arguments)))

    return form
