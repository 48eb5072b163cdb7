"""Functions and methods of texts over whole columns; a method called on null, or with a null, is declined."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from headrace.mapping.functions.strings import lower, trim, upper
from headrace.mapping.values import LONGEST_TEXT
from headrace.mapping.vector_regexes import matched, replaced
from headrace.mapping.vectors import (
    FLAG,
    LONG,
    NULL,
    TEXT,
    Frame,
    NotVectorised,
    Vector,
    any_of,
    not_ascii,
    text_vector,
)

Form = Callable[[Sequence[Vector], Frame], Vector]
Method = Callable[[Vector, Sequence[Vector]], Vector]

# Longer paddings would make a slice too large for a worker before anything can be refused.
_MOST_PADDING = 1000
_NUMERAL = r"^-?[0-9]{1,18}$"


def is_empty(one: Vector) -> Vector:
    """Whether nothing is there: null, or a text without letters."""
    value = one.value.fill_null("") == "" if one.kind == TEXT else one.value.is_null()
    return Vector(value, FLAG, one.declined)


def length(one: Vector) -> pl.Expr:
    """How many letters; null for null."""
    if one.kind != TEXT:
        raise NotVectorised(f"the size of {one.kind}")
    return one.value.str.len_chars().cast(pl.Int64)


def whole_number(one: Vector, name: str, frame: Frame) -> Vector:
    """A text as the whole number that it surely is."""
    if one.kind == LONG:
        return one
    if one.kind != TEXT:
        raise NotVectorised(f"{name} of {one.kind}")
    plain = frame.keep(one.value.str.contains(_NUMERAL))
    made = pl.when(plain).then(one.value).cast(pl.Int64, strict=False)
    return Vector(made, LONG, any_of(one.declined, ~plain & one.value.is_not_null()))


def _replaced(text: Vector, old: Vector, new: Vector) -> Vector:
    if not isinstance(old.constant, str) or not isinstance(new.constant, str) or not old.constant:
        raise NotVectorised("a replacement that stands in a field")
    size = text.value.str.len_bytes().cast(pl.Int64)
    growth = len(new.constant.encode()) - len(old.constant.encode())
    if growth > 0:
        size = size + growth * text.value.str.count_matches(old.constant, literal=True).cast(pl.Int64)
    fits = size <= LONGEST_TEXT
    made = pl.when(fits).then(text.value).str.replace_all(old.constant, new.constant, literal=True)
    return Vector(made, TEXT, any_of(text.declined, ~fits & text.value.is_not_null()))


def joined(separator: Vector, elements: Sequence[Vector], frame: Frame) -> Vector:
    """The elements that are not null, with a constant between them."""
    if not isinstance(separator.constant, str):
        raise NotVectorised("a separator that stands in a field")
    texts = [text_vector(one) for one in elements]
    if not texts:
        return Vector(pl.lit(""), TEXT, constant="")
    made = pl.concat_str([one.value for one in texts], separator=separator.constant, ignore_nulls=True)
    kept = frame.keep(made)
    return Vector(kept, TEXT, any_of(*(one.declined for one in texts), kept.str.len_bytes() > LONGEST_TEXT))


def _replacestr(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    text, old, new = arguments
    return _replaced(text_vector(text), old, new)


def _instr(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    if len(arguments) > 2:
        raise NotVectorised("instr from a position on")
    text, part = map(text_vector, arguments)
    return Vector(_found(text, part), LONG, any_of(text.declined, part.declined, not_ascii(text.value)))


def _found(text: Vector, part: Vector) -> pl.Expr:
    found = text.value.str.find(part.value, literal=True).cast(pl.Int64).fill_null(-1)
    return pl.when(text.value.is_not_null() & part.value.is_not_null()).then(found)


def _equals(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    one, other = map(text_vector, arguments)
    return Vector(one.value == other.value, FLAG, any_of(one.declined, other.declined))


def _equals_ignoring_case(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    one, other = map(text_vector, arguments)
    odd = (not_ascii(one.value), not_ascii(other.value))
    same = one.value.str.to_uppercase() == other.value.str.to_uppercase()
    return Vector(same, FLAG, any_of(one.declined, other.declined, *odd))


def _padded(arguments: Sequence[Vector], pad: Callable[[pl.Expr, int, str], pl.Expr]) -> Vector:
    text, count, padding = text_vector(arguments[0]), arguments[1].constant, arguments[2].constant
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST_PADDING:
        raise NotVectorised(f"padding to a length that is no constant up to {_MOST_PADDING}")
    if not isinstance(padding, str) or len(padding) != 1:
        raise NotVectorised("padding with more than one letter")
    return Vector(pad(text.value, count, padding), TEXT, text.declined)


def _lpad(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    return _padded(arguments, lambda text, count, padding: text.str.pad_start(count, padding))


def _rpad(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    return _padded(arguments, lambda text, count, padding: text.str.pad_end(count, padding))


def _left(arguments: Sequence[Vector], frame: Frame) -> Vector:
    return _part(text_vector(arguments[0]), Vector(pl.lit(0, pl.Int64), LONG), _count(arguments[1], frame))


def _substr(arguments: Sequence[Vector], frame: Frame) -> Vector:
    text, start, *length = arguments
    counts = _count(length[0], frame) if length else Vector(pl.lit(LONGEST_TEXT, pl.Int64), LONG)
    return _part(text_vector(text), _count(start, frame), counts)


def _count(one: Vector, frame: Frame) -> Vector:
    return whole_number(one, "a number of letters", frame)


def _part(text: Vector, start: Vector, count: Vector) -> Vector:
    """Part of a text; null where anything is null, declined where a number is negative."""
    places = [pl.when(one.value >= 0).then(one.value).otherwise(0) for one in (start, count)]
    there = start.value.is_not_null() & count.value.is_not_null()
    negative = [(one.value < 0).fill_null(False) for one in (start, count)]
    made = pl.when(there).then(text.value.str.slice(*places))
    return Vector(made, TEXT, any_of(text.declined, start.declined, count.declined, *negative))


def _right(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    text, count = text_vector(arguments[0]), arguments[1].constant
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**31:
        raise NotVectorised("a number of letters that is no constant")
    return Vector(text.value.str.tail(count), TEXT, text.declined)


def _is_empty(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    if arguments[0].kind not in (TEXT, NULL):
        raise NotVectorised(f"is_empty of {arguments[0].kind}")
    return is_empty(arguments[0])


def _size_of(arguments: Sequence[Vector], _frame: Frame) -> Vector:
    return Vector(length(arguments[0]), LONG, arguments[0].declined)


def _to_whole(arguments: Sequence[Vector], frame: Frame) -> Vector:
    return whole_number(arguments[0], "a whole number", frame)


FUNCTIONS_OF_TEXTS: Mapping[str, Form] = {
    "replacestr": _replacestr,
    "instr": _instr,
    "equals": _equals,
    "equalsIgnoreCase": _equals_ignoring_case,
    "lpad": _lpad,
    "rpad": _rpad,
    "left": _left,
    "substr": _substr,
    "right": _right,
    "is_empty": _is_empty,
    "size_of": _size_of,
    "matches_regex": lambda arguments, _frame: matched(*arguments),
    "to_integer": _to_whole,
    "to_bigint": _to_whole,
}


def method(name: str, receiver: Vector, arguments: Sequence[Vector]) -> Vector:
    """``receiver.name(arguments)`` for a receiver that is a text."""
    run = METHODS_OF_TEXTS.get(name)
    if run is None:
        raise NotVectorised(f"the method {name}")
    if receiver.kind != TEXT:
        raise NotVectorised(f"the method {name} of {receiver.kind}")
    made = run(receiver, arguments)
    return Vector(made.value, made.kind, any_of(receiver.declined, made.declined, receiver.value.is_null()))


def _test(test: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Method:
    def run(receiver: Vector, arguments: Sequence[Vector]) -> Vector:
        [argument] = arguments
        if argument.kind != TEXT:
            raise NotVectorised(f"a method of texts with {argument.kind}")
        made = test(receiver.value, argument.value)
        return Vector(made, FLAG, any_of(argument.declined, argument.value.is_null()))

    return run


def _by_kernel(kernel: Callable[..., pl.Expr] | None, ascii_only: bool = False) -> Method:
    def run(receiver: Vector, _arguments: Sequence[Vector]) -> Vector:
        assert kernel is not None
        return Vector(kernel(receiver.value), TEXT, not_ascii(receiver.value) if ascii_only else None)

    return run


def _same(receiver: Vector, arguments: Sequence[Vector]) -> Vector:
    [argument] = arguments
    if argument.kind != TEXT:
        raise NotVectorised(f"equals with {argument.kind}")
    return Vector(receiver.value.eq_missing(argument.value), FLAG, argument.declined)


def _substring(receiver: Vector, arguments: Sequence[Vector]) -> Vector:
    bounds = [one.constant for one in arguments]
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in bounds):
        raise NotVectorised("substring with bounds that are no constants")
    start, end = bounds[0], bounds[-1]
    assert isinstance(start, int)
    assert isinstance(end, int)
    if start > end:
        raise NotVectorised("a substring that ends before it begins")
    outside = receiver.value.str.len_chars() < end
    return Vector(receiver.value.str.slice(start, end - start if len(bounds) == 2 else None), TEXT, outside)


def _ignoring_case(receiver: Vector, arguments: Sequence[Vector]) -> Vector:
    made = _test(lambda text, other: text.str.to_uppercase() == other.str.to_uppercase())(receiver, arguments)
    odd = (not_ascii(receiver.value), not_ascii(arguments[0].value))
    return Vector(made.value, FLAG, any_of(made.declined, *odd))


def _index_of(receiver: Vector, arguments: Sequence[Vector]) -> Vector:
    made = _test(lambda text, part: text.str.find(part, literal=True).cast(pl.Int64).fill_null(-1))(receiver, arguments)
    return Vector(made.value, LONG, any_of(made.declined, not_ascii(receiver.value)))


def _concat(receiver: Vector, arguments: Sequence[Vector]) -> Vector:
    made = _test(lambda text, other: text + other)(receiver, arguments)
    return Vector(made.value, TEXT, any_of(made.declined, made.value.str.len_bytes() > LONGEST_TEXT))


METHODS_OF_TEXTS: Mapping[str, Method] = {
    "concat": _concat,
    "contains": _test(lambda text, part: text.str.contains(part, literal=True)),
    "endsWith": _test(lambda text, part: text.str.ends_with(part)),
    "equals": _same,
    "equalsIgnoreCase": _ignoring_case,
    "indexOf": _index_of,
    "isEmpty": lambda receiver, _arguments: Vector(receiver.value == "", FLAG),
    "length": lambda receiver, _arguments: Vector(length(receiver), LONG),
    "matches": lambda receiver, arguments: matched(receiver, *arguments),
    "replace": lambda receiver, arguments: _replaced(receiver, *arguments),
    "replaceAll": lambda receiver, arguments: replaced(receiver, *arguments, once=False),
    "replaceFirst": lambda receiver, arguments: replaced(receiver, *arguments, once=True),
    "size": lambda receiver, _arguments: Vector(length(receiver), LONG),
    "startsWith": _test(lambda text, part: text.str.starts_with(part)),
    "substring": _substring,
    "toLowerCase": _by_kernel(lower.kernel, ascii_only=True),
    "toString": lambda receiver, _arguments: receiver,
    "toUpperCase": _by_kernel(upper.kernel, ascii_only=True),
    "trim": _by_kernel(trim.kernel),
}
