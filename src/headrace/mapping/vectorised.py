"""The fast back end: trees that vectorise, as Polars expressions over whole columns.

Each node becomes (value, declined): where a row is not declined, the value is exactly what the reference gives;
a declined row goes through the reference. A node that has no such form raises NotVectorised, and the whole column
goes through the reference. So nothing here can change a result, only the time that it takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce, singledispatch

import polars as pl
import pyarrow as pa

from headrace.mapping.dates import strptime_pattern
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.nodes import Binary, Call, Field, Literal, Method, Node, Ternary, Unary
from headrace.mapping.values import LONGEST_TEXT

TEXT, LONG, DOUBLE, FLAG, MOMENT, NUMERAL, NULL = "text", "long", "double", "flag", "moment", "numeral", "null"
Names = tuple[str, ...]

_KINDS = {pa.string(): TEXT, pa.int64(): LONG, pa.float64(): DOUBLE, pa.bool_(): FLAG, pa.null(): NULL}
_DTYPES: dict[str, pl.DataType] = {
    TEXT: pl.String(), LONG: pl.Int64(), DOUBLE: pl.Float64(), FLAG: pl.Boolean(), NUMERAL: pl.String(),
    MOMENT: pl.Datetime("us", "UTC"),
}  # fmt: skip
# Sums of numbers below 2^62 and products of numbers below 2^31 stay inside 64 bits.
_SUM_LIMIT, _PRODUCT_LIMIT, _EXACT_DOUBLE = 2**62, 2**31, 2**53
_INT64 = range(-(2**63), 2**63)


class NotVectorised(Exception):
    """The node has no vectorised form over these columns; the message says why."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A node over whole columns: its value, its kind, and where it is declined (None: nowhere)."""

    value: pl.Expr
    kind: str
    declined: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The columns that an expression reads: the kind of each, and the name that Polars knows it by.

    exact     numbers are decimals
    decimals  the fields whose numbers are decimals in any case
    """

    columns: Mapping[Names, tuple[str, str]]
    exact: bool
    decimals: frozenset[Names]


def kind_of(column: pa.Array) -> str:
    """The kind of a source column; NotVectorised when it has none."""
    if column.type in _KINDS:
        return _KINDS[column.type]
    if column.null_count == len(column):
        return NULL
    raise NotVectorised(f"a column of {column.type}")


@singledispatch
def vector(node: Node, frame: Frame) -> Vector:
    """``node`` over the columns of ``frame``."""
    raise NotVectorised(type(node).__name__)


@vector.register
def _(node: Literal, frame: Frame) -> Vector:
    value = node.value
    if value is None:
        return Vector(pl.lit(None), NULL)
    if isinstance(value, bool):
        return Vector(pl.lit(value, pl.Boolean), FLAG)
    if isinstance(value, str):
        return Vector(pl.lit(value, pl.String), TEXT)
    if isinstance(value, int) and value in _INT64:
        return Vector(pl.lit(value, pl.Int64), LONG)
    if isinstance(value, Decimal) and not frame.exact:
        return Vector(pl.lit(float(value), pl.Float64), DOUBLE)
    raise NotVectorised("a decimal constant")


@vector.register
def _(node: Field, frame: Frame) -> Vector:
    name, kind = frame.columns[node.names]
    if kind == NULL:
        return Vector(pl.lit(None), NULL)
    if kind in (LONG, DOUBLE) and (frame.exact or node.names in frame.decimals):
        raise NotVectorised("decimal arithmetic")
    return Vector(pl.col(name), kind)


@vector.register
def _(node: Unary, frame: Frame) -> Vector:
    operand = vector(node.operand, frame)
    if node.operator == "!" and operand.kind == FLAG:
        return Vector(~operand.value.fill_null(False), FLAG, operand.declined)
    if node.operator == "-" and operand.kind in (LONG, DOUBLE):
        return Vector(-operand.value, operand.kind, _any(operand.declined, _beyond(operand), operand.value.is_null()))
    raise NotVectorised(f"{node.operator} on {operand.kind}")


@vector.register
def _(node: Binary, frame: Frame) -> Vector:
    left, right = vector(node.left, frame), vector(node.right, frame)
    build = _BINARY.get(node.operator)
    if build is None:
        raise NotVectorised(node.operator)
    return build(left, right, node.operator)


@vector.register
def _(node: Ternary, frame: Frame) -> Vector:
    return _choice(vector(node.condition, frame), vector(node.then, frame), vector(node.otherwise, frame))


@vector.register
def _(node: Method, frame: Frame) -> Vector:
    receiver = vector(node.target, frame)
    if node.name != "equals" or receiver.kind != TEXT:
        raise NotVectorised(f"the method {node.name}")
    argument = vector(node.arguments[0], frame)
    if argument.kind != TEXT:
        raise NotVectorised(f"equals with {argument.kind}")
    same = receiver.value.eq_missing(argument.value)
    return Vector(same, FLAG, _any(receiver.declined, argument.declined, receiver.value.is_null()))


@vector.register
def _(node: Call, frame: Frame) -> Vector:
    special = _SPECIAL.get(FUNCTIONS[node.name].name)
    if special is not None:
        return special(node.arguments, frame)
    function = FUNCTIONS[node.name]
    if function.kernel is None:
        raise NotVectorised(f"the function {node.name}")
    given: list[pl.Expr | int] = []
    declined: list[pl.Expr | None] = []
    for argument in node.arguments:
        if isinstance(argument, Literal) and isinstance(argument.value, int) and not isinstance(argument.value, bool):
            given.append(_natural(argument.value))
            continue
        one = _text(vector(argument, frame))
        given.append(one.value)
        declined += [one.declined, _not_ascii(one.value) if function.ascii_only else None]
    return Vector(function.kernel(*given), TEXT, _any(*declined))


def _natural(number: int) -> int:
    if not 0 <= number < 2**31:
        raise NotVectorised("a number that is no position")
    return number


def _text(one: Vector) -> Vector:
    """A scalar as the text that it has."""
    if one.kind == LONG:
        return Vector(one.value.cast(pl.String), TEXT, one.declined)
    if one.kind == NULL:
        return Vector(pl.lit(None, pl.String), TEXT, one.declined)
    if one.kind != TEXT:
        raise NotVectorised(f"{one.kind} as text")
    return one


def _any(*conditions: pl.Expr | None) -> pl.Expr | None:
    found = [one.fill_null(True) for one in conditions if one is not None]
    return reduce(lambda a, b: a | b, found) if found else None


def _not_ascii(text: pl.Expr) -> pl.Expr:
    return (text.str.len_bytes() != text.str.len_chars()).fill_null(False)


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
        return Vector(text, TEXT, _any(left.declined, right.declined, too_long, *_nulls(left, right)))
    kind = _numbers(left, right)
    made = left.value + right.value if operator == "+" else left.value - right.value
    limits = [_beyond(one, _SUM_LIMIT if kind == LONG else _EXACT_DOUBLE) for one in (left, right)]
    return Vector(made, kind, _any(left.declined, right.declined, *limits, *_lost(left, right, made, kind)))


def _product(left: Vector, right: Vector, _operator: str) -> Vector:
    kind = _numbers(left, right)
    limits = [_beyond(one, _PRODUCT_LIMIT if kind == LONG else _EXACT_DOUBLE) for one in (left, right)]
    made = left.value * right.value
    return Vector(made, kind, _any(left.declined, right.declined, *limits, *_lost(left, right, made, kind)))


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
    return Vector(made, kind, _any(left.declined, right.declined, *limits, *_lost(left, right, made, kind)))


def _inexact(one: Vector) -> pl.Expr | None:
    return _beyond(one, _EXACT_DOUBLE)


def _equality(left: Vector, right: Vector, operator: str) -> Vector:
    declined = _any(left.declined, right.declined)
    if left.kind == NULL or right.kind == NULL:
        other = right if left.kind == NULL else left
        same = pl.lit(True) if other.kind == NULL else other.value.is_null()
    else:
        declined = _any(declined, *_comparable(left, right))
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
    return Vector(made, FLAG, _any(left.declined, right.declined, *limits))


def _logic(left: Vector, right: Vector, operator: str) -> Vector:
    if left.kind != FLAG or right.kind != FLAG:
        raise NotVectorised(f"{operator} on {left.kind} and {right.kind}")
    first, second = left.value.fill_null(False), right.value.fill_null(False)
    needed = first if operator == "&&" else ~first
    spread = None if right.declined is None else needed & right.declined.fill_null(True)
    return Vector(first & second if operator == "&&" else first | second, FLAG, _any(left.declined, spread))


def _fallback(left: Vector, right: Vector, _operator: str) -> Vector:
    return _first_of([left, right])


def _first_of(vectors: Sequence[Vector]) -> Vector:
    """The first that is not null; what stands behind it is not looked at."""
    kind, values = _same(vectors)
    declined: pl.Expr | None = None
    for one, value in zip(reversed(vectors), reversed(values), strict=True):
        later = None if declined is None else value.is_null() & declined
        declined = _any(one.declined, later)
    return Vector(pl.coalesce(values), kind, declined)


def _choice(condition: Vector, then: Vector, otherwise: Vector) -> Vector:
    if condition.kind != FLAG:
        raise NotVectorised(f"a condition of {condition.kind}")
    kind, (yes, no) = _same([then, otherwise])
    holds = condition.value.fill_null(False)
    spread = [
        None if branch.declined is None else taken & branch.declined.fill_null(True)
        for taken, branch in ((holds, then), (~holds, otherwise))
    ]
    return Vector(pl.when(holds).then(yes).otherwise(no), kind, _any(condition.declined, *spread))


def _same(vectors: Sequence[Vector]) -> tuple[str, list[pl.Expr]]:
    """The one kind of several vectors, nulls aside."""
    kinds = {one.kind for one in vectors} - {NULL}
    if len(kinds) != 1:
        raise NotVectorised(f"{' or '.join(sorted(kinds)) or 'only null'} in one column")
    kind = kinds.pop()
    return kind, [pl.lit(None, _DTYPES[kind]) if one.kind == NULL else one.value for one in vectors]


def _iif(arguments: Sequence[Node], frame: Frame) -> Vector:
    condition, then, otherwise = (vector(one, frame) for one in arguments)
    return _choice(condition, then, otherwise)


def _decode(arguments: Sequence[Node], frame: Frame) -> Vector:
    key = vector(arguments[0], frame)
    options = [vector(one, frame) for one in arguments[1:]]
    made = options.pop() if len(options) % 2 else Vector(pl.lit(None), NULL)
    for option, value in zip(reversed(options[::2]), reversed(options[1::2]), strict=True):
        made = _choice(_equality(key, option, "=="), value, made)
    return made


def _coalesce(arguments: Sequence[Node], frame: Frame) -> Vector:
    return _first_of([vector(one, frame) for one in arguments])


def _concat(arguments: Sequence[Node], frame: Frame) -> Vector:
    texts = [_text(vector(one, frame)) for one in arguments]
    joined = pl.concat_str([one.value.fill_null("") for one in texts]) if texts else pl.lit("")
    return Vector(joined, TEXT, _any(*(one.declined for one in texts), joined.str.len_bytes() > LONGEST_TEXT))


def _to_integer(arguments: Sequence[Node], frame: Frame) -> Vector:
    one = vector(arguments[0], frame)
    if one.kind == LONG:
        return one
    if one.kind != TEXT:
        raise NotVectorised(f"to_integer of {one.kind}")
    plain = one.value.str.contains(r"^-?[0-9]{1,18}$")
    made = pl.when(plain).then(one.value).cast(pl.Int64, strict=False)
    return Vector(made, LONG, _any(one.declined, ~plain & one.value.is_not_null()))


def _to_decimal(arguments: Sequence[Node], frame: Frame) -> Vector:
    """A text stays the text, once it is sure to be a number; the assignment makes the number of it."""
    one = vector(arguments[0], frame)
    if one.kind != TEXT:
        raise NotVectorised(f"to_decimal of {one.kind}")
    if not frame.exact:
        plain = one.value.str.contains(r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$")
        made = pl.when(plain).then(one.value).cast(pl.Float64, strict=False)
        return Vector(made, DOUBLE, _any(one.declined, ~plain & one.value.is_not_null()))
    plain = one.value.str.contains(r"^-?[0-9]{1,38}(\.[0-9]{1,38})?$")
    return Vector(one.value, NUMERAL, _any(one.declined, ~plain & one.value.is_not_null()))


def _date(arguments: Sequence[Node], frame: Frame) -> Vector:
    text = vector(arguments[0], frame)
    pattern = arguments[1].value if len(arguments) == 2 and isinstance(arguments[1], Literal) else None
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
    made = read.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return Vector(made, MOMENT, _any(text.declined, made.is_null() & text.value.is_not_null()))


_BINARY: Mapping[str, Callable[[Vector, Vector, str], Vector]] = {
    **dict.fromkeys("+-", _sum),
    "*": _product,
    **dict.fromkeys("/%", _quotient),
    **dict.fromkeys(("==", "!="), _equality),
    **dict.fromkeys(("<", "<=", ">", ">="), _order),
    **dict.fromkeys(("&&", "||"), _logic),
    "??": _fallback,
}
_SPECIAL: Mapping[str, Callable[[Sequence[Node], Frame], Vector]] = {
    "iif": _iif,
    "decode": _decode,
    "coalesce": _coalesce,
    "concat": _concat,
    "to_integer": _to_integer,
    "to_decimal": _to_decimal,
    "date": _date,
    "nullify": lambda _arguments, _frame: Vector(pl.lit(None), NULL),
}
