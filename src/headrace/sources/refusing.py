"""How a part of a spec is refused: by its place, what is wrong, and Platform's rule."""

from collections.abc import Callable, Mapping
from typing import Any

from headrace.errors import SpecInvalid
from headrace.sources.paths import Path

Json = Mapping[str, Any]

INVALID, ABSENT, COMPLEX, NO_PAGING, NO_SCHEDULE = 1312, 1313, 1314, 1316, 1317


def wrong(where: str, why: str, rule: int = INVALID) -> SpecInvalid:
    """The refusal of what stands at ``where``; ``why`` ends a sentence that begins with the place."""
    return SpecInvalid(f"{where} {why}.", field=where, rule=rule)


def object_of(given: Any, where: str) -> Json:
    """What must be an object."""
    if not isinstance(given, Mapping):
        raise wrong(where, "must be an object")
    return given


def path_of(text: str, where: str, parse: Callable[[str], Path]) -> Path:
    """What must be a simple path."""
    try:
        return parse(text)
    except SpecInvalid as error:
        raise SpecInvalid(f"{where}: {error.message}", field=where, rule=COMPLEX) from error
