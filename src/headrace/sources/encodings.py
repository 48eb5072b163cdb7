"""Whatever a source writes its text in: from here on an answer is UTF-8 without a byte order mark."""

import json
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache

from headrace.errors import SourceUnreadable

_LONGEST_TYPE = 1_000  # what a Content-Type may have; the library reads its parameters again for each of them
_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii", "")


def utf8(body: bytes, headers: Mapping[str, str], shown: str) -> bytes:
    """The text of an unpacked answer. SourceUnreadable, naming ``shown``."""
    marked = json.detect_encoding(body[:4])
    charset = _charset(headers.get("content-type", "")[:_LONGEST_TYPE]) if marked == "utf-8" else marked
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


@lru_cache(maxsize=64)
def _charset(content_type: str) -> str:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "")
    return charset.strip() if isinstance(charset, str) else ""
