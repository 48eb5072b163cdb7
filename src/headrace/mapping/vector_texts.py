"""Functions of texts over whole columns; a scalar counts as the text that it has."""

from collections.abc import Callable, Sequence

import polars as pl

from headrace.mapping.values import LONGEST_TEXT
from headrace.mapping.vector_numbers import whole_number
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
    not_ascii,
    text_vector,
)

# Longer paddings would make a slice too large for a worker before anything can be refused.
_MOST_PADDING = 1000


def of_text(kernel: Callable[[pl.Expr], pl.Expr], *, ascii_only: bool = False) -> Form:
    """A function of one text, by the same on a Polars expression of texts.

    ascii_only  the kernel agrees with the function on ASCII texts only
    """

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        text = text_vector(arguments[0])
        odd = not_ascii(text.value) if ascii_only else None
        return Vector(kernel(text.value), TEXT, any_of(text.declined, odd))

    return form


# Rust and Python change the case of other letters by different versions of Unicode.
lower = of_text(lambda text: text.str.to_lowercase(), ascii_only=True)
upper = of_text(lambda text: text.str.to_uppercase(), ascii_only=True)


def concat(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """``concat``."""
    texts = [text_vector(argument) for argument in arguments]
    joined = frame.keep(pl.concat_str([text.value.fill_null("") for text in texts]) if texts else pl.lit(""))
    return Vector(joined, TEXT, any_of(*(text.declined for text in texts), joined.str.len_bytes() > LONGEST_TEXT))


def join(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """A constant separator, then the elements: those that are not null, with the separator between them."""
    separator = arguments[0].constant
    if not isinstance(separator, str):
        raise NotVectorised("a separator that stands in a field")
    texts = [text_vector(element) for element in arguments[1:]]
    if not texts:
        return Vector(pl.lit(""), TEXT, constant="")
    joined = frame.keep(pl.concat_str([text.value for text in texts], separator=separator, ignore_nulls=True))
    return Vector(joined, TEXT, any_of(*(text.declined for text in texts), joined.str.len_bytes() > LONGEST_TEXT))


def replace(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """A text with every occurrence of a constant replaced by another constant."""
    text, old, new = text_vector(arguments[0]), arguments[1].constant, arguments[2].constant
    if not isinstance(old, str) or not isinstance(new, str) or not old:
        raise NotVectorised("a replacement that stands in a field")
    size = text.value.str.len_bytes().cast(pl.Int64)
    growth = len(new.encode()) - len(old.encode())
    if growth > 0:
        size = size + growth * text.value.str.count_matches(old, literal=True).cast(pl.Int64)
    fits = size <= LONGEST_TEXT
    replaced = pl.when(fits).then(text.value).str.replace_all(old, new, literal=True)
    return Vector(replaced, TEXT, any_of(text.declined, ~fits & text.value.is_not_null()))


def instr(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``instr`` from the beginning on."""
    if len(arguments) > 2:
        raise NotVectorised("instr from a position on")
    text, part = map(text_vector, arguments)
    place = text.value.str.find(part.value, literal=True).cast(pl.Int64).fill_null(-1)
    there = text.value.is_not_null() & part.value.is_not_null()
    return Vector(pl.when(there).then(place), LONG, any_of(text.declined, part.declined, not_ascii(text.value)))


def equals(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``equals``."""
    left, right = map(text_vector, arguments)
    return Vector(left.value == right.value, FLAG, any_of(left.declined, right.declined))


def equals_ignoring_case(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``equalsIgnoreCase``."""
    left, right = map(text_vector, arguments)
    odd = (not_ascii(left.value), not_ascii(right.value))
    same = left.value.str.to_uppercase() == right.value.str.to_uppercase()
    return Vector(same, FLAG, any_of(left.declined, right.declined, *odd))


def padded(pad: Callable[[pl.Expr, int, str], pl.Expr]) -> Form:
    """``lpad`` or ``rpad``, to a constant length with one constant letter."""

    def form(arguments: Sequence[Vector], _frame: Frame) -> Vector:
        text, count, padding = text_vector(arguments[0]), arguments[1].constant, arguments[2].constant
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST_PADDING:
            raise NotVectorised(f"padding to a length that is no constant up to {_MOST_PADDING}")
        if not isinstance(padding, str) or len(padding) != 1:
            raise NotVectorised("padding with more than one letter")
        return Vector(pad(text.value, count, padding), TEXT, text.declined)

    return form


def left(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """``left``."""
    return _part(text_vector(arguments[0]), Vector(pl.lit(0, pl.Int64), LONG), _count(arguments[1], frame))


def right(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """``right``, of a constant length."""
    text, count = text_vector(arguments[0]), arguments[1].constant
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**31:
        raise NotVectorised("a number of letters that is no constant")
    return Vector(text.value.str.tail(count), TEXT, text.declined)


def substr(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """``substr``."""
    text, start, *length = arguments
    counts = _count(length[0], frame) if length else Vector(pl.lit(LONGEST_TEXT, pl.Int64), LONG)
    return _part(text_vector(text), _count(start, frame), counts)


def is_empty(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """``is_empty`` of a text or null."""
    if arguments[0].kind not in (TEXT, NULL):
        raise NotVectorised(f"is_empty of {arguments[0].kind}")
    return empty(arguments, frame)


def empty(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """Whether nothing is there: null, or a text without letters."""
    [value] = arguments
    nothing = value.value.fill_null("") == "" if value.kind == TEXT else value.value.is_null()
    return Vector(nothing, FLAG, value.declined)


def size(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    """How many letters a text has; null for null."""
    [text] = arguments
    if text.kind != TEXT:
        raise NotVectorised(f"the size of {text.kind}")
    return Vector(text.value.str.len_chars().cast(pl.Int64), LONG, text.declined)


def size_or_zero(arguments: Sequence[Vector], frame: Frame) -> Vector:
    """How many letters a text has; 0 for null."""
    letters = size(arguments, frame)
    return Vector(letters.value.fill_null(0), LONG, letters.declined)


def _count(number: Vector, frame: Frame) -> Vector:
    return whole_number(number, "a number of letters", frame)


def _part(text: Vector, start: Vector, count: Vector) -> Vector:
    """Part of a text; null where anything is null, declined where a number is negative."""
    places = [pl.when(number.value >= 0).then(number.value).otherwise(0) for number in (start, count)]
    there = start.value.is_not_null() & count.value.is_not_null()
    negative = [(number.value < 0).fill_null(False) for number in (start, count)]
    part = pl.when(there).then(text.value.str.slice(*places))
    return Vector(part, TEXT, any_of(text.declined, start.declined, count.declined, *negative))
