"""A declaration is all that the language knows of a function, and nothing else knows a function by its name."""

import ast
import tokenize
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from headrace import mapping as engine
from headrace.mapping import compile_mapping, functions_listing
from headrace.mapping.explaining import COLUMNS, explain
from headrace.mapping.expressions import fault_of
from headrace.mapping.failure import Failed
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.functions.declaring import function
from headrace.mapping.methods import METHODS
from headrace.mapping.nodes import fields_read
from headrace.mapping.operators import OPERATORS
from headrace.mapping.outcomes import outcome
from headrace.mapping.parser import parse_expression
from headrace.mapping.planner import repeats
from headrace.mapping.vector_texts import join, of_text
from headrace.mapping.vectors import TEXT, Vector

TARGET = pa.schema([("o", pa.string())])
TEXTS = pa.table({"_row": [0, 1], "s": ["x", None]})


@pytest.fixture
def declare(monkeypatch):
    """Makes a function known for the length of a test."""

    def known(declared):
        monkeypatch.setitem(FUNCTIONS, declared.name, declared)
        return declared

    yield known
    parse_expression.cache_clear()


def compiled(expression):
    return compile_mapping([{"sourceType": "EXPRESSION", "source": expression, "destination": "o"}], TARGET, 0)


def over_columns(expression):
    """What an expression gives for TEXTS, once it is sure to run over columns."""
    [explained] = explain(compiled(expression), TEXTS)
    assert explained.back_end == COLUMNS, explained.why
    return compiled(expression).map_table(TEXTS).table["o"].to_pylist()


def test_a_function_is_listed_checked_planned_over_columns_and_evaluated(declare):
    texts = []

    @declare
    @function("Test", "cried(STRING)", {'cried("a")': "a!"}, columns=of_text(lambda text: text + pl.lit("!")))
    def cried(string: str) -> str:
        """Adds an exclamation mark."""
        texts.append(string)
        return f"{string}!"

    [listed] = [entry for entry in functions_listing() if entry["function"] == "cried"]
    assert (listed["category"], listed["returnType"], listed["result"]) == ("Test", "java.lang.String", '"a!"')
    assert "cried takes 1 arguments, not 0: cried(STRING)" in fault_of("cried()").message
    assert outcome(parse_expression("cried(s)")) == "text"
    assert (over_columns("cried(s)"), texts) == (["x!", None], [])
    assert compiled("cried(s)").map_records([0], [{"s": "x"}]).table["o"].to_pylist() == ["x!"]
    assert texts == ["x"]


def test_without_a_column_form_it_goes_by_the_reference(declare):
    @declare
    @function("Test", "whispered(STRING)", {})
    def whispered(string: str) -> str:
        """Puts brackets around a text."""
        return f"({string})"

    [explained] = explain(compiled("whispered(s)"), TEXTS)
    assert explained.why == "no form over columns: the function whispered"
    assert compiled("whispered(s)").map_table(TEXTS).table["o"].to_pylist() == ["(x)", None]


def failing(name, **facts):
    @function("Test", f"{name}(STRING)", {}, name=name, **facts)
    def fail(string: str) -> str:
        """Always fails."""
        raise Failed("as declared")

    return fail


@pytest.mark.parametrize(
    ("facts", "foreseen", "repeated"),
    [
        ({}, True, True),
        ({"draws": True}, False, False),
        ({"derived": True}, False, True),
        ({"lazy": True}, False, True),
    ],
    ids=str,
)
def test_what_is_known_before_any_row(declare, facts, foreseen, repeated):
    declare(failing("failing", **facts))
    assert (fault_of('failing("a")') is not None) == foreseen
    assert repeats(parse_expression("failing(s)")) == repeated


@pytest.mark.parametrize(("takes_paths", "fields"), [(True, [("a", "b")]), (False, [])])
def test_a_path_in_quotes(declare, takes_paths, fields):
    name = f"asks_{takes_paths}"
    declare(failing(name, takes_paths=takes_paths))
    assert [*fields_read(parse_expression(f'{name}("a.b")'))] == fields
    assert (fault_of(f"{name}(1 + a)") is not None) == takes_paths


