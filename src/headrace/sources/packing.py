"""What an answer is packed in, taken off: whole or not at all, and never more than a limit."""

import zlib
from collections.abc import Mapping

from headrace.errors import SourceBrokeOff, SourceTooLarge, SourceUnreadable

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW, _RAW_WINDOW = 31, -15
_NESTED = 2  # a proxy may pack again what the source packed
_FIRST_PIECE, _PIECE = 512, 1 << 16  # bytes that are looked at at once, of a member that begins and of a long one
CODINGS = "gzip, deflate"  # what a request says that it takes


def unpacked(body: bytes, headers: Mapping[str, str], limit: int, shown: str) -> bytes:
    """The body of an answer as it was before it was packed. SourceUnreadable, SourceTooLarge, naming ``shown``.

    headers  by their names in lower case
    limit    bytes
    """
    for coding in reversed(headers.get("content-encoding", "").lower().split(",")):
        body = _without(coding.strip(), body, limit, shown)
    for _ in range(_NESTED):  # no header says so, or what was packed was packed before
        if body.startswith(_GZIP):
            body = _without("gzip", body, limit, shown)
    return body


def _without(coding: str, body: bytes, limit: int, shown: str) -> bytes:
    try:
        if coding in ("gzip", "x-gzip"):
            return _inflated(body, _GZIP_WINDOW, limit, shown)
        if coding == "deflate":
            return _inflated(body, _window(body), limit, shown)
    except zlib.error as error:
        raise SourceBrokeOff(f"{shown} garbled its answer, which is packed by {coding} ({error}).") from error
    if coding in ("", "identity", "none"):
        return body
    raise SourceUnreadable(f"{shown} packs its answer by {coding[:40]}, which was not asked for; it takes {CODINGS}.")


def _window(body: bytes) -> int:
    """How deflated bytes are framed: the standard says by zlib, and some servers do not."""
    framed = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if framed else _RAW_WINDOW


def _inflated(body: bytes, window: int, limit: int, shown: str) -> bytes:
    """All members of a body, one behind the other, with whatever zeros fill it up."""
    view, at, content = memoryview(body), 0, bytearray()
    while at < len(view):
        member, size = zlib.decompressobj(window), _FIRST_PIECE
        while not member.eof:
            piece = view[at : at + size]
            if not piece:
                raise SourceBrokeOff(f"{shown} broke off its answer, which is packed.")
            content += member.decompress(piece, limit + 1 - len(content))
            _require_within(len(content), limit, shown)
            at += len(piece) - len(member.unused_data) - len(member.unconsumed_tail)
            size = _PIECE
        while at < len(view) and not view[at]:
            at += 1
    return bytes(content)


def _require_within(size: int, limit: int, shown: str) -> None:
    if size > limit:
        raise SourceTooLarge(
            f"{shown} answers with more than {limit:,} bytes; ask for less at once, for instance fewer days."
        )
