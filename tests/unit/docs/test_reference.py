"""Nothing that a user can meet is missing from the reference."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import typer

import linkedin_simulator.main
from headrace import crash_points, errors, main
from headrace.api import services
from headrace.lake import layout
from headrace.mapping.functions import FUNCTIONS
from headrace.mapping.listing import operators_listing
from headrace.settings import Settings
from headrace.sources import extension
from linkedin_simulator import control, faults

ROOT = Path(__file__).parents[3]
Page = Callable[[str], str]


def commands() -> Iterator[tuple[str, Any]]:
    for program, app in (("headrace", main.app), ("linkedin-simulator", linkedin_simulator.main.app)):
        group: Any = typer.main.get_command(app)
        for name, command in group.commands.items():
            inner = getattr(command, "commands", {"": command})
            yield from ((f"{program} {name} {word}".strip(), one) for word, one in inner.items())


def test_every_error(page: Page) -> None:
    classes = [one.__name__ for one in vars(errors).values() if isinstance(one, type)]
    assert len(classes) > 50
    assert not [one for one in classes if f"| `{one}` |" not in page("reference/errors.md")]


def test_every_setting(page: Page) -> None:
    assert not [one.name for one in fields(Settings) if f"| `{one.name}` |" not in page("reference/settings.md")]


@pytest.mark.parametrize("name, command", list(commands()), ids=[name for name, _ in commands()])
def test_every_option(page: Page, name: str, command: Any) -> None:
    text = page("reference/commands.md")
    listed = text.partition(f"### `{name}`\n")[2].partition("\n### ")[0]
    wanted = [one.opts[0] if one.param_type_name == "option" else one.name.upper() for one in command.params]
    assert not [one for one in wanted if f"`{one}`" not in listed]


def test_every_setting_has_its_option(page: Page) -> None:
    serve = dict(commands())["headrace serve"]
    assert not [one.opts[0] for one in serve.params if f"| `{one.opts[0]}` |" not in page("reference/settings.md")]


def test_every_route(page: Page, generator: dict[str, Any]) -> None:
    text = page("reference/operations.md")
    listed = [generator["operation"](service, route) for service in services.ALL for route in service.listed]
    assert len(listed) > 100
    assert not [one for one in listed if f"| {one} |" not in text]


def test_every_mapping_function_and_operator(page: Page) -> None:
    text = page("reference/mapping-functions.md")
    assert not [name for name in FUNCTIONS if f"| `{name}(" not in text]
    assert not [one for one in operators_listing() if str(one["description"]) not in text]


def test_every_addition_to_the_spec_language(page: Page) -> None:
    text = page("reference/source-specs.md")
    keys = extension.Extension.__struct_encode_fields__
    assert not [key for key in keys if f"`{key}`" not in text]


def test_every_system_column_and_directory(page: Page) -> None:
    text = page("reference/lake-layout.md")
    assert not [field.name for field in layout.TAIL if f"`{field.name}`" not in text]
    assert not [name for name in (layout.MONTH, "headrace.batch.", "input_files", "row_errors") if name not in text]


def test_every_control_of_the_simulator(page: Page) -> None:
    text = page("reference/linkedin-simulator.md")
    assert not [f"{method} {name}" for name, method in control._ENDPOINTS if f"`{method} /_control/{name}`" not in text]
    assert not [kind for kind in get_args(faults.FaultKind) if f"| `{kind}` |" not in text]
    members = [one.encode_name for one in msgspec.structs.fields(faults.Fault)]
    assert not [member for member in members if f"`{member}`" not in text]


def test_every_member_of_a_run(page: Page) -> None:
    text = page("reference/run-document.md")
    source = (ROOT / "src/headrace/runs/run_documents.py").read_text()
    members = (
        "requestedWindowStart",
        "clamps",
        "waitsFor",
        "notBefore",
        "skippedInfo",
        "warningRecordCount",
        "fileInfo",
    )
    assert not [one for one in members if one not in source or one not in text]


def dependencies(extra: str = "") -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [re.split("[<>=]", one)[0] for one in listed]


def test_every_dependency_has_its_reason(page: Page) -> None:
    text = page("decisions/0002-dependencies.md")
    assert not [name for name in dependencies() + dependencies("dev") if f"`{name}`" not in text]


def test_every_import_is_a_dependency() -> None:
    declared = {name.partition("[")[0] for name in dependencies()}
    owners = {module: {name.lower() for name in names} for module, names in packages_distributions().items()}
    imported = {
        module
        for path in (ROOT / "src").rglob("*.py")
        for module in re.findall(r"^\s*(?:import|from) (\w+)", path.read_text(), re.MULTILINE)
    }
    foreign = {module for module in imported & set(owners) if module not in ("headrace", "linkedin_simulator")}
    undeclared = {one for one in foreign if not declared & {name.replace("_", "-") for name in owners[one]}}
    # Brought by httpx2 and by jsonpatch, which are made of them.
    assert undeclared == {"httpcore2", "jsonpointer"}


def test_the_crash_variable_is_the_only_environment(page: Page) -> None:
    assert crash_points.VARIABLE in page("reference/settings.md")
