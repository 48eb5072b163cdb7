"""Uploaded JSON as records: an array, one object, or one JSON text a line; rows in the schema's own shape."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from headrace import raw_json, sources
from headrace.clock import Window
from headrace.exact_json import NotJson, read
from headrace.raw_json import Raw
from headrace.runs.promotion import Slices, Wanted
from headrace.sources.arrays import Array, lines
from headrace.sources.content import Records, Unreadable
from headrace.sources.reading import Part, Reading, Request
from headrace.sources.spec import extraction

# An upload is read like a page whose root is the array of records.
_SPEC: dict[str, Any] = {"sourceSpec": {"attributes": {"urlParams": {"path": "/"}, "contentPath": {"path": "$"}}}}
REQUEST = Request("GET", "upload:")  # nobody sends it: the client has brought the answer
_BOM = b"\xef\xbb\xbf"


def decoder(multi_line: bool, wanted: Wanted) -> Slices:
    """A decoder of uploaded files. ``multi_line``: a file is one JSON text, not one a line."""
    reading = Reading(_SPEC, "", {}, Window(0, 0), 0)
    return sources.decoder(reading, Part(0, REQUEST), wanted, finder=partial(elements, multi_line)).slices


def elements(multi_line: bool, body: bytes) -> Array:
    """The records of an uploaded file: an array's, or one, or one a line."""
    content = body.removeprefix(_BOM)
    text = _unwrapped(content.strip())
    items = raw_json.items(text) if text[:1] == b"[" else None
    if items is not None:
        return Array(items, raw_json.is_whole(text))
    if multi_line:
        return Array([Raw(text)] if text else [], raw_json.is_whole(text))
    return lines(content if text == content.strip() else text)


def sample(body: bytes) -> Iterator[object | Unreadable]:
    """The records of a text that nobody says the form of, read; where one cannot be, why."""
    text = body.removeprefix(_BOM).strip()
    closed = raw_json.is_whole(text) or raw_json.is_closed(text)
    page = Records(extraction(_SPEC, {}), body, partial(elements, closed))
    for n in range(len(page.elements)):
        element = page.element(n)
        yield element if isinstance(element, Unreadable) else _read(element)


def _read(text: bytes) -> object | Unreadable:
    try:
        return read(text)
    except NotJson as error:
        return Unreadable(error.reason, "unreadable", text.decode("utf-8", "replace"))


def _unwrapped(text: bytes) -> bytes:
    """One well-known client encodes a text of JSON once more: a file that is one JSON string is what is in it."""
    try:
        inner = str(read(text)).strip().encode() if text[:1] == b'"' else b""
    except (NotJson, UnicodeEncodeError):
        return text
    return inner if inner[:1] in (b"[", b"{") else text
