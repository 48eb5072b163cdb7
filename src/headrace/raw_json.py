"""JSON texts taken apart without reading what is in them: the pieces are the source's own bytes.

What is whole JSON is taken apart by msgspec. Where it is not, strings, brackets and commas still show where the pieces
are, so that one of them that is broken (NaN, a raw line break in a text, bytes that are not UTF-8) costs only itself.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from headrace.exact_json import NotJson, quoted, read

Raw: TypeAlias = msgspec.Raw

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(_STRING + rb'|["\[\]{},]', re.DOTALL)
_MEMBER = re.compile(rb"\s*(" + _STRING + rb")\s*:(.*)", re.DOTALL)
_CLOSING = {b"[": b"]", b"{": b"}"}
_SPACE = b" \t\r\n"
_KINDS = {b"{": "object", b"[": "array", b'"': "string", b"t": "boolean", b"f": "boolean", b"n": "null"}

_array = msgspec.json.Decoder(list[Raw]).decode
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_any = msgspec.json.Decoder(Raw).decode
_encode = msgspec.json.Encoder().encode
# What reading a text raises that is no JSON, or none that nests as deep as can be read.
BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def items(text: bytes | Raw) -> list[Raw] | None:
    """The elements of an array; None when ``text`` is none, or does not show where its elements end."""
    try:
        return _array(text)
    except msgspec.ValidationError:
        return None
    except BROKEN:
        pieces = _pieces(bytes(text).strip(_SPACE), b"[")
        return None if pieces is None else [Raw(piece) for piece in pieces]


def members(text: bytes | Raw) -> dict[str, Raw] | None:
    """The members of an object, of equal names the last; None when ``text`` is none, or does not show them."""
    try:
        return _object(text)
    except msgspec.ValidationError:
        return None
    except BROKEN:
        pieces = _pieces(bytes(text).strip(_SPACE), b"{")
        return None if pieces is None else _named(pieces)


def is_whole(text: bytes) -> bool:
    """Whether ``text`` is JSON, whatever it says and however deep; what is in its strings is not looked at."""
    try:
        _any(text)
    except BROKEN:
        return False
    return True


def why_broken(error: Exception) -> str:
    """What is wrong with a text whose reading raised one of BROKEN."""
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def is_closed(text: bytes) -> bool:
    """Whether ``text`` is one object or array with an end, its contents broken or not."""
    stripped = text.strip(_SPACE)
    return _pieces(stripped, stripped[:1]) is not None


def kind_of(text: bytes | Raw) -> str:
    """What a JSON text is, by how it begins."""
    return _KINDS.get(bytes(memoryview(text)[:1]), "number")


def assembled(fields: Mapping[str, Raw]) -> Raw:
    """An object of these members as JSON text."""
    try:
        return Raw(_encode(fields))
    except UnicodeEncodeError:  # a name with half a character
        return Raw(b"{" + b",".join(quoted(name) + b":" + bytes(value) for name, value in fields.items()) + b"}")


def _pieces(text: bytes, opening: bytes) -> list[bytes] | None:
    """What stands between the commas of an array or object; None when it is none, or has no end."""
    if text[:1] != opening or text[-1:] != _CLOSING.get(opening):  # most of what breaks off is seen at its end
        return None
    closings: list[bytes] = []
    pieces: list[bytes] = []
    begin = 1
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == b",":
            if len(closings) == 1:
                pieces.append(text[begin : token.start()].strip(_SPACE))
                begin = token.end()
        elif mark in _CLOSING:
            closings.append(_CLOSING[mark])
        elif mark == b'"' or (len(mark) == 1 and (not closings or closings.pop() != mark)):
            return None
        elif len(mark) == 1 and not closings:
            last = text[begin : token.start()].strip(_SPACE)
            return None if token.end() < len(text) else [*pieces, last] if pieces or last else []
    return None


def _named(pieces: list[bytes]) -> dict[str, Raw] | None:
    fields: dict[str, Raw] = {}
    for piece in pieces:
        member = _MEMBER.fullmatch(piece)
        if member is None:
            return None
        try:
            fields[str(read(member[1]))] = Raw(member[2].strip(_SPACE))
        except NotJson:
            return None
    return fields
