"""Whatever a source wraps its text in, taken off: from here on an answer is UTF-8 without a byte order mark."""

import json
import zlib
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache

from headrace.errors import SourceTooLarge, SourceUnreadable

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_NESTED = 2  # a proxy may pack again what the source packed
_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii", "")


def utf8(body: bytes, headers: Mapping[str, str], limit: int, shown: str) -> bytes:
    """The text of an answer. SourceUnreadable, SourceTooLarge (beyond ``limit`` bytes unpacked), naming ``shown``."""
    for _ in range(_NESTED):
        if body.startswith(_GZIP):  # no header says so, or one that HTTP libraries do not know (x-gzip)
            body = _unpacked(body, limit, shown)
    marked = json.detect_encoding(body[:4])
    charset = _charset(headers.get("content-type", "")) if marked == "utf-8" else marked
    if charset.lower() in _UTF8:
        return body
    if charset == "utf-8-sig":
        return body[3:]
    try:
        # Half a pair in UTF-16 becomes its JSON escape, so that it stays the fault of one record.
        text = body.decode(charset, "surrogatepass" if charset.lower().startswith("utf") else "strict")
        return text.removeprefix("\ufeff").encode("utf-8", "backslashreplace")
    except LookupError as error:
        raise SourceUnreadable(f"{shown} answers in the charset {charset[:40]}, which is not known.") from error
    except UnicodeError as error:
        raise SourceUnreadable(f"{shown} does not answer in the charset that it names ({charset}).") from error


def _unpacked(body: bytes, limit: int, shown: str) -> bytes:
    unpacked = bytearray()
    try:
        while body:
            member = zlib.decompressobj(_GZIP_WINDOW)
            unpacked += member.decompress(body, limit + 1 - len(unpacked))
            if len(unpacked) > limit:
                raise SourceTooLarge(
                    f"{shown} answers with more than {limit:,} bytes; ask for less at once, for instance fewer days."
                )
            if not member.eof:
                raise SourceUnreadable(f"{shown} broke off its answer, which is packed by gzip.")
            body = member.unused_data
    except zlib.error as error:
        raise SourceUnreadable(f"{shown} garbled its answer, which is packed by gzip ({error}).") from error
    return bytes(unpacked)


@lru_cache(maxsize=64)
def _charset(content_type: str) -> str:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "")
    return charset.strip() if isinstance(charset, str) else ""
