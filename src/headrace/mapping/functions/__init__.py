"""The functions of the expression language: one declaration each, gathered by name; a category is a file here."""

from importlib import import_module
from pkgutil import iter_modules

from headrace.mapping.functions.declaring import Function

__all__ = ["FUNCTIONS", "Function"]

_MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
FUNCTIONS: dict[str, Function] = {
    name: one
    for module in _MODULES
    for one in vars(module).values()
    if isinstance(one, Function)
    for name in (one.name, *one.aliases)
}
