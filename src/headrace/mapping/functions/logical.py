"""Choices: only the branch that is taken is evaluated, so an error in the other one does no harm."""

from headrace.mapping import vector_choices, vector_texts
from headrace.mapping.arithmetic import Later, empty, equal, truthy
from headrace.mapping.failure import Failed, Failure
from headrace.mapping.functions.declaring import function
from headrace.mapping.values import type_name

LOGICAL = "Logical operators"
ARRAYS = "Hierarchies - Arrays"
OBJECTS = "Hierarchies - Objects"


@function(
    LOGICAL,
    "iif(EXPRESSION, TRUE_VALUE, FALSE_VALUE)",
    {'iif("s".equalsIgnoreCase("S"), "True", "False")': "True", "iif(1 > 2, 1 / 0, 3)": 3},
    lazy=True,
    branches=1,
    columns=vector_choices.iif,
)
def iif(expression: Later, true_value: Later, false_value: Later) -> object:
    """TRUE_VALUE when the condition holds, FALSE_VALUE otherwise; the other one is not evaluated."""
    condition = expression()
    if isinstance(condition, Failure):
        return condition
    return true_value() if truthy(condition) else false_value()


@function(
    LOGICAL,
    "decode(KEY, OPTION_1, VALUE_1, ..., DEFAULT)",
    {'decode("ca", "ca", "California", "pa", "Pennsylvania", "N/A")': "California", 'decode("x", "ca", 1, 0)': 0},
    lazy=True,
    columns=vector_choices.decode,
)
def decode(key: Later, *options: Later) -> object:
    """The value of the first option that equals KEY; else the default, which is null when there is none."""
    wanted = key()
    if isinstance(wanted, Failure):
        return wanted
    for position in range(0, len(options) - 1, 2):
        option = options[position]()
        if isinstance(option, Failure):
            return option
        if equal(wanted, option):
            return options[position + 1]()
    return options[-1]() if len(options) % 2 else None


@function(
    ARRAYS,
    "coalesce(INPUT)",
    {'coalesce(null, null, "first", null, "second")': "first", "coalesce([null, 2])": 2, "coalesce(null)": None},
    lazy=True,
    columns=vector_choices.coalesce,
)
def coalesce(*input: Later) -> object:
    """The first value that is not null, of the arguments or of one array."""
    for later in input:
        value = later()
        if isinstance(value, list) and len(input) == 1:
            return next((element for element in value if element is not None), None)
        if value is not None:
            return value
    return None


@function(OBJECTS, "nullify()", {"nullify()": None}, columns=vector_choices.null)
def nullify() -> None:
    """Null."""
    return


@function(
    OBJECTS,
    "is_empty(INPUT)",
    {"is_empty([1, null, 2, 3])": False, "is_empty({})": True, "is_empty(null)": True},
    columns=vector_texts.is_empty,
)
def is_empty(input: object) -> bool:
    """Whether an object, array or text has nothing in it; null is empty."""
    if not isinstance(input, str | list | dict | None):
        raise Failed(f"{type_name(input)} is no object, array or text")
    return empty(input)
