"""Uploaded JSON as records: an array, one object, or one JSON text a line; rows in the schema's own shape."""

from functools import partial
from typing import Any

from headrace import raw_json, sources
from headrace.clock import Window
from headrace.exact_json import NotJson, read
from headrace.raw_json import Raw
from headrace.runs.promotion import Slices, Wanted
from headrace.sources.arrays import Array, lines
from headrace.sources.reading import Part, Reading, Request

# An upload is read like a page whose root is the array of records.
_SPEC: dict[str, Any] = {"sourceSpec": {"attributes": {"urlParams": {"path": "/"}, "contentPath": {"path": "$"}}}}
REQUEST = Request("GET", "upload:")  # nobody sends it: the client has brought the answer


def decoder(multi_line: bool, wanted: Wanted) -> Slices:
    """A decoder of uploaded files. ``multi_line``: a file is one JSON text, not one a line."""
    reading = Reading(_SPEC, "", {}, Window(0, 0), 0)
    return sources.decoder(reading, Part(0, REQUEST), wanted, finder=partial(elements, multi_line)).slices


def elements(multi_line: bool, body: bytes) -> Array:
    """The records of an uploaded file: an array's, or one, or one a line."""
    content = body.removeprefix(b"\xef\xbb\xbf")
    text = _unwrapped(content.strip())
    items = raw_json.items(text) if text[:1] == b"[" else None
    if items is not None:
        return Array(items, raw_json.is_whole(text))
    if multi_line:
        return Array([Raw(text)] if text else [], raw_json.is_whole(text))
    return lines(content if text == content.strip() else text)


def _unwrapped(text: bytes) -> bytes:
    """One well-known client encodes a text of JSON once more: a file that is one JSON string is what is in it."""
    try:
        inner = str(read(text)).strip().encode() if text[:1] == b'"' else b""
    except (NotJson, UnicodeEncodeError):
        return text
    return inner if inner[:1] in (b"[", b"{") else text
