"""Digests of texts, in hexadecimal."""

import hashlib
import zlib

from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import function

HASHING = "Hashing"
# Java writes UTF-16 most significant byte first, behind a byte-order mark.
_CHARSETS = {
    "UTF-8": ("utf-8", b""),
    "US-ASCII": ("ascii", b""),
    "ISO-8859-1": ("latin-1", b""),
    "UTF-16": ("utf-16-be", b"\xfe\xff"),
    "UTF-16BE": ("utf-16-be", b""),
    "UTF-16LE": ("utf-16-le", b""),
}


@function(HASHING, "sha1(INPUT, CHARSET)", {'sha1("my text", "UTF-8")': "c3599c11e47719df18a2448690840c5dfcce3c80"})
def sha1(input: str, charset: str = "UTF-8") -> str:
    """The SHA-1 digest of a text."""
    return hashlib.sha1(_bytes(input, charset), usedforsecurity=False).hexdigest()


@function(
    HASHING,
    "sha256(INPUT, CHARSET)",
    {'sha256("my text", "UTF-8")': "7330d2b39ca35eaf4cb95fc846c21ee6a39af698154a83a586ee270a0d372104"},
)
def sha256(input: str, charset: str = "UTF-8") -> str:
    """The SHA-256 digest of a text."""
    return hashlib.sha256(_bytes(input, charset)).hexdigest()


@function(
    HASHING,
    "sha512(INPUT, CHARSET)",
    {
        'sha512("my text", "UTF-8")': "a3d7e45a0d9be5fd4e4b9a3b8c9c2163c21ef708bf11b4232bb21d2a8704ada2"
        "cdcd7b367dd0788a89a5c908cfe377aceb1072a7b386b7d4fd2ff68a8fd24d16"
    },
)
def sha512(input: str, charset: str = "UTF-8") -> str:
    """The SHA-512 digest of a text."""
    return hashlib.sha512(_bytes(input, charset)).hexdigest()


@function(HASHING, "md5(INPUT, CHARSET)", {'md5("my text", "UTF-8")': "d3b96ce8c9fb4e9bd0198d03ba6852c7"})
def md5(input: str, charset: str = "UTF-8") -> str:
    """The MD5 digest of a text."""
    return hashlib.md5(_bytes(input, charset), usedforsecurity=False).hexdigest()


@function(HASHING, "crc32(INPUT, CHARSET)", {'crc32("my text", "UTF-8")': "8df92e80"})
def crc32(input: str, charset: str = "UTF-8") -> str:
    """The CRC-32 checksum of a text, least significant byte first."""
    return zlib.crc32(_bytes(input, charset)).to_bytes(4, "little").hex()


@function(
    HASHING,
    "hash(ALGORITHM, INPUT[, CHARSET])",
    {
        'hash("crc32", "my text", "UTF-8")': "8df92e80",
        'hash("SHA-1", "my text")': "c3599c11e47719df18a2448690840c5dfcce3c80",
    },
)
def hash(algorithm: str, input: str, charset: str = "UTF-8") -> str:
    """The digest of a text by the algorithm of this name: md5, sha1, sha256, sha512 or crc32."""
    name = algorithm.lower().replace("-", "")
    if name not in _ALGORITHMS:
        raise Failed(f"the algorithm {algorithm} is not one of {', '.join(_ALGORITHMS)}")
    return str(_ALGORITHMS[name].run(input, charset))


_ALGORITHMS = {one.name: one for one in (md5, sha1, sha256, sha512, crc32)}


def _bytes(text: str, charset: str) -> bytes:
    if charset.upper() not in _CHARSETS:
        raise Failed(f"the charset {charset} is not one of {', '.join(_CHARSETS)}")
    encoding, mark = _CHARSETS[charset.upper()]
    # Java puts a question mark where a charset lacks a character.
    return mark + text.encode(encoding, "replace")
