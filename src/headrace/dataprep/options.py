"""What a mapping set asks for as a whole: whether every required field must be mapped, whether nulls are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.dataprep import drafts


@dataclass(frozen=True, slots=True)
class Options:
    """The two switches of a mapping set.

    strict  every required field of the schema must be mapped
    nulls   a destination without a value is null, not absent
    """

    strict: bool = False
    nulls: bool = False


def options(body: Mapping[str, Any]) -> Options:
    """The options that ``body`` sets; MappingSetInvalid when one is neither true nor false."""
    return Options(_switch(body, "strictMapping"), _switch(body, "allowNullValues"))


def _switch(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool | None):
        raise drafts.invalid([drafts.problem(name, "must be true or false")])
    return bool(value)
