"""Uploaded JSON as records: an array, one object, or one JSON text a line; rows in the schema's own shape."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import msgspec

from headrace import sources
from headrace.clock import Window
from headrace.runs.promotion import Slices, Wanted
from headrace.sources.reading import Part, Reading, Request, Slice

# An upload is read like a page whose root is the array of records.
_SPEC: dict[str, Any] = {"sourceSpec": {"attributes": {"urlParams": {"path": "/"}, "contentPath": {"path": "$"}}}}
REQUEST = Request("GET", "upload:")  # nobody sends it: the client has brought the answer
_RAW = msgspec.json.Decoder(msgspec.Raw)


def decoder(multi_line: bool, wanted: Wanted) -> Slices:
    """A decoder of uploaded files. ``multi_line``: a file is one JSON text, not one a line."""
    reading = Reading(_SPEC, "", {}, Window(0, 0), 0)
    return partial(_slices, sources.decoder(reading, Part(0, REQUEST), wanted), multi_line)


def _slices(whole: sources.Decoder, multi_line: bool, files: Iterable[tuple[str, bytes]]) -> Iterator[Slice]:
    return whole.slices((name, _array(body, multi_line)) for name, body in files)


def _array(body: bytes, multi_line: bool) -> bytes:
    stripped = _unwrapped(body.removeprefix(b"\xef\xbb\xbf").strip())
    if stripped[:1] == b"[" and _readable(stripped):
        return stripped
    if multi_line:
        texts = [stripped] if stripped else []
    else:
        texts = [line for line in map(bytes.strip, stripped.split(b"\n")) if line]
    # A line that is no JSON becomes a text among the records: it is rejected as one row, and the others stay.
    return b"[" + b",".join(text if _readable(text) else _quoted(text) for text in texts) + b"]"


def _unwrapped(text: bytes) -> bytes:
    """One well-known client encodes a text of JSON once more: a file that is one JSON string is what is in it."""
    if text[:1] != b'"' or not _readable(text):
        return text
    inner: bytes = msgspec.json.decode(text, type=str).strip().encode()
    return inner if inner[:1] in (b"[", b"{") else text


def _readable(text: bytes) -> bool:
    try:
        _RAW.decode(text)
        text.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # the last: nested deeper than any record
        return False
    return True


def _quoted(text: bytes) -> bytes:
    return msgspec.json.encode(text.decode("utf-8", "replace"))
