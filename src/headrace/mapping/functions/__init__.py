"""The functions of the expression language: one declaration each, gathered by name."""

from headrace.mapping.functions import (
    analytics,
    arrays,
    conversions,
    date_parts,
    hashing,
    logical,
    moments,
    objects,
    regexes,
    special,
    strings,
    texts_to_objects,
    urls,
    user_agents,
)
from headrace.mapping.functions.declaring import Function

__all__ = ["FUNCTIONS", "Function"]

_MODULES = (
    analytics,
    arrays,
    conversions,
    date_parts,
    hashing,
    logical,
    moments,
    objects,
    regexes,
    special,
    strings,
    texts_to_objects,
    urls,
    user_agents,
)
FUNCTIONS: dict[str, Function] = {
    name: one
    for module in _MODULES
    for one in vars(module).values()
    if isinstance(one, Function)
    for name in (one.name, *one.aliases)
}
