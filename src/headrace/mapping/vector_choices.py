"""Functions over whole columns that pick one of their arguments."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from headrace.mapping.vector_operators import equality
from headrace.mapping.vectors import LONG, NULL, TEXT, Frame, NotVectorised, Vector, any_of, choice, first_of

Form = Callable[[Sequence[Vector], Frame], Vector]


def _iif(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    condition, then, otherwise = arguments
    return choice(condition, then, otherwise)


def _decode(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    key = arguments[0]
    options = list(arguments[1:])
    made = options.pop() if len(options) % 2 else Vector(pl.lit(None), NULL)
    for option, value in zip(reversed(options[::2]), reversed(options[1::2]), strict=True):
        made = choice(equality(key, option, "=="), value, made)
    return made


def _coalesce(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    return first_of(arguments)


def _at(position: int) -> Form:
    def run(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        if not arguments:
            raise NotVectorised("no argument to pick")
        picked = arguments[position]
        return Vector(picked.value, picked.kind, any_of(*(one.declined for one in arguments)))

    return run


def _extreme(pick: Callable[..., pl.Expr]) -> Form:
    def run(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        kinds = {one.kind for one in arguments} - {NULL}
        # Doubles are left out: 0.0 and -0.0 are equal, and the first of them stays.
        if len(kinds) != 1 or not kinds <= {LONG, TEXT}:
            raise NotVectorised(f"the extreme of {' and '.join(sorted(kinds)) or 'nothing'}")
        values = [one.value for one in arguments if one.kind != NULL]
        return Vector(pick(values), kinds.pop(), any_of(*(one.declined for one in arguments)))

    return run


CHOICES: Mapping[str, Form] = {
    "iif": _iif,
    "decode": _decode,
    "coalesce": _coalesce,
    "first": _at(0),
    "last": _at(-1),
    "min": _extreme(pl.min_horizontal),
    "max": _extreme(pl.max_horizontal),
}
