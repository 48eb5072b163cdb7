"""Writes what a release is built from: ``python release/lock.py`` after a change of dependencies (some minutes).

release/requirements.lock  what ``headrace`` needs to run, each file by its hash
release/development.lock   that, and what its tests and checks need
docs/reference/licences.md the licences of the first

pip chooses the versions, in the environment that ``make install`` made. It is asked once for each Python and machine,
since the hashes are those of their files.
"""

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
BUILDING = ("hatchling>=1.27", "editables>=0.5")
LICENCES = ROOT / "docs/reference/licences.md"
# What a package's classifier calls them, in SPDX's words.
SPDX = {
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}  # fmt: skip
MEANT = "Python {} on Linux, {}".format(", ".join(PYTHONS), " and ".join(MACHINES))


@dataclass(slots=True)
class Package:
    """One package at the version that is locked, with the hashes of its files."""

    name: str
    version: str
    hashes: set[str] = field(default_factory=set)


def main() -> None:
    """Asks pip, writes the three files."""
    developing = locked([f"{ROOT}[dev]", *BUILDING])
    running = locked([str(ROOT)], developing)  # what runs is what was tested
    write_lock(ROOT / "release/requirements.lock", "what Headrace needs to run", running)
    write_lock(ROOT / "release/development.lock", "what Headrace, its tests and its checks need", developing)
    LICENCES.write_text(licences(running))


def locked(requirements: Sequence[str], at: Sequence[Package] = ()) -> list[Package]:
    """Every package that pip would install, ``at`` these versions, by name; each must be of one version everywhere."""
    packages: dict[str, Package] = {}
    for python in PYTHONS:
        for machine in MACHINES:
            print(f"pip chooses for Python {python} on {machine} …", file=sys.stderr)
            for item in report(requirements, at, python, machine):
                package = package_of(item)
                if package.name == "headrace":
                    continue
                known = packages.setdefault(package.name, package)
                if known.version != package.version:
                    raise SystemExit(f"{package.name} is {known.version} and {package.version}; bound it in pyproject.")
                known.hashes |= package.hashes
    return sorted(packages.values(), key=lambda package: package.name)


def report(requirements: Sequence[str], at: Sequence[Package], python: str, machine: str) -> list[dict[str, Any]]:
    """pip's own account of what it would install there."""
    with tempfile.TemporaryDirectory() as directory:
        path, versions = Path(directory) / "report.json", Path(directory) / "versions.txt"
        versions.write_text("".join(f"{package.name}=={package.version}\n" for package in at))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--target", directory, "--only-binary=:all:", "--python-version", python, "--report", str(path)]
        command += ["--constraint", str(versions)]
        for glibc in ("manylinux_2_28", "manylinux_2_17", "manylinux2014"):
            command += ["--platform", f"{glibc}_{machine}"]
        subprocess.run([*command, *requirements], check=True)  # noqa: S603 (our own)
        items: list[dict[str, Any]] = json.loads(path.read_text())["install"]
    return items


def package_of(item: dict[str, Any]) -> Package:
    """An entry of pip's report."""
    metadata, hashes = item["metadata"], item["download_info"].get("archive_info", {}).get("hashes", {})
    name = canonicalize_name(metadata["name"])
    return Package(name, metadata["version"], {f"sha256:{hashes['sha256']}"} if hashes else set())


def licence_of(name: str) -> str:
    """The licence in as few words as the metadata of the package, which is installed here, has for it."""
    metadata = importlib.metadata.metadata(name)
    approved = "License :: OSI Approved :: "
    named = [line.removeprefix(approved) for line in metadata.get_all("Classifier", []) if line.startswith(approved)]
    expression = metadata.get("License-Expression") or " OR ".join(SPDX.get(each, each) for each in named)
    plain = str(metadata.get("License") or "").partition("\n")[0]
    return expression or SPDX.get(plain, plain)


def write_lock(path: Path, purpose: str, packages: Iterable[Package]) -> None:
    """A requirements file for ``pip install --require-hashes``."""
    lines = [f"# {purpose[0].upper()}{purpose[1:]}: {MEANT}. Written by release/lock.py."]
    for package in packages:
        hashes = " \\\n".join(f"    --hash={each}" for each in sorted(package.hashes))
        lines.append(f"{package.name}=={package.version} \\\n{hashes}")
    path.write_text("\n".join([*lines, ""]))


def licences(packages: Iterable[Package]) -> str:
    """The page of licences: a table, and how many packages have each licence."""
    counted: defaultdict[str, int] = defaultdict(int)
    rows = []
    for package in packages:
        licence = licence_of(package.name)
        counted[licence] += 1
        rows.append(f"| `{package.name}` | {package.version} | {licence} |")
    most = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return "\n".join([
        "# Licences",
        "",
        "What runs when Headrace runs, by [the lock file](../../release/requirements.lock), with the licence that each",
        "package's own metadata names. Written by `release/lock.py`; Headrace itself is Apache-2.0.",
        "",
        ", ".join(f"{count} {licence}" for licence, count in most) + ".",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
        *rows,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
