"""Whatever a source writes its text in: from here on an answer is UTF-8 without a byte order mark."""

import codecs
import json
import re
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache

from headrace.errors import SourceUnreadable

_LONGEST_TYPE = 1_000  # what a Content-Type may have; the library reads its parameters again for each of them
_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii", "")
# Python's names for the character sets of the web; its other codecs are none, or take very long.
_CHARSETS = frozenset({
    "ascii", "utf-8", "utf-8-sig", *(f"utf-{bits}{order}" for bits in (16, 32) for order in ("", "-le", "-be")),
    *(f"iso8859-{part}" for part in range(1, 17) if part != 12), *(f"cp{page}" for page in range(1250, 1259)),
    "cp437", "cp850", "cp852", "cp858", "cp866", "cp874", "tis-620", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic",
    "gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs", "cp950", "shift_jis", "cp932", "euc_jp", "iso2022_jp",
    "euc_kr", "cp949", "johab", "iso2022_kr",
})  # fmt: skip
# Where ISO has control characters that no text holds, Windows' pages of the same letters have others, € among them.
# Who names the ISO charset writes these all the same, so the web reads them.
_CONTROLS = re.compile(rb"[\x80-\x9f]")
_OF_WINDOWS = {
    iso: {n: bytes([n]).decode(page, "ignore") or chr(n) for n in range(0x80, 0xA0)}
    for iso, page in (("iso8859-1", "cp1252"), ("iso8859-9", "cp1254"), ("iso8859-11", "cp874"), ("tis-620", "cp874"))
}


def utf8(body: bytes, headers: Mapping[str, str], shown: str) -> bytes:
    """The text of an unpacked answer. SourceUnreadable, naming ``shown``."""
    marked = json.detect_encoding(body[:4])
    charset = _charset(headers.get("content-type", "")[:_LONGEST_TYPE]) if marked == "utf-8" else marked
    if charset.lower() in _UTF8:
        return body
    if charset == "utf-8-sig":
        return body[3:]
    codec = _codec(charset)
    if codec is None:
        raise SourceUnreadable(f"{shown} answers in the charset {charset[:40]}, which is not known.")
    try:
        # Half a pair in UTF-16 becomes its JSON escape, so that it stays the fault of one record.
        text = body.decode(codec, "surrogatepass" if codec.startswith("utf") else "strict")
        if codec in _OF_WINDOWS and _CONTROLS.search(body):
            text = text.translate(_OF_WINDOWS[codec])
        return text.removeprefix("\ufeff").encode("utf-8", "backslashreplace")
    except UnicodeError as error:
        raise SourceUnreadable(f"{shown} does not answer in the charset that it names ({charset[:40]}).") from error


def _codec(charset: str) -> str | None:
    """Python's name for a character set; None where it is none."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):  # ValueError: a NUL in it
        return None
    return name if name in _CHARSETS else None


@lru_cache(maxsize=64)
def _charset(content_type: str) -> str:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "")
    return charset.strip() if isinstance(charset, str) else ""
