"""Functions over whole columns whose kinds, branches or constants matter; the others declare a kernel beside them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import polars as pl

from headrace.mapping.dates import strptime_pattern
from headrace.mapping.functions import FUNCTIONS, Function
from headrace.mapping.values import LONGEST_TEXT
from headrace.mapping.vector_choices import CHOICES
from headrace.mapping.vector_dates import DATES
from headrace.mapping.vector_texts import FUNCTIONS_OF_TEXTS
from headrace.mapping.vectors import (
    DOUBLE,
    FLAG,
    MOMENT,
    NULL,
    NUMERAL,
    TEXT,
    Frame,
    NotVectorised,
    Vector,
    any_of,
    not_ascii,
    text_vector,
)

Form = Callable[[Sequence[Vector], Frame], Vector]


def form_of(name: str) -> Form:
    """How the function ``name`` is computed over whole columns; NotVectorised when it has no such form."""
    function = FUNCTIONS[name]
    if function.name in SPECIAL:
        return SPECIAL[function.name]
    if function.kernel is None:
        raise NotVectorised(f"the function {name}")
    return partial(_by_kernel, function, function.kernel)


def _by_kernel(
    function: Function, kernel: Callable[[pl.Expr], pl.Expr], arguments: Sequence[Vector], _frame: Frame
) -> Vector:
    text = text_vector(arguments[0])
    odd = not_ascii(text.value) if function.ascii_only else None
    return Vector(kernel(text.value), TEXT, any_of(text.declined, odd))


def _concat(arguments: Sequence[Vector], frame: Frame) -> Vector:
    texts = [text_vector(one) for one in arguments]
    joined = frame.keep(pl.concat_str([one.value.fill_null("") for one in texts]) if texts else pl.lit(""))
    return Vector(joined, TEXT, any_of(*(one.declined for one in texts), joined.str.len_bytes() > LONGEST_TEXT))


def _to_decimal(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """A text stays the text, once it is sure to be a number; the assignment makes the number of it."""
    one = arguments[0]
    if one.kind != TEXT:
        raise NotVectorised(f"to_decimal of {one.kind}")
    if not frame.exact:
        plain = frame.keep(one.value.str.contains(r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"))
        made = pl.when(plain).then(one.value).cast(pl.Float64, strict=False)
        return Vector(made, DOUBLE, any_of(one.declined, ~plain & one.value.is_not_null()))
    plain = one.value.str.contains(r"^-?[0-9]{1,38}(\.[0-9]{1,38})?$")
    return Vector(one.value, NUMERAL, any_of(one.declined, ~plain & one.value.is_not_null()))


def _date(arguments: Sequence[Vector], frame: Frame) -> Vector:
    text = arguments[0]
    pattern = arguments[1].constant if len(arguments) == 2 else None
    if text.kind != TEXT or (len(arguments) > 1 and not isinstance(pattern, str)):
        raise NotVectorised("date with these arguments")
    translated = strptime_pattern(str(pattern) if pattern is not None else "yyyy-MM-dd")
    if translated is None:
        raise NotVectorised(f"the date pattern {pattern}")
    shape, format = translated
    fits = text.value.str.contains(shape)
    shaped = pl.when(fits).then(text.value).str
    read = (
        shaped.to_datetime(format, time_unit="us", strict=False)
        if "%H" in format
        else shaped.to_date(format, strict=False)
    )
    made = frame.keep(read.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    return Vector(made, MOMENT, any_of(text.declined, made.is_null() & text.value.is_not_null()))


def _is_there(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    one = arguments[0]
    return Vector(pl.lit(False) if one.kind == NULL else one.value.is_not_null(), FLAG, one.declined)


SPECIAL: Mapping[str, Form] = {
    **CHOICES,
    **DATES,
    **FUNCTIONS_OF_TEXTS,
    "contains_key": _is_there,
    "is_set": _is_there,
    "concat": _concat,
    "to_decimal": _to_decimal,
    "date": _date,
    "nullify": lambda _arguments, _frame: Vector(pl.lit(None), NULL),
}
