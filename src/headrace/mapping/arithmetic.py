"""What operators make of values: JEXL's arithmetic, without its silent overflows."""

import math
import sys
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, Inexact, InvalidOperation

from headrace.mapping.conversion import number_in
from headrace.mapping.failure import Failed, Failure
from headrace.mapping.pattern_text import RegexInvalid
from headrace.mapping.regex_time import compiled
from headrace.mapping.values import LONGEST_TEXT, as_double, as_exact, shown, text_of, type_name

Number = int | float | Decimal
# Of two values, and of whether numbers are decimals.
Operation = Callable[[object, object, bool], object]
# An operand or argument that is evaluated when it is called.
Later = Callable[[], object]

# Sums and products of decimals are exact; a quotient, which may have no end, gets this many digits after the point.
_QUOTIENT = Decimal(1).scaleb(-18)
_MOST_DIGITS = 400
_EXACT = Context(prec=_MOST_DIGITS, traps=[Inexact, InvalidOperation])
_WIDE = Context(prec=_MOST_DIGITS, rounding=ROUND_HALF_EVEN)
_MOST_BITS = 4096
_MOST_WHOLE = 2**_MOST_BITS
_WORD = 2**64


def truthy(value: object) -> bool:
    """Whether a condition holds: false, null, 0, NaN, "" and "false" do not."""
    if isinstance(value, str):
        return value not in ("", "false")
    return bool(value) and value == value if isinstance(value, bool | int | float | Decimal) else value is not None


def as_number(value: object, exact: bool) -> Number:
    """The number that a value is for arithmetic: a number, true and false as 1 and 0, a text that reads as one."""
    read = number_in(value) if isinstance(value, str) else value
    if isinstance(read, bool):
        return int(read)
    if isinstance(read, int):
        return read
    if isinstance(read, Decimal) and isinstance(value, str) and value.lstrip("+-").isdecimal():
        return int(read)
    number = as_exact(read) if exact else as_double(read)
    if not isinstance(number, float | Decimal):
        raise Failed("null has no number" if value is None else f"{shown(value)} is no number")
    if number != number:
        raise Failed("NaN is no number")
    if isinstance(number, Decimal) and not exact:
        # What is no double has been left as it is.
        raise Failed(f"{shown(value)} is too large for a number")
    return number


def equal(left: object, right: object) -> bool:
    """``==``: a text equals the number that it reads as, a boolean equals what holds; null equals null only."""
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return truthy(left) == truthy(right)
    if isinstance(left, Number) or isinstance(right, Number):
        pair = _number_or_none(left), _number_or_none(right)
        return None not in pair and pair[0] == pair[1]
    if isinstance(left, date) or isinstance(right, date):
        # By the moment, in whatever zone each one is.
        return text_of(left) == text_of(right)
    return bool(left == right)


def order(left: object, right: object) -> int | None:
    """-1, 0 or 1; None when one side is null. Numbers by value, texts letter by letter."""
    if left is None or right is None:
        return None
    if isinstance(left, Number) or isinstance(right, Number):
        a, b = _comparable(left), _comparable(right)
        return (a > b) - (a < b)
    if isinstance(left, date) and isinstance(right, date):
        return (text_of(left) > text_of(right)) - (text_of(left) < text_of(right))  # type: ignore[operator]
    first, second = text_of(left), text_of(right)
    if first is None or second is None:
        raise Failed(f"{type_name(left)} and {type_name(right)} have no order")
    return (first > second) - (first < second)


def size(value: object) -> int:
    """How many letters, elements or keys."""
    if isinstance(value, str | list | dict):
        return len(value)
    if value is None:
        return 0
    raise Failed(f"{type_name(value)} has no size")