@pytest.mark.parametrize(("branches", "kind"), [(1, "a number"), (0, None), (None, "text")])
def test_branches(declare, branches, kind):
    @declare
    @function("Test", "picked(TEXT, VALUES)", {}, branches=branches)
    def picked(text: object, *values: object) -> str:
        """A value."""
        return "never called"

    assert outcome(parse_expression('picked("a", 1, 2)')) == kind


def test_elements_that_are_joined(declare):
    @declare
    @function("Test", "listed(SETTING, VALUES)", {}, elements=1)
    def listed(setting: object, *values: object) -> list[object]:
        """The values."""
        return [*values]

    @declare
    @function("Test", "chained(SEPARATOR, ARRAY)", {}, joins=True, columns=join)
    def chained(separator: str, array: list[object]) -> str:
        """The texts with the separator between them."""
        return separator.join(str(element) for element in array if element is not None)

    assert over_columns('chained("-", listed(1, s, "y"))') == ["x-y", "y"]
    [explained] = explain(compiled('chained("-", listed(s, "y"))'), TEXTS)
    assert explained.why == "no form over columns: the function chained"


def test_one_element_over_columns(declare):
    @declare
    @function(
        "Test",
        "repeated(STRING)",
        {},
        element=lambda arguments, number: Vector(arguments[0].value + pl.lit(str(number)), TEXT),
    )
    def repeated(string: str) -> list[object]:
        """The text with each of two numbers."""
        return [f"{string}0", f"{string}1"]

    assert over_columns("repeated(s)[1]") == ["x1", None]
    assert compiled("repeated(s)[1]").map_records([0], [{"s": "x"}]).table["o"].to_pylist() == ["x1"]


# Texts that are a function's or a method's name too, and mean something else: file -> texts -> why.
NAMESAKES = {
    "conversion.py": {"date": "a type, in a reason"},
    "distinct.py": {"min": "an aggregation of Arrow's"},
    "functions/hashing.py": {"replace": "how Python encodes what a charset lacks"},
    "functions/urls.py": {"replace": "how Python encodes what a charset lacks"},
    "operators.py": dict.fromkeys(
        ["coalesce", "contains", "endsWith", "equals", "size", "startsWith"], "an operator's name in the listing"
    ),
    "parser.py": {"replace": "how Python decodes half a character"},
    "values.py": {"date": "a type, in a reason"},
}


def test_no_other_file_knows_a_function_or_a_method_by_its_name():
    namesakes = {}
    for name, path in sources():
        known = set() if name.startswith("functions/") else set(FUNCTIONS)
        known |= set() if name == "methods.py" else set(METHODS)
        # The methods' declarations are a table by name; some of them have a function of the same name.
        texts = quoted(path) & (known - set(METHODS) if name == "methods.py" else known)
        if texts:
            namesakes[name] = texts
    assert namesakes == {name: set(texts) for name, texts in NAMESAKES.items()}


def test_no_other_file_that_reads_trees_knows_an_operator_by_its_symbol():
    symbols = {operator.symbol for operator in OPERATORS}
    readers = {name: path for name, path in sources() if "headrace.mapping.nodes" in path.read_text("utf-8")}
    # The parser knows the words that stand for symbols.
    assert {name for name, path in readers.items() if quoted(path) & symbols} == {"parser.py"}
    assert {"reference.py", "vectorised.py", "outcomes.py", "expressions.py"} <= set(readers)


def sources():
    root = Path(engine.__file__).parent
    return [(path.relative_to(root).as_posix(), path) for path in sorted(root.rglob("*.py"))]


def quoted(path):
    """The texts that stand in a file."""
    with path.open("rb") as file:
        literals = [token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.STRING]
    return {
        text
        for literal in literals
        if not literal.lower().startswith(("f", "rf")) and isinstance(text := ast.literal_eval(literal), str)
    }
