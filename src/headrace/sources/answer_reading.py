"""An unknown answer read as JSON: as one text or as a record a line, without what of it is none."""

from typing import Any

from headrace.errors import SourceUnreadable, legible
from headrace.exact_json import NotJson, has_whole_characters, read
from headrace.raw_json import Raw, items, kind_of, members
from headrace.sources.answers import Answer


def body_of(answer: Answer) -> tuple[Any, list[str]]:
    """What an answer holds, and why each element left out cannot be read; SourceUnreadable where it is no JSON."""
    lines = [line for line in answer.body.splitlines() if line.strip()]
    by_line = b"[" + b",".join(lines) + b"]"
    for text in (answer.body, by_line) if lines else ():
        try:
            return _storable(read(text)), []
        except NotJson:
            continue
    for text in (answer.body, by_line) if lines else ():
        left_out: list[str] = []
        try:
            body = _parts(text, left_out)
        except NotJson:
            continue
        # Lines of anything have commas; only objects make records of them.
        if body and (text is not by_line or all(isinstance(element, dict) for element in body)):
            return _storable(body), left_out
    begins = answer.body[:60].decode("utf-8", "replace").strip()
    raise SourceUnreadable(f"{answer.url} answers with no JSON; it begins with: {begins}")


def _parts(text: bytes | Raw, left_out: list[str]) -> Any:
    """As much of a text as can be read, as runs read it; NotJson where nothing can.

    An element that cannot be read is left out, as its record is rejected; such a member is null. Each adds its reason.
    """
    try:
        return read(bytes(text))
    except NotJson:
        elements, fields = items(text), members(text)
        if elements is None and fields is None:
            raise
    if fields is not None:
        return {name: _part(value, left_out) for name, value in fields.items()}
    parts = [(element, _part(element, left_out, kind_of(element) != "object")) for element in elements or ()]
    return [part for element, part in parts if part is not None or bytes(element) == b"null"]


def _part(text: Raw, left_out: list[str], into: bool = True) -> Any:
    try:
        return _parts(text, left_out) if into else read(bytes(text))
    except NotJson as error:
        left_out.append(error.reason)
        return None


def _storable(value: Any) -> Any:
    """The value as a spec and its notes can hold it: without members whose names no column has, texts legible."""
    if isinstance(value, str):
        return legible(value)
    if isinstance(value, list):
        return [_storable(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: _storable(inner) for name, inner in value.items() if has_whole_characters(name)}