def empty(value: object) -> bool:
    """Whether a value is null, or has no letters, elements or keys."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def negated(value: object, exact: bool) -> object:
    """``-value``."""
    number = as_number(value, exact)
    return _exactly(_EXACT.minus, number) if isinstance(number, Decimal) else -number


def complement(value: object, exact: bool) -> object:
    """``~value``."""
    return ~_whole(value, exact)


def _number_or_none(value: object) -> Number | None:
    try:
        return _comparable(value)
    except Failed:
        return None


def _comparable(value: object) -> Number:
    # As written, so that 0.1 equals "0.1" and a long is not rounded to a double.
    number = as_number(value, exact=True)
    assert isinstance(number, Number)
    return number


def plus(left: object, right: object, exact: bool) -> object:
    """``left + right``: the sum, or texts end to end."""
    texts = isinstance(left, str), isinstance(right, str)
    if all(texts) or (any(texts) and not (_reads(left) and _reads(right))):
        return _joined(left, right)
    return _arithmetic(left, right, exact, lambda a, b: a + b, _EXACT.add)


def _reads(value: object) -> bool:
    if isinstance(value, str):
        return number_in(value) is not None
    return isinstance(value, Number) or value is None


def _joined(left: object, right: object) -> str:
    texts = [text_of(value) for value in (left, right)]
    if texts[0] is None or texts[1] is None:
        raise Failed(f"{type_name(left)} and {type_name(right)} cannot be joined")
    if len(texts[0]) + len(texts[1]) > LONGEST_TEXT:
        raise Failed(f"the text grows beyond {LONGEST_TEXT} characters")
    return texts[0] + texts[1]


def _arithmetic(
    left: object,
    right: object,
    exact: bool,
    plain: Callable[[int | float, int | float], int | float],
    decimal: Callable[[Decimal, Decimal], Decimal],
) -> Number:
    a, b = as_number(left, exact), as_number(right, exact)
    if isinstance(a, Decimal) or isinstance(b, Decimal):
        return _exactly(decimal, _decimal(a), _decimal(b))
    if isinstance(a, float) or isinstance(b, float):
        a, b = _double(a), _double(b)
    result = plain(a, b)
    if result.bit_length() > _MOST_BITS if isinstance(result, int) else not math.isfinite(result):
        raise Failed("the number grows too large")
    return result


def _exactly(run: Callable[..., Decimal], *numbers: Decimal) -> Decimal:
    try:
        return run(*numbers)
    except DecimalException as error:
        raise Failed(f"the result has more than {_MOST_DIGITS} digits") from error


def _double(number: int | float) -> float:
    if abs(number) > sys.float_info.max:
        raise Failed("the number is too large to be taken with a fraction")
    return float(number)


def _decimal(number: Number) -> Decimal:
    exact = as_exact(number)
    assert isinstance(exact, Decimal)
    return exact


def minus(left: object, right: object, exact: bool) -> object:
    """``left - right``."""
    return _arithmetic(left, right, exact, lambda a, b: a - b, _EXACT.subtract)


def times(left: object, right: object, exact: bool) -> object:
    """``left * right``."""
    return _arithmetic(left, right, exact, lambda a, b: a * b, _EXACT.multiply)


def divided(left: object, right: object, exact: bool) -> object:
    """``left / right``; of whole numbers without the fraction."""
    if as_number(right, exact) == 0:
        raise Failed("division by zero")
    return _arithmetic(left, right, exact, _quotient, _decimal_quotient)


def _quotient(a: int | float, b: int | float) -> int | float:
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a / b


def _decimal_quotient(a: Decimal, b: Decimal) -> Decimal:
    return _WIDE.quantize(_WIDE.divide(a, b), _QUOTIENT)


def remainder(left: object, right: object, exact: bool) -> object:
    """``left % right``, with the sign of ``left``."""
    if as_number(right, exact) == 0:
        raise Failed("division by zero")
    return _arithmetic(left, right, exact, _rest, _EXACT.remainder)


def _rest(a: int | float, b: int | float) -> int | float:
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) % abs(b) * (-1 if a < 0 else 1)
    return math.fmod(a, b)


def _whole(value: object, exact: bool) -> int:
    number = as_number(value, exact)
    if not -_MOST_WHOLE < number < _MOST_WHOLE:
        raise Failed("the number is too large to be taken bit by bit")
    if number != int(number):
        raise Failed(f"{shown(value)} is no whole number")
    return int(number)


def bits(combine: Callable[[int, int], int]) -> Operation:
    """An operation on the bits of whole numbers."""
    return lambda left, right, exact: combine(_whole(left, exact), _whole(right, exact))


def shift_left(number: int, places: int) -> int:
    """``number << places`` in 64 bits."""
    return _signed(number << (places % 64))


def shift_right(number: int, places: int) -> int:
    """``number >> places`` in 64 bits, keeping the sign."""
    return _signed(number) >> (places % 64)


def shift_right_unsigned(number: int, places: int) -> int:
    """``number >>> places`` in 64 bits, filling with zeros."""
    return _signed((number % _WORD) >> (places % 64))


def _signed(number: int) -> int:
    number %= _WORD
    return number - _WORD if number >= _WORD // 2 else number


def ordered(holds: Callable[[int], bool]) -> Operation:
    """A comparison by order, which does not hold when one side is null."""

    def compare(left: object, right: object, _exact: bool) -> object:
        sign = order(left, right)
        return sign is not None and holds(sign)

    return compare


def text_test(holds: Callable[[str, str], bool], *, negate: bool = False) -> Operation:
    """A condition on two texts, or that it does not hold; of two nulls it holds."""

    def test(left: object, right: object, _exact: bool) -> object:
        if left is None or right is None:
            return (left is right) != negate
        if not isinstance(left, str) or not isinstance(right, str):
            raise Failed(f"{type_name(left)} and {type_name(right)} are not both text")
        return holds(left, right) != negate

    return test


def fits(*, negate: bool) -> Operation:
    """``=~`` or ``!~``: whether a value is in an array or matches a regular expression, or does not."""

    def test(left: object, right: object, _exact: bool) -> object:
        if right is None:
            return (left is None) != negate
        if isinstance(right, str):
            return (left is not None and _matches(left, right)) != negate
        if not isinstance(right, list | dict):
            raise Failed(f"{type_name(right)} is no array and no regular expression")
        return any(equal(left, element) for element in right) != negate

    return test


def _matches(value: object, pattern: str) -> bool:
    text = text_of(value)
    if text is None:
        raise Failed(f"{type_name(value)} is no text")
    try:
        return compiled(pattern).matches(text)
    except RegexInvalid as error:
        raise Failed(str(error)) from error


def both(left: Later, right: Later, _exact: bool) -> object:
    """``left && right``."""
    value = left()
    if isinstance(value, Failure) or not truthy(value):
        return value if isinstance(value, Failure) else False
    return _held(right())


def either(left: Later, right: Later, _exact: bool) -> object:
    """``left || right``."""
    value = left()
    if isinstance(value, Failure) or truthy(value):
        return value if isinstance(value, Failure) else True
    return _held(right())


def elvis(left: Later, right: Later, _exact: bool) -> object:
    """``left ?: right``."""
    value = left()
    return value if isinstance(value, Failure) or truthy(value) else right()


def fallback(left: Later, right: Later, _exact: bool) -> object:
    """``left ?? right``."""
    value = left()
    return right() if value is None else value


def _held(value: object) -> object:
    return value if isinstance(value, Failure) else truthy(value)
