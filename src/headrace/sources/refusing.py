"""How a part of a spec is refused: by its place, what is wrong, and Platform's rule."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from headrace.errors import SpecInvalid
from headrace.sources.paths import Path

Json = Mapping[str, Any]

INVALID, ABSENT, COMPLEX, NO_PAGING, NO_SCHEDULE = 1312, 1313, 1314, 1316, 1317


def wrong(where: str, why: str, rule: int = INVALID) -> SpecInvalid:
    """The refusal of what stands at ``where``; ``why`` ends a sentence that begins with the place."""
    return SpecInvalid(f"{where} {why}{'' if why.endswith('?') else '.'}", field=where, rule=rule)


def object_of(given: Any, where: str) -> Json:
    """What must be an object."""
    if not isinstance(given, Mapping):
        raise wrong(where, "must be an object")
    return given


def require_spelt(members: Json, known: Sequence[str], where: str) -> None:
    """SpecInvalid for a member that is written nearly as a known one, which it would not be taken for."""
    lower = [name.lower() for name in known]
    for name in members:
        meant = get_close_matches(name.lower(), lower, n=1, cutoff=0.85) if name not in known else []
        if meant:
            raise wrong(
                f"{where}.{name}".lstrip("."), f"is no member of it; did you mean {known[lower.index(meant[0])]}?"
            )


def require_name(name: Any, where: str) -> None:
    """SpecInvalid for what is no name: it must be text that is not blank."""
    if not isinstance(name, str):
        raise wrong(where, "must be text")
    if not name.strip():
        raise wrong(where, "is blank; give it a value, or leave it out")


def path_of(text: str, where: str, parse: Callable[[str], Path]) -> Path:
    """What must be a simple path."""
    try:
        return parse(text)
    except SpecInvalid as error:
        raise SpecInvalid(f"{where}: {error.message}", field=where, rule=COMPLEX) from error
