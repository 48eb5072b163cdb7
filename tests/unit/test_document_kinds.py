"""No floor reads the JSON of a floor above: each kind of document is read by its owner's package and those above it."""

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

import pytest

import headrace

ROOT = Path(__file__).parents[2]
PACKAGE = Path(headrace.__file__).parent
# Which package's JSON a kind of document is.
OWNERS = {
    "schemas": "registry", "classes": "registry", "fieldgroups": "registry", "datatypes": "registry",
    "descriptors": "registry", "namespaces": "identity", "dataSets": "catalog", "mappingSets": "dataprep",
    "mapperSchemas": "dataprep", "samples": "dataprep", "connections": "flows", "sourceConnections": "flows",
    "targetConnections": "flows", "flows": "flows", "connectionSpecs": "flows", "flowSpecs": "flows",
}  # fmt: skip
# The registry calls its kinds by what they are elsewhere too: folders of the standard.
# Namespaces are a kind that roles speak of as well: an org has one set of them.
COMMON_WORDS = ("schemas", "classes", "fieldgroups", "datatypes", "namespaces")
CALLS = {"create": 2, "new": 1, "find": 2, "get": 2, "select": 2, "revision": 2, "orgs_with": 1}
CREATING = ("create", "new")


def floors() -> dict[str, int]:
    """By package or module, how high it stands."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    lines = config["importlinter:contract:floors"]["layers"].split("\n")
    layers = [line for line in lines if line.strip()]
    return {name.strip(): -n for n, layer in enumerate(layers) for name in layer.split("|")}


FLOORS = floors()
FILES = sorted(PACKAGE.rglob("*.py"))


def may_read(file: Path, owner: str) -> bool:
    package = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return package == owner or FLOORS[package] > FLOORS[owner]


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Each call of ``documents``: its name, and the expression that says which kind."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "documents"
            and node.func.attr in CALLS
        ):
            yield node.func.attr, node.args[CALLS[node.func.attr]]


def violations(file: Path, source: str) -> list[str]:
    tree = ast.parse(source)
    named = {node.value for node in strings(tree) if node.value in OWNERS and node.value not in COMMON_WORDS}
    read = {kind.value for _, kind in calls(tree) if isinstance(kind, ast.Constant)}
    return sorted(str(kind) for kind in named | read if not may_read(file, OWNERS[str(kind)]))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_module_names_a_kind_of_a_floor_above(file: Path) -> None:
    assert violations(file, file.read_text()) == []


def test_every_kind_that_is_created_has_an_owner() -> None:
    """A kind that a package declares, under whatever name, and hands to ``documents.create`` or ``new``."""
    created = set()
    for file in FILES:
        tree = ast.parse(file.read_text())
        declared = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        kinds = [kind for call, kind in calls(tree) if call in CREATING]
        created |= {kind.value for kind in kinds if isinstance(kind, ast.Constant)}
        created |= {declared[kind.id] for kind in kinds if isinstance(kind, ast.Name) and kind.id in declared}
    assert {"dataSets", "mappingSets", "descriptors", "namespaces"} <= created <= set(OWNERS)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("catalog/datasets.py", 'documents.select(conn, caller, "flows")'),
        ("catalog/datasets.py", 'documents.select(conn, caller, "mappingSets")'),
        ("registry/usage.py", 'DATASETS = "dataSets"'),
        ("store/erasing.py", 'documents.get(conn, caller, "schemas", id)'),
    ],
)
def test_a_module_that_reads_above_itself_is_seen(path: str, source: str) -> None:
    assert violations(PACKAGE / path, source)
