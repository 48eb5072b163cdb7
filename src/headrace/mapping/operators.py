"""The operators of expressions: one declaration each, which holds all that is known of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from headrace.mapping import arithmetic, vector_operators, vector_regexes, vector_texts
from headrace.mapping.vectors import Form


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of the language.

    symbol       as it is written; a word for those that have no sign
    operands     how many: 1 or 2
    name, description, example   as it is listed
    run          what it makes of its operands and of whether numbers are decimals
    gives        the type of every result that is not null; None: that depends on the operands
    lazy         operands come as calls, so that the second one is evaluated only when it is needed
    branches     the result is always one of the operands
    arithmetic   on numbers that are written out it is worked out before any row
    divides      there is no result where the second operand is 0
    fits         a text that is its second operand is a regular expression
    columns      the same over whole columns; None: there is no such form
    members      the same over whole columns where the second operand is an array that is written out, which comes as
                 its elements; None: such an array is an operand as any other
    """

    symbol: str
    operands: int
    name: str
    description: str
    example: str
    run: Callable[..., object]
    gives: type | None = None
    lazy: bool = False
    branches: bool = False
    arithmetic: bool = False
    divides: bool = False
    fits: bool = False
    columns: Form | None = None
    members: Form | None = None


# In the order in which they are listed.
OPERATORS = (
    Operator(
        "+", 2, "add", "Adds two numbers, or joins two texts.", "1 + 2", arithmetic.plus,
        arithmetic=True, columns=vector_operators.plus,
    ),
    Operator(
        "-", 2, "subtract", "Takes the second number from the first.", "3 - 2", arithmetic.minus,
        gives=float, arithmetic=True, columns=vector_operators.minus,
    ),
    Operator(
        "*", 2, "multiply", "Multiplies two numbers.", "2 * 3", arithmetic.times,
        gives=float, arithmetic=True, columns=vector_operators.times,
    ),
    Operator(
        "/", 2, "divide", "Divides the first number by the second; two whole numbers give a whole number.", "6 / 3",
        arithmetic.divided, gives=float, arithmetic=True, divides=True, columns=vector_operators.divided,
    ),
    Operator(
        "%", 2, "mod", "The rest of a division; also written mod.", "7 % 3", arithmetic.remainder,
        gives=float, arithmetic=True, divides=True, columns=vector_operators.remainder,
    ),
    Operator(
        "-", 1, "negate", "Turns a number's sign around.", "-12", arithmetic.negated,
        gives=float, arithmetic=True, columns=vector_operators.negated,
    ),
    Operator("+", 1, "positivize", "A number, as it is.", "+12", arithmetic.as_number, gives=float, arithmetic=True),
    Operator(
        "~", 1, "complement", "The two's complement: ~33 is -34.", "~44", arithmetic.complement, gives=int,
    ),
    Operator(
        "!", 1, "not", "Whether a condition does not hold; also written not.", "!cond1",
        lambda value, _exact: not arithmetic.truthy(value), gives=bool, columns=vector_operators.untrue,
    ),
    Operator(
        "==", 2, "equals", "Whether two values are equal; also written eq.", "a == b",
        lambda left, right, _exact: arithmetic.equal(left, right),
        gives=bool, columns=vector_operators.equality(negate=False),
    ),
    Operator(
        "!=", 2, "notEquals", "Whether two values differ; also written ne.", "a != b",
        lambda left, right, _exact: not arithmetic.equal(left, right),
        gives=bool, columns=vector_operators.equality(negate=True),
    ),
    Operator(
        "<", 2, "lessThan", "Whether the first value is less; also written lt.", "a < b",
        arithmetic.ordered(lambda sign: sign < 0), gives=bool, columns=vector_operators.order(lambda a, b: a < b),
    ),
    Operator(
        "<=", 2, "lessThanOrEqual", "Whether the first value is less or equal; also written le.", "a <= b",
        arithmetic.ordered(lambda sign: sign <= 0), gives=bool, columns=vector_operators.order(lambda a, b: a <= b),
    ),
    Operator(
        ">", 2, "greaterThan", "Whether the first value is greater; also written gt.", "a > b",
        arithmetic.ordered(lambda sign: sign > 0), gives=bool, columns=vector_operators.order(lambda a, b: a > b),
    ),
    Operator(
        ">=", 2, "greaterThanOrEqual", "Whether the first value is greater or equal; also written ge.", "a >= b",
        arithmetic.ordered(lambda sign: sign >= 0), gives=bool, columns=vector_operators.order(lambda a, b: a >= b),
    ),
    Operator(
        "=~", 2, "contains", "Whether the value is in the array, or matches the regular expression.",
        "a =~ ['x', 'y']", arithmetic.fits(negate=False), gives=bool, fits=True,
        columns=vector_regexes.fit(negate=False), members=vector_operators.membership(negate=False),
    ),
    Operator(
        "!~", 2, "notContains", "Whether the value is not in the array, or does not match.", "a !~ 'x.*'",
        arithmetic.fits(negate=True), gives=bool, fits=True,
        columns=vector_regexes.fit(negate=True), members=vector_operators.membership(negate=True),
    ),
    Operator(
        "=^", 2, "startsWith", "Whether a text starts with another.", "a =^ 'x'", arithmetic.text_test(str.startswith),
        gives=bool, columns=vector_operators.text_test("=^", lambda text, part: text.str.starts_with(part)),
    ),
    Operator(
        "!^", 2, "notStartsWith", "Whether a text does not start with another.", "a !^ 'x'",
        arithmetic.text_test(str.startswith, negate=True), gives=bool,
        columns=vector_operators.text_test("!^", lambda text, part: text.str.starts_with(part), negate=True),
    ),
    Operator(
        "=$", 2, "endsWith", "Whether a text ends with another.", "a =$ 'x'", arithmetic.text_test(str.endswith),
        gives=bool, columns=vector_operators.text_test("=$", lambda text, part: text.str.ends_with(part)),
    ),
    Operator(
        "!$", 2, "notEndsWith", "Whether a text does not end with another.", "a !$ 'x'",
        arithmetic.text_test(str.endswith, negate=True), gives=bool,
        columns=vector_operators.text_test("!$", lambda text, part: text.str.ends_with(part), negate=True),
    ),
    Operator(
        "&&", 2, "and", "Whether both conditions hold; also written and.", "a && b", arithmetic.both,
        gives=bool, lazy=True, columns=vector_operators.both,
    ),
    Operator(
        "||", 2, "or", "Whether one of the conditions holds; also written or.", "a || b", arithmetic.either,
        gives=bool, lazy=True, columns=vector_operators.either,
    ),
    Operator(
        "?:", 2, "elvis", "The first value if it holds, else the second.", "a ?: b", arithmetic.elvis,
        lazy=True, branches=True, columns=vector_operators.elvis,
    ),
    Operator(
        "??", 2, "coalesce", "The first value unless it is null, else the second.", "a ?? b", arithmetic.fallback,
        lazy=True, branches=True, columns=vector_operators.fallback,
    ),
    Operator(
        "&", 2, "bitwiseAnd", "The bits that both numbers have.", "6 & 3", arithmetic.bits(int.__and__), gives=int,
    ),
    Operator(
        "|", 2, "bitwiseOr", "The bits that either number has.", "6 | 3", arithmetic.bits(int.__or__), gives=int,
    ),
    Operator(
        "^", 2, "bitwiseXor", "The bits that one of the numbers has.", "6 ^ 3", arithmetic.bits(int.__xor__), gives=int,
    ),
    Operator(
        "<<", 2, "shiftLeft", "Moves bits to the left.", "1 << 2", arithmetic.bits(arithmetic.shift_left), gives=int,
    ),
    Operator(
        ">>", 2, "shiftRight", "Moves bits to the right, keeping the sign.", "8 >> 2",
        arithmetic.bits(arithmetic.shift_right), gives=int,
    ),
    Operator(
        ">>>", 2, "shiftRightUnsigned", "Moves bits to the right, filling with zeros.", "8 >>> 2",
        arithmetic.bits(arithmetic.shift_right_unsigned), gives=int,
    ),
    Operator(
        "empty", 1, "empty", "Whether a value is null or has nothing in it.", "empty(a)",
        lambda value, _exact: arithmetic.empty(value), gives=bool, columns=vector_texts.empty,
    ),
    Operator(
        "size", 1, "size", "How many letters, elements or keys a value has.", "size(a)",
        lambda value, _exact: arithmetic.size(value), gives=int, columns=vector_texts.size_or_zero,
    ),
)  # fmt: skip
UNARY: Mapping[str, Operator] = {operator.symbol: operator for operator in OPERATORS if operator.operands == 1}
BINARY: Mapping[str, Operator] = {operator.symbol: operator for operator in OPERATORS if operator.operands == 2}
