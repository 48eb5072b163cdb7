"""A package's ``__all__`` is sorted and holds exactly what the package offers."""

import importlib
import pkgutil
from types import ModuleType

import pytest

import headrace
import linkedin_simulator

PACKAGES = [
    name
    for root in (headrace, linkedin_simulator)
    for _, name, package in pkgutil.walk_packages(root.__path__, f"{root.__name__}.")
    if package
]


def offered(module: ModuleType) -> set[str]:
    """The names that the package's own file brings in, its submodules aside unless they are listed."""
    listed = set(getattr(module, "__all__", ()))
    public = {name for name, value in vars(module).items() if not name.startswith("_")}
    return {name for name in public if name in listed or not isinstance(vars(module)[name], ModuleType)}


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_sorted_and_complete(name: str) -> None:
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", None)
    if listed is not None:
        assert listed == sorted(listed)
        assert set(listed) <= offered(module)
