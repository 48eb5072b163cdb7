"""Reading members of a client's JSON: present, of the right type, or an error that names the member."""

from typing import Any

from headrace.errors import Invalid

Json = dict[str, Any]

MISSING, WRONG = "1304", "1312"
LAST_SECOND = 253_402_300_799  # the end of the year 9999


def at(body: Json, path: str) -> Any:
    """What stands at a dotted path, None when nothing does; Invalid when the way leads through no object."""
    node: Any = body
    names = path.split(".")
    for n, name in enumerate(names):
        if node is not None and not isinstance(node, dict):
            raise wrong(".".join(names[:n]), "an object")
        node = (node or {}).get(name)
    return node


def text_at(body: Json, path: str, code: str = MISSING) -> str:
    """The text at ``path``; Invalid (``code``) when it is missing or blank."""
    found = optional_text(body, path)
    if not found:
        raise Invalid(f"{path} is missing; send it as text.", code=code, field=path)
    return found


def optional_text(body: Json, path: str, default: str = "") -> str:
    """The text at ``path``, else ``default``; Invalid when something else stands there."""
    found = at(body, path)
    if found is not None and not isinstance(found, str):
        raise wrong(path, "text")
    return found.strip() if found and found.strip() else default


def object_at(body: Json, path: str) -> Json:
    """The object at ``path``, empty when there is none; Invalid when something else stands there."""
    found = at(body, path)
    if found is not None and not isinstance(found, dict):
        raise wrong(path, "an object")
    return found or {}


def list_at(body: Json, path: str) -> list[Any]:
    """The array at ``path``, empty when there is none; Invalid when something else stands there."""
    found = at(body, path)
    if found is not None and not isinstance(found, list):
        raise wrong(path, "an array")
    return found or []


def whole(value: object, path: str, code: str = WRONG) -> int:
    """A whole number, which may come as text; Invalid otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = value.strip() if isinstance(value, str) else ""
    if not digits.removeprefix("-").isdecimal() or not digits.isascii() or len(digits) > 20:
        raise wrong(path, "a whole number", code)
    return int(digits)


def epoch_seconds(value: object, path: str, code: str = WRONG) -> int:
    """An instant in whole epoch seconds, which may come as text, up to the year 9999; Invalid otherwise."""
    seconds = whole(value, path, code)
    if not 0 <= seconds <= LAST_SECOND:
        raise wrong(path, "epoch seconds (not milliseconds), up to the year 9999", code)
    return seconds


def flag(value: object, path: str) -> bool:
    """A boolean, which may come as text in any case; Invalid otherwise."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise wrong(path, "true or false")


def wrong(path: str, wanted: str, code: str = WRONG) -> Invalid:
    """The error for a member of the wrong type."""
    return Invalid(f"{path} must be {wanted}.", code=code, field=path)


def folded(name: str) -> str:
    """An enum value for comparison: Platform writes RE_TRIGGER, re-trigger and reTrigger for one thing."""
    return "".join(letter for letter in name.lower() if letter not in "-_ ")
