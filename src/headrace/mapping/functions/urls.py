"""The parts of a URL, and percent encoding."""

import re
from typing import Annotated
from urllib.parse import SplitResult, quote, unquote, urlsplit

from headrace.mapping.failure import Failed
from headrace.mapping.functions.declaring import function
from headrace.mapping.words import words

URLS = "URL"
_PORTS = {"http": 80, "https": 443, "ftp": 21, "ftps": 990, "sftp": 22, "ssh": 22, "ws": 80, "wss": 443}
_RETAIN, _REMOVE, _APPEND = "retain", "remove", "append"
_Anchor = Annotated[str, words("way with an anchor", {one: one for one in (_RETAIN, _REMOVE, _APPEND)})]
_NO_HOST = re.compile(r"""[\s<>"{}|\\^`]""")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.")


@function(
    URLS, "get_url_protocol(URL)", {'get_url_protocol("https://a.com/home")': "https", 'get_url_protocol("a")': None}
)
def get_url_protocol(url: str) -> str | None:
    """The scheme of a URL; null when the text is no URL."""
    parts = _parts(url)
    return parts.scheme if parts else None


@function(URLS, "get_url_host(URL)", {'get_url_host("https://platform.a.com/home")': "platform.a.com"})
def get_url_host(url: str) -> str | None:
    """The host of a URL; null when the text is no URL."""
    parts = _parts(url)
    return parts.hostname if parts else None


@function(
    URLS,
    "get_url_port(URL)",
    {'get_url_port("sftp://a.com//home/joe.csv")': 22, 'get_url_port("http://a.com:8080/")': 8080},
)
def get_url_port(url: str) -> int | None:
    """The port of a URL, or else its scheme's own; null when the text is no URL."""
    parts = _parts(url)
    if parts is None:
        return None
    return _PORTS.get(parts.scheme) if parts.port is None else parts.port


@function(
    URLS,
    "get_url_path(URL[, FULL_PATH])",
    {
        'get_url_path("sftp://a.com//home/joe.csv")': "//home/joe.csv",
        'get_url_path("sftp://a.com//home/joe.csv", false)': "joe.csv",
    },
)
def get_url_path(url: str, full_path: object = True) -> str | None:
    """The path of a URL, or with false only what stands behind its last slash; null when the text is no URL."""
    parts = _parts(url)
    if parts is None:
        return None
    return parts.path.rpartition("/")[2] if full_path is False else parts.path


@function(
    URLS,
    "get_url_query_str(URL, ANCHOR)",
    {
        'get_url_query_str("foo://a.com:8042/over/there?name=ferret#nose", "retain")': {"name": "ferret#nose"},
        'get_url_query_str("foo://a.com:8042/over/there?name=ferret#nose", "remove")': {"name": "ferret"},
        'get_url_query_str("foo://a.com:8042/over/there?name=ferret#nose", "append")': {
            "name": "ferret",
            "_anchor_": "nose",
        },
    },
)
def get_url_query_str(url: str, anchor: _Anchor) -> dict[str, object] | None:
    """The query of a URL as a map, as it is written; of a name that comes twice the last value, null for none.

    ANCHOR says what becomes of the part behind #: retain it at the end of the last value, remove it, or append it under
    the name _anchor_. Null when the text is no URL.
    """
    parts = _parts(url)
    if parts is None:
        return None
    tail = f"#{parts.fragment}" if parts.fragment and anchor == _RETAIN and parts.query else ""
    pairs = [pair.partition("=") for pair in f"{parts.query}{tail}".split("&") if pair]
    found: dict[str, object] = {name: value if equals else None for name, equals, value in pairs}
    if parts.fragment and anchor == _APPEND:
        found["_anchor_"] = parts.fragment
    return found


@function(URLS, "get_url_encoded(URL)", {'get_url_encoded("https://a.b/c d~*")': "https%3A%2F%2Fa.b%2Fc%20d%7E%2A"})
def get_url_encoded(url: str) -> str:
    """The text with every special character as a percent code."""
    return quote(url, safe="", errors="replace").replace("~", "%7E")


@function(URLS, "get_url_decoded(URL)", {'get_url_decoded("https%3A%2F%2Fa.b%2Fc%20d")': "https://a.b/c d"})
def get_url_decoded(url: str) -> str:
    """The text with every percent code as the character that it stands for."""
    try:
        return unquote(url, errors="strict")
    except UnicodeDecodeError as error:
        raise Failed("the percent codes are no UTF-8 text") from error


def _parts(url: str) -> SplitResult | None:
    if not _SCHEME.match(url):
        return None
    try:
        parts = urlsplit(url)
        sound = not _NO_HOST.search(parts.netloc) and (parts.port is None or parts.port >= 0)
    except ValueError:
        return None
    return parts if sound else None
