"""The lock files hold what the project asks for, by hashes; the page of licences tells of the same packages."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
PERMISSIVE = re.compile(
    r"(MIT|MIT-0|0BSD|Apache-2\.0|ISC|BSD-[23]-Clause|PSF-2\.0|MPL-2\.0|CNRI-Python|Zlib|CC0-1\.0|LGPL-3\.0-only"
    r"| AND | OR )+"
)


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "release" / name).read_text()
    entries = ENTRY.findall(text)
    assert len(entries) == len(re.findall("==", text))  # each with its hashes
    return {package: version for package, version, _ in entries}


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("requirements.lock", PROJECT["dependencies"]),
        ("development.lock", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(name: str, asked: list[str]) -> None:
    versions = locked(name)
    for requirement in map(Requirement, asked):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None and version in requirement.specifier, f"{requirement}: run make lock"


def test_what_runs_is_the_same_for_developers() -> None:
    running, developing = locked("requirements.lock"), locked("development.lock")
    assert running.items() <= developing.items()


def test_every_licence_is_told_and_lets_us_go_on() -> None:
    page = (ROOT / "docs/reference/licences.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| (\S+) \| (.*) \|$", page, re.MULTILINE)
    assert {package: version for package, version, _ in rows} == locked("requirements.lock")
    assert [package for package, _, licence in rows if not PERMISSIVE.fullmatch(licence)] == []
