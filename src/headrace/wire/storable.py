"""What JSON a document may hold: not nested beyond what can be walked, no text that a database cannot keep."""

from collections.abc import Iterable

from headrace.errors import Invalid

DEEPEST = 200
REMOVE_NUL = "remove it, databases cannot keep one."


def require_storable(value: object, what: str = "The body", field: str = "body") -> None:
    """Invalid when ``value`` is nested too deeply to be worked on, or holds a text that no database takes."""
    level = [value]
    for _ in range(DEEPEST):
        if any(isinstance(one, str) and "\0" in one for one in level):
            raise Invalid(f"{what} holds a text with a NUL character (U+0000); {REMOVE_NUL}", field=field)
        level = [child for one in level for child in _children(one)]
        if not level:
            return
    raise Invalid(f"{what} is nested more than {DEEPEST} levels deep; send flatter JSON.", field=field)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()
