"""No statement lists values whose number data or a client decides: both databases limit how many one may have."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import headrace

PACKAGE = Path(headrace.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
LISTS = ("in_", "not_in", "notin_", "any_", "tuple_", "expanding")
# What is no list of values but a select of the database's own.
SELECTS = {("store/erasing.py", "_owners(extent)"), ("store/erasing.py", "of_batches")}


def listed(source: str) -> Iterator[str]:
    """What stands in the lists of a module's statements, unless it is a constant of the module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LISTS:
            yield from (ast.unparse(value) for value in node.args if not is_constant(value))
        if isinstance(node, ast.keyword) and node.arg == "expanding":
            yield ast.unparse(node.value)


def is_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id.isupper()


def relative(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def test_lists_of_values_are_constants() -> None:
    """Anything else goes through ``store.portable.among``, which is one parameter."""
    assert {(relative(file), value) for file in FILES for value in listed(file.read_text())} == SELECTS


@pytest.mark.parametrize(
    "source", ["x.in_(owners)", "x.in_(sorted(ids))", "~x.not_in([*ids])", "bindparam(expanding=1)"]
)
def test_a_list_of_any_length_is_seen(source: str) -> None:
    assert list(listed(source))
