"""Digests of texts, in hexadecimal."""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Annotated

from headrace.mapping.functions.declaring import function
from headrace.mapping.words import words

HASHING = "Hashing"
_UTF_8 = ("utf-8", b"")
# Java writes UTF-16 most significant byte first, behind a byte-order mark.
_CHARSETS = {
    "UTF-8": _UTF_8,
    "US-ASCII": ("ascii", b""),
    "ISO-8859-1": ("latin-1", b""),
    "UTF-16": ("utf-16-be", b"\xfe\xff"),
    "UTF-16BE": ("utf-16-be", b""),
    "UTF-16LE": ("utf-16-le", b""),
}
_DIGESTS: Mapping[str, Callable[[bytes], str]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "sha512": lambda data: hashlib.sha512(data).hexdigest(),
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "little").hex(),
}
_HYPHENED = {"sha-1": "sha1", "sha-256": "sha256", "sha-512": "sha512", "crc-32": "crc32", "md-5": "md5"}
_Charset = Annotated[tuple[str, bytes], words("charset", _CHARSETS)]
_Algorithm = Annotated[
    str, words("algorithm", {name: name for name in _DIGESTS} | _HYPHENED, f"use {', '.join(_DIGESTS)}")
]


@function(HASHING, "sha1(INPUT, CHARSET)", {'sha1("my text", "UTF-8")': "c3599c11e47719df18a2448690840c5dfcce3c80"})
def sha1(input: str, charset: _Charset = _UTF_8) -> str:
    """The SHA-1 digest of a text."""
    return _digest("sha1", input, charset)


@function(
    HASHING,
    "sha256(INPUT, CHARSET)",
    {'sha256("my text", "UTF-8")': "7330d2b39ca35eaf4cb95fc846c21ee6a39af698154a83a586ee270a0d372104"},
)
def sha256(input: str, charset: _Charset = _UTF_8) -> str:
    """The SHA-256 digest of a text."""
    return _digest("sha256", input, charset)


@function(
    HASHING,
    "sha512(INPUT, CHARSET)",
    {
        'sha512("my text", "UTF-8")': "a3d7e45a0d9be5fd4e4b9a3b8c9c2163c21ef708bf11b4232bb21d2a8704ada2"
        "cdcd7b367dd0788a89a5c908cfe377aceb1072a7b386b7d4fd2ff68a8fd24d16"
    },
)
def sha512(input: str, charset: _Charset = _UTF_8) -> str:
    """The SHA-512 digest of a text."""
    return _digest("sha512", input, charset)


@function(HASHING, "md5(INPUT, CHARSET)", {'md5("my text", "UTF-8")': "d3b96ce8c9fb4e9bd0198d03ba6852c7"})
def md5(input: str, charset: _Charset = _UTF_8) -> str:
    """The MD5 digest of a text."""
    return _digest("md5", input, charset)


@function(HASHING, "crc32(INPUT, CHARSET)", {'crc32("my text", "UTF-8")': "8df92e80"})
def crc32(input: str, charset: _Charset = _UTF_8) -> str:
    """The CRC-32 checksum of a text, least significant byte first."""
    return _digest("crc32", input, charset)


@function(
    HASHING,
    "hash(ALGORITHM, INPUT[, CHARSET])",
    {
        'hash("crc32", "my text", "UTF-8")': "8df92e80",
        'hash("SHA-1", "my text")': "c3599c11e47719df18a2448690840c5dfcce3c80",
    },
)
def hash(algorithm: _Algorithm, input: str, charset: _Charset = _UTF_8) -> str:
    """The digest of a text by the algorithm of this name: md5, sha1, sha256, sha512 or crc32."""
    return _digest(algorithm, input, charset)


def _digest(algorithm: str, text: str, charset: tuple[str, bytes]) -> str:
    encoding, mark = charset
    # Java puts a question mark where a charset lacks a character.
    return _DIGESTS[algorithm](mark + text.encode(encoding, "replace"))
